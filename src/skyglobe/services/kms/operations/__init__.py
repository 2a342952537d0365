"""The operations of KMS, by what they are about."""
