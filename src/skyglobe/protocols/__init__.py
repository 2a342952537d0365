"""AWS's wire formats, compiled from its models: requests parsed, responses, errors and event streams written."""
