"""Kinesis streaming destinations: enabled, changed, described, disabled."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.call import Call
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.finding import Found, describe_table_at
from skyglobe.services.dynamodb.records import Destination, tables
from skyglobe.services.dynamodb.refusals import invalid

MAX_ENABLED = 2  # of one table; developer guide, "Using Kinesis Data Streams to capture changes to DynamoDB"
Given = dict[str, Any]


def _checked(arn: str) -> str:
    try:
        place = parse_arn(arn)
    except ValueError as error:
        raise invalid(f"Invalid StreamArn: {arn}") from error
    if place.service != "kinesis" or not place.resource.startswith("stream/"):
        raise invalid(f"Invalid StreamArn: {arn}")
    return arn


def _known(found: Found, arn: str) -> Destination | None:
    return next((one for one in found.table.destinations if one.arn == arn), None)


def _put(found: Found, changed: Destination) -> None:
    scope, table = found
    others = tuple(one for one in table.destinations if one.arn != changed.arn)
    tables.replace(scope, table, replace(table, destinations=(*others, changed)))


def _answer(found: Found, arn: str, status: str, **more: Any) -> Given:
    return {"TableName": found.table.id, "StreamArn": arn, "DestinationStatus": status, **more}


@dynamodb.operation
def enable_kinesis_streaming_destination(
    call: Call,
    table_name: str,
    stream_arn: str,
    enable_kinesis_streaming_configuration: Given | None = None,
) -> Given:
    """Have a table's changes put into a Kinesis stream from now on."""
    found = describe_table_at(call, table_name)
    known = _known(found, _checked(stream_arn))
    if known is not None and known.is_enabled:
        raise dynamodb.errors.ResourceInUseException(
            "Table is not in a valid state to enable Kinesis Streaming Destination"
        )
    if sum(one.is_enabled for one in found.table.destinations) >= MAX_ENABLED:
        raise dynamodb.errors.LimitExceededException(
            f"Subscriber limit exceeded: at most {MAX_ENABLED} Kinesis streaming destinations are allowed for a table"
        )
    given = enable_kinesis_streaming_configuration or {}
    precision = given.get("ApproximateCreationDateTimePrecision") or "MILLISECOND"
    _put(found, Destination(stream_arn, precision))
    more = {"EnableKinesisStreamingConfiguration": given} if given else {}
    return _answer(found, stream_arn, "ENABLING", **more)


@dynamodb.operation
def disable_kinesis_streaming_destination(
    call: Call,
    table_name: str,
    stream_arn: str,
    enable_kinesis_streaming_configuration: Given | None = None,
) -> Given:
    """Have no more of a table's changes put into a Kinesis stream."""
    found = describe_table_at(call, table_name)
    known = _known(found, _checked(stream_arn))
    if known is None or not known.is_enabled:
        raise dynamodb.errors.ResourceNotFoundException(
            "Requested resource not found: KinesisStreamingDestination is not enabled"
        )
    _put(found, replace(known, is_enabled=False))
    more = enable_kinesis_streaming_configuration
    return _answer(found, stream_arn, "DISABLING", **({"EnableKinesisStreamingConfiguration": more} if more else {}))


@dynamodb.operation
def update_kinesis_streaming_destination(
    call: Call,
    table_name: str,
    stream_arn: str,
    update_kinesis_streaming_configuration: Given | None = None,
) -> Given:
    """Change how precisely changes are dated."""
    found = describe_table_at(call, table_name)
    known = _known(found, _checked(stream_arn))
    if known is None or not known.is_enabled:
        raise dynamodb.errors.ResourceNotFoundException(
            "Requested resource not found: KinesisStreamingDestination is not enabled"
        )
    given = update_kinesis_streaming_configuration or {}
    precision = given.get("ApproximateCreationDateTimePrecision")
    if precision is None:
        raise invalid("UpdateKinesisStreamingConfiguration must not be empty")
    _put(found, replace(known, precision=precision))
    return _answer(found, stream_arn, "UPDATING", UpdateKinesisStreamingConfiguration=given)


@dynamodb.operation
def describe_kinesis_streaming_destination(call: Call, table_name: str) -> Given:
    """Tell which Kinesis streams a table's changes are put into."""
    found = describe_table_at(call, table_name)
    shown = [
        {
            "StreamArn": one.arn,
            "DestinationStatus": "ACTIVE" if one.is_enabled else "DISABLED",
            "ApproximateCreationDateTimePrecision": one.precision,
        }
        for one in found.table.destinations
    ]
    return {"TableName": found.table.id, "KinesisDataStreamDestinations": shown}
