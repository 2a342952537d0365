"""The operations of DynamoDB, one file for each family."""
