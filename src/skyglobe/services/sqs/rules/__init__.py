"""SQS's decisions, free of effects: everything they need is a parameter."""
