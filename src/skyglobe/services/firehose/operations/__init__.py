"""The operations of the Firehose API, by what they deal with."""
