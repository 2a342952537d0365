"""Which targets a schedule may have, and the call that each stands for.

User guide, "Templated targets" and "Universal targets".
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

from skyglobe.kernel.arns import Arn, parse_arn
from skyglobe.models import Shape

_UNIVERSAL = "aws-sdk:"
_KINDS = {
    "sqs": ("SendMessage", ""),
    "sns": ("Publish", ""),
    "lambda": ("Invoke", "function:"),
    "kinesis": ("PutRecord", "stream/"),
    "firehose": ("PutRecord", "deliverystream/"),
    "events": ("PutEvents", "event-bus/"),
}
"""Templated targets: the operation, and what the resource in the ARN starts with."""
_READING = ("get", "describe", "list", "poll", "receive", "search", "scan", "query", "select", "read", "lookup",
            "discover", "validate", "batchGet", "batchDescribe", "batchRead", "transactGet", "adminGet", "adminList",
            "retrieve", "isAuthorized")  # fmt: skip
"""What actions begin with that universal targets do not take, as nobody would see their answers."""
_FOREIGN = frozenset({"codebuild", "codepipeline", "ecs", "inspector", "sagemaker", "states"})
_SDK_NAMES = {"eventbridge": "events", "cloudwatchlogs": "logs", "applicationautoscaling": "application-autoscaling"}
"""Services that the SDK calls otherwise than botocore does."""


class BadTarget(ValueError):
    """A target that is not taken; the message is AWS's."""


class ForeignTarget(ValueError):
    """A target of a service that is not there; the message names it."""


class Called(NamedTuple):
    """The operation behind a target."""

    service: str
    operation: str
    is_universal: bool
    place: Arn


def parse_target(arn: str) -> Called:
    """Return what an ARN calls. Raises BadTarget and ForeignTarget."""
    try:
        place = parse_arn(arn)
    except ValueError as error:
        raise BadTarget(f"Provided Arn is not in correct format: {arn}") from error
    if place.service == "scheduler" and place.resource.startswith(_UNIVERSAL):
        service, _, action = place.resource.removeprefix(_UNIVERSAL).partition(":")
        if not service or not action or action.startswith(_READING):
            raise BadTarget(f"{arn} is not a supported target.")
        return Called(_SDK_NAMES.get(service, service), action[0].upper() + action[1:], True, place)
    operation, start = _KINDS.get(place.service, ("", ""))
    if operation and place.account and place.resource.startswith(start):
        return Called(place.service, operation, False, place)
    if place.service in _FOREIGN:
        raise ForeignTarget(place.service)
    raise BadTarget(f"Provided Arn is not in correct format: {arn}")


def check_target(target: dict[str, Any]) -> Called:
    """Return what a target calls. Raises BadTarget and ForeignTarget for what schedules do not take."""
    called = parse_target(target["Arn"])
    text = target.get("Input")
    if called.is_universal or called.service == "events":
        try:
            is_object = isinstance(json.loads(text or ""), dict)
        except (ValueError, RecursionError):
            is_object = False
        if not is_object:
            raise BadTarget(f"Input of the target {target['Arn']} must be a JSON object.")
    if not called.is_universal:
        _check_parameters(called, target)
    _check_dead_letters(target)
    return called


def _check_parameters(called: Called, target: dict[str, Any]) -> None:
    if called.service == "kinesis" and "KinesisParameters" not in target:
        raise BadTarget("KinesisParameters is required for Kinesis targets.")
    if called.service == "events" and "EventBridgeParameters" not in target:
        raise BadTarget("EventBridgeParameters is required for EventBridge targets.")
    group = (target.get("SqsParameters") or {}).get("MessageGroupId")
    if called.service == "sqs" and called.place.resource.endswith(".fifo") != bool(group):
        raise BadTarget("SqsParameters.MessageGroupId is required for FIFO queues, and for these only.")


def _check_dead_letters(target: dict[str, Any]) -> None:
    arn = (target.get("DeadLetterConfig") or {}).get("Arn")
    if arn is not None and (arn.split(":")[2:3] != ["sqs"] or arn.endswith(".fifo")):
        raise BadTarget("DeadLetterConfig.Arn must be the ARN of a standard SQS queue.")


def fill(text: str, arn: str, scheduled_at: int, identity: str, attempt: int) -> str:
    """Return an input with its context attributes in place; user guide, "Adding context attributes"."""
    for name, value in (
        ("schedule-arn", arn),
        ("scheduled-time", stamp(scheduled_at)),
        ("execution-id", identity),
        ("attempt-number", str(attempt)),
    ):
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return text


def stamp(at: int) -> str:
    """Return milliseconds since the epoch as ``1970-01-01T00:00:00Z``."""
    return datetime.fromtimestamp(at // 1000, UTC).replace(tzinfo=None).isoformat() + "Z"


def request_for(called: Called, target: dict[str, Any], text: str, endpoint: str) -> dict[str, Any]:
    """Return the parameters of a templated target's operation. ``text`` is the input."""
    arn, place = target["Arn"], called.place
    data = text.encode("utf-8", "surrogatepass")
    if called.service == "sqs":
        group = (target.get("SqsParameters") or {}).get("MessageGroupId")
        message = {"QueueUrl": f"{endpoint}/{place.account}/{place.resource}", "MessageBody": text}
        return {**message, "MessageGroupId": group} if group else message
    if called.service == "sns":
        return {"TopicArn": arn, "Message": text}
    if called.service == "lambda":
        return {"FunctionName": arn, "InvocationType": "Event", "Payload": data}
    if called.service == "kinesis":
        return {"StreamARN": arn, "Data": data, "PartitionKey": target["KinesisParameters"]["PartitionKey"]}
    if called.service == "firehose":
        return {"DeliveryStreamName": place.resource.removeprefix("deliverystream/"), "Record": {"Data": data}}
    named = target["EventBridgeParameters"]
    entry = {"Source": named["Source"], "DetailType": named["DetailType"], "Detail": text, "EventBusName": arn}
    return {"Entries": [entry]}


_WRITTEN = {
    "structure": dict,
    "map": dict,
    "list": list,
    "string": str,
    "blob": str,
    "boolean": bool,
    "integer": int,
    "long": int,
    "float": int | float,
    "double": int | float,
    "timestamp": str | int | float,
}
"""What each type of the models is in JSON."""


def shaped(value: Any, shape: Shape | None) -> Any:
    """Return parameters written in JSON as operations take them: where they want bytes, a text's are meant.

    Raises BadTarget for what is not of the types that the operation has.
    """
    if shape is None:
        return value
    wanted: Any = _WRITTEN.get(shape.type, object)
    if not isinstance(value, wanted) or (isinstance(value, bool) and shape.type != "boolean"):
        raise BadTarget(f"Input has a {type(value).__name__} where a {shape.type} is expected.")
    if shape.type == "blob":
        return value.encode("utf-8", "surrogatepass")
    if shape.type == "timestamp":
        return _moment(value)
    if shape.type == "structure":
        unknown = [name for name in value if name not in shape.members]
        if unknown:
            raise BadTarget(f"Input has parameters that the operation does not know: {', '.join(unknown)[:200]}")
        return {name: shaped(one, shape.members[name]) for name, one in value.items()}
    if shape.type == "list":
        return [shaped(one, shape.element) for one in value]
    if shape.type == "map":
        return {name: shaped(one, shape.value) for name, one in value.items()}
    return value


def _moment(value: str | float) -> datetime:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise BadTarget(f"Input has no timestamp where one is expected: {value}") from error
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
