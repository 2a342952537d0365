"""The API's operations, by what they work on."""
