"""What IAM keeps, by kind."""
