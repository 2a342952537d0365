"""What KMS decides, as pure functions."""
