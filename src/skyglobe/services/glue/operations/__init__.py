"""The operations of Glue's API that are built, by what they deal with."""
