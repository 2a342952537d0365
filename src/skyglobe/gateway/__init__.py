"""The way of a request: identify, authenticate, parse, validate, authorize, perform, observe, serialize."""
