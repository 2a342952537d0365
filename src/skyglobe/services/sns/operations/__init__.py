"""The operations of the SNS API, by what they deal with."""
