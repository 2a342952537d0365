"""The operations of Amazon CloudWatch, by what they are about."""
