"""What Firehose decides: pure functions."""
