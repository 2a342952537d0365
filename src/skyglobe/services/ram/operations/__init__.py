"""The operations of Resource Access Manager, by what they are about."""
