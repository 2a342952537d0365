"""What Glacier decides, as pure functions."""
