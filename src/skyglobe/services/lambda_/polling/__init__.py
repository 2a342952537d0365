"""Event source mappings at work: what is read, and how functions are invoked with it."""
