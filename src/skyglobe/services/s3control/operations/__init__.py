"""One function for each operation of S3 Control, by resource family."""
