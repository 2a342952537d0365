"""What Lambda decides, without a cloud."""
