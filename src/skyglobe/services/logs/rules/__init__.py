"""What CloudWatch Logs decides: pure functions."""
