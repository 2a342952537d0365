"""The operations of the Kinesis API, by what they deal with."""
