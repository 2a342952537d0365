"""The operations of DAX's own API, by what they are about."""
