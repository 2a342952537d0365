"""The operations of the IAM API, by what they deal with."""
