"""The operations of S3, one module a family."""
