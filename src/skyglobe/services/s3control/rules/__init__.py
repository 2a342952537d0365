"""Pure decisions of S3 Control."""
