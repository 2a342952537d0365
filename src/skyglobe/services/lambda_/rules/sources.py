"""How sources are called by those who read them."""


def watched_arn(source_arn: str) -> str:
    """Return what is touched when a source has something new: of a DynamoDB stream it is its table."""
    return source_arn.partition("/stream/")[0]


def queue_url(endpoint: str, arn: str) -> str:
    """Return the URL of the queue with this ARN."""
    account, name = arn.split(":")[4:6]
    return f"{endpoint}/{account}/{name}"


def region_of(arn: str) -> str:
    return arn.split(":", 4)[3]
