"""Changes put into Kinesis streams. Developer guide, "Using Kinesis Data Streams to capture changes to DynamoDB"."""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.outbox import Delivery, post
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.finding import Found
from skyglobe.services.dynamodb.rules.values import Item, size_of_item

_encode = msgspec.json.Encoder().encode


def publish(found: Found, old: Item | None, new: Item | None, *, is_expiry: bool) -> None:
    """Put a change in the outbox for each stream that is to have it."""
    scope, table = found
    enabled = [destination for destination in table.destinations if destination.is_enabled]
    item = new if new is not None else old
    if not enabled or item is None:
        return
    keys = table.layout.primary.key_of(item)
    told: dict[str, Any] = {"Keys": keys}
    size = size_of_item(keys)
    for name, image in (("NewImage", new), ("OldImage", old)):
        if image is not None:
            told[name] = image
            size += size_of_item(image)
    record: dict[str, Any] = {
        "awsRegion": scope.region,
        "eventID": scope.kernel.ids.uuid(),
        "eventName": "INSERT" if old is None else "MODIFY" if new is not None else "REMOVE",
        "userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"} if is_expiry else None,
        "recordFormat": "application/json",
        "tableName": table.id,
        "dynamodb": {**told, "SizeBytes": size},
        "eventSource": "aws:dynamodb",
    }
    for destination in enabled:
        is_fine = destination.precision == "MICROSECOND"
        record["dynamodb"]["ApproximateCreationDateTime"] = scope.now * 1000 if is_fine else scope.now
        record["dynamodb"]["ApproximateCreationDateTimePrecision"] = destination.precision
        payload = {"stream": destination.arn, "key": _encode(keys).decode()[:256], "data": _encode(record)}
        post(scope, "dynamodb", "publish", payload, lane=f"{table.number} {destination.arn}")


@dynamodb.consumer("publish")
async def deliver(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Put one change into its stream."""
    place = parse_arn(payload["stream"])
    caller = ServiceCaller(delivery.kernel, "dynamodb", place.account, place.region)
    await caller.kinesis.put_record(
        StreamName=place.resource.removeprefix("stream/"),
        StreamARN=payload["stream"],
        PartitionKey=payload["key"],
        Data=payload["data"],
    )
