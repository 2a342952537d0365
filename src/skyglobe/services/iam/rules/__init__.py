"""The pure decisions of IAM, by what they are about."""
