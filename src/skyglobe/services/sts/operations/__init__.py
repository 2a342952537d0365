"""The operations of STS, by what the caller comes with."""
