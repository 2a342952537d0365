"""Lambda's API, by what it is about."""
