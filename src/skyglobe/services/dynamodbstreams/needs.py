"""What each call to DynamoDB Streams needs to be allowed, after the service authorization reference of DynamoDB."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.access import Need
from skyglobe.kernel.call import Call
from skyglobe.services.dynamodb.rules.names import parse_table_arn
from skyglobe.services.dynamodbstreams import dynamodbstreams


@dynamodbstreams.needs
def find_needs(call: Call, operation: str, params: dict[str, Any]) -> list[Need]:
    """List what a call needs: its action on the stream; an iterator begins with its stream's ARN."""
    if operation == "ListStreams":
        return [Need("dynamodb:ListStreams", "*", call.account)]
    arn = params.get("StreamArn") or params.get("ShardIterator", "").partition("|")[0]
    place = parse_table_arn(arn)
    if place is None:
        return [Need(f"dynamodb:{operation}", "*", call.account)]  # the operation itself refuses what is no stream
    return [Need(f"dynamodb:{operation}", arn, place[1])]
