"""What CloudWatch decides: pure functions of what is given."""
