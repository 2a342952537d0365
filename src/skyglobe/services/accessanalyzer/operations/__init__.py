"""The operations of Access Analyzer, by what they are about."""
