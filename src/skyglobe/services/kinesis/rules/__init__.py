"""What Kinesis decides: pure functions."""
