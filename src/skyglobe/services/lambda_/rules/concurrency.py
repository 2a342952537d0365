"""How many invocations may run at the same time."""

ACCOUNT_LIMIT = 1_000  # Lambda quotas, "Concurrent executions" of a region
MIN_UNRESERVED = 100  # developer guide, "Configuring reserved concurrency": always left for the other functions
