"""Pure decisions of DynamoDB: values, numbers, sizes, schemas. No clock, no store."""
