"""The operations of the SQS API, by what they deal with."""
