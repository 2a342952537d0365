"""Event source mappings: what each kind of source takes, and the defaults.

API reference of CreateEventSourceMapping; developer guide, "Using Lambda with Amazon SQS" and its like.
"""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.patterns import InvalidPattern, parse_pattern
from skyglobe.services.lambda_.refusals import invalid, not_built

MAX_FILTERS = 10  # Lambda quotas: five by default, up to ten
MAX_FIFO_BATCH = 10
MAX_UNWINDOWED_BATCH = 10  # of queues, without a batching window
_STREAMS = frozenset(("kinesis", "dynamodb"))
_ONLY_STREAMS = (
    "StartingPosition", "StartingPositionTimestamp", "ParallelizationFactor", "MaximumRecordAgeInSeconds",
    "BisectBatchOnFunctionError", "MaximumRetryAttempts", "TumblingWindowInSeconds", "DestinationConfig",
)  # fmt: skip
_NOT_BUILT = {
    "SelfManagedEventSource": "Apache Kafka",
    "AmazonManagedKafkaEventSourceConfig": "Amazon MSK",
    "SelfManagedKafkaEventSourceConfig": "Apache Kafka",
    "DocumentDBEventSourceConfig": "Amazon DocumentDB",
    "Topics": "Apache Kafka",
    "Queues": "Amazon MQ",
    "SourceAccessConfigurations": "sources that ask for credentials",
    "ProvisionedPollerConfig": "provisioned pollers",
}


def kind_of(arn: str) -> str:
    """Return the kind of a source: ``sqs``, ``kinesis`` or ``dynamodb``.

    Raises InvalidParameterValueException for what can be no source, NotImplemented for those that are not built.
    """
    try:
        place = parse_arn(arn)
    except ValueError as error:
        raise invalid(f"{arn} is not the ARN of an event source.") from error
    if place.service in ("kafka", "mq", "rds", "docdb"):
        raise not_built(f"Event sources of the service {place.service} are not built yet.")
    is_stream = place.service == "dynamodb" and "/stream/" in place.resource
    if place.service not in ("sqs", "kinesis") and not is_stream:
        raise invalid(
            f"Unrecognized event source, must be kinesis, dynamodb stream or sqs. Unsupported source arn {arn}"
        )
    return place.service


def read_mapping(kind: str, is_fifo: bool, request: dict[str, Any], *, is_new: bool) -> dict[str, Any]:
    """Return the fields of a mapping that a request sets, with the defaults of a new one.

    Raises InvalidParameterValueException for what this kind of source does not take.
    """
    for member, what in _NOT_BUILT.items():
        if request.get(member):
            raise not_built(f"Event sources with {member} ({what}) are not built yet.")
    is_stream = kind in _STREAMS
    if not is_stream:
        for member in _ONLY_STREAMS:
            if request.get(member):
                raise invalid(f"{member} is not supported for event sources of Amazon SQS.")
    elif request.get("ScalingConfig"):
        raise invalid("ScalingConfig is only supported for event sources of Amazon SQS.")
    fields: dict[str, Any] = {}
    if is_new:
        fields = {"batch_size": 100 if is_stream else 10}
    for member, field in _PLAIN.items():
        if member in request:
            fields[field] = request[member]
    if "FunctionResponseTypes" in request:
        fields["reports_failures"] = "ReportBatchItemFailures" in request["FunctionResponseTypes"]
    if "FilterCriteria" in request:
        fields["filters"] = _filters(request["FilterCriteria"] or {})
    if "ScalingConfig" in request:
        fields["max_concurrency"] = (request["ScalingConfig"] or {}).get("MaximumConcurrency")
    if "DestinationConfig" in request:
        fields["on_failure"] = _on_failure(request["DestinationConfig"] or {})
    if "MetricsConfig" in request:
        fields["metrics"] = tuple((request["MetricsConfig"] or {}).get("Metrics") or ())
    if is_new and is_stream:
        fields |= _position(kind, request)
    if fields.get("tumbling_s") and fields.get("window_s"):
        raise invalid("MaximumBatchingWindowInSeconds and TumblingWindowInSeconds cannot be combined.")
    if is_fifo and fields.get("batch_size", 0) > MAX_FIFO_BATCH:
        raise invalid(f"Batch size for FIFO queues must be at most {MAX_FIFO_BATCH}.")
    if is_fifo and fields.get("window_s"):
        raise invalid("Batching window is not supported for FIFO queues.")
    return fields


def check_batch(kind: str, batch_size: int, window_s: int) -> None:
    """Raise InvalidParameterValueException for a large batch of a queue that is not waited for."""
    if kind == "sqs" and batch_size > MAX_UNWINDOWED_BATCH and not window_s:
        raise invalid("Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10")


def _filters(criteria: dict[str, Any]) -> tuple[str, ...]:
    patterns = tuple(one.get("Pattern") or "{}" for one in criteria.get("Filters") or ())
    if len(patterns) > MAX_FILTERS:
        raise invalid(f"An event source mapping can have at most {MAX_FILTERS} filters.")
    for pattern in patterns:
        if pattern.strip() == "{}":
            continue
        try:
            parse_pattern(pattern)
        except InvalidPattern as error:
            raise invalid(f"Invalid filter pattern definition. {error}") from error
    return patterns


def _on_failure(config: dict[str, Any]) -> str:
    if (config.get("OnSuccess") or {}).get("Destination"):
        raise invalid("Event source mappings only support OnFailure destinations.")
    arn: str = (config.get("OnFailure") or {}).get("Destination") or ""
    if arn:
        try:
            service = parse_arn(arn).service
        except ValueError:
            service = ""
        if service not in ("sqs", "sns", "s3") or arn.endswith(".fifo"):
            raise invalid(f"The provided destination config DestinationConfig is invalid: {arn}")
    return arn


def _position(kind: str, request: dict[str, Any]) -> dict[str, Any]:
    position = request.get("StartingPosition")
    if position is None:
        raise invalid(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
            "Member must not be null."
        )
    at = request.get("StartingPositionTimestamp")
    if position == "AT_TIMESTAMP" and kind == "dynamodb":
        raise invalid("Unsupported starting position for arn type: AT_TIMESTAMP is not for DynamoDB streams.")
    if (position == "AT_TIMESTAMP") != (at is not None):
        raise invalid("StartingPositionTimestamp is required for AT_TIMESTAMP, and only allowed for it.")
    return {"position": position, "position_at": round(at.timestamp() * 1000) if at is not None else None}


_PLAIN = {
    "BatchSize": "batch_size",
    "MaximumBatchingWindowInSeconds": "window_s",
    "ParallelizationFactor": "parallel",
    "MaximumRecordAgeInSeconds": "max_age_s",
    "BisectBatchOnFunctionError": "bisects",
    "MaximumRetryAttempts": "retries",
    "TumblingWindowInSeconds": "tumbling_s",
    "KMSKeyArn": "kms_key",
}
