"""What S3 decides without looking anything up: everything is a parameter."""
