"""Queue attributes: what clients may set them to, and how queues show them."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.services.sqs import sqs
from skyglobe.services.sqs.records import Queue
from skyglobe.services.sqs.refusals import invalid_attribute, invalid_parameter, unknown_attribute
from skyglobe.services.sqs.rules.policies import check_policy, check_redrive_allow_policy, parse_redrive_policy

# Bounds of the numbers: API reference of SetQueueAttributes.
NUMBERS = {
    "DelaySeconds": ("delay_for", 0, 900),
    "MaximumMessageSize": ("max_bytes", 1_024, 1_048_576),
    "MessageRetentionPeriod": ("retention_for", 60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": ("wait_for", 0, 20),
    "VisibilityTimeout": ("visible_after", 0, 43_200),
    "KmsDataKeyReusePeriodSeconds": ("kms_reuse_for", 60, 86_400),
}
DOCUMENTS = {"Policy": "policy", "RedrivePolicy": "redrive_policy", "RedriveAllowPolicy": "redrive_allow_policy"}
FIFO_CHOICES = {
    "DeduplicationScope": ("deduplication_scope", ("queue", "messageGroup")),
    "FifoThroughputLimit": ("throughput_limit", ("perQueue", "perMessageGroupId")),
}
COUNTS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed")
SHOWN_ONLY = (*COUNTS, "CreatedTimestamp", "LastModifiedTimestamp", "QueueArn")


def plan_attributes(queue: Queue, attributes: dict[str, str]) -> Queue:
    """Return ``queue`` with ``attributes`` set.

    Raises InvalidAttributeName, InvalidAttributeValue and InvalidParameterValue. Whether a dead-letter queue exists
    and agrees is not looked at.
    """
    changes: dict[str, Any] = {}
    for name, value in attributes.items():
        changes.update(_parse(queue, name, value))
    changed = replace(queue, **changes)
    if changed.is_high_throughput and changed.deduplication_scope != "messageGroup":
        raise invalid_parameter(
            "The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup."
        )
    return _settle_encryption(changed, attributes)


def _parse(queue: Queue, name: str, value: str) -> dict[str, Any]:
    if name in NUMBERS:
        field, low, high = NUMBERS[name]
        return {field: _number(name, value, low, high)}
    if name in DOCUMENTS:
        return _document(name, value)
    if name == "KmsMasterKeyId":
        if len(value) > 2048:  # KMS's own bound for key ids, names and ARNs
            raise invalid_attribute(name)
        return {"kms_key": value}
    if name == "SqsManagedSseEnabled":
        return {"is_sse_on": _flag(name, value)}
    if queue.is_fifo and name == "ContentBasedDeduplication":
        return {"deduplicates_content": _flag(name, value)}
    if queue.is_fifo and name in FIFO_CHOICES:
        field, choices = FIFO_CHOICES[name]
        if value not in choices:
            raise invalid_attribute(name)
        return {field: value}
    raise unknown_attribute(name)


def _document(name: str, value: str) -> dict[str, Any]:
    if name == "Policy":
        check_policy(value)
    elif name == "RedriveAllowPolicy":
        check_redrive_allow_policy(value)
    else:
        return {"redrive_policy": value, "redrive": parse_redrive_policy(value)}
    return {DOCUMENTS[name]: value}


def _settle_encryption(queue: Queue, attributes: dict[str, str]) -> Queue:
    """One kind of encryption at a time: the one set last wins; both at once are refused."""
    if attributes.get("KmsMasterKeyId"):
        if attributes.get("SqsManagedSseEnabled") == "true":
            raise sqs.errors.InvalidAttributeValue(
                "You can use one type of server-side encryption (SSE) at one time. "
                "You can either enable KMS SSE or SQS SSE."
            )
        return replace(queue, is_sse_on=False)
    if attributes.get("SqsManagedSseEnabled") == "true":
        return replace(queue, kms_key="")
    return queue


def _number(name: str, value: str, low: int, high: int) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 10 and low <= int(value) <= high):
        raise invalid_attribute(name)
    return int(value)


def _flag(name: str, value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise invalid_attribute(name)
    return value.lower() == "true"


def is_fifo_wanted(attributes: dict[str, str]) -> bool:
    """Return whether CreateQueue is to make a FIFO queue. Raises InvalidAttributeValue."""
    return _flag("FifoQueue", attributes.get("FifoQueue", "false"))


def difference(queue: Queue, wanted: Queue, attributes: dict[str, str]) -> str | None:
    """Return the first attribute of a repeated CreateQueue that an existing queue has otherwise, or None."""
    fields = {name: field for name, (field, *_) in NUMBERS.items()}
    fields |= {name: field for name, (field, _) in FIFO_CHOICES.items()}
    fields |= {"Policy": "policy", "RedriveAllowPolicy": "redrive_allow_policy", "RedrivePolicy": "redrive"}
    fields |= {"KmsMasterKeyId": "kms_key", "SqsManagedSseEnabled": "is_sse_on"}
    fields |= {"ContentBasedDeduplication": "deduplicates_content", "FifoQueue": "is_fifo"}
    for name in attributes:
        if getattr(queue, fields[name]) != getattr(wanted, fields[name]):
            return name
    return None


def shown_attributes(queue: Queue, counts: tuple[int, int, int]) -> dict[str, str]:
    """Return all attributes of a queue as GetQueueAttributes gives them; ``counts`` are those of ``COUNTS``."""
    shown = {
        "QueueArn": queue.arn,
        **{name: str(count) for name, count in zip(COUNTS, counts, strict=True)},
        "CreatedTimestamp": str(queue.created_at // 1000),
        "LastModifiedTimestamp": str(queue.changed_at // 1000),
        "VisibilityTimeout": str(queue.visible_after),
        "MaximumMessageSize": str(queue.max_bytes),
        "MessageRetentionPeriod": str(queue.retention_for),
        "DelaySeconds": str(queue.delay_for),
        "ReceiveMessageWaitTimeSeconds": str(queue.wait_for),
        "SqsManagedSseEnabled": _shown(queue.is_sse_on),
    }
    for name, field in DOCUMENTS.items():
        if document := getattr(queue, field):
            shown[name] = document
    if queue.kms_key:
        shown["KmsMasterKeyId"] = queue.kms_key
        shown["KmsDataKeyReusePeriodSeconds"] = str(queue.kms_reuse_for)
    if queue.is_fifo:
        shown["FifoQueue"] = "true"
        shown["ContentBasedDeduplication"] = _shown(queue.deduplicates_content)
        shown["DeduplicationScope"] = queue.deduplication_scope
        shown["FifoThroughputLimit"] = queue.throughput_limit
    return shown


def _shown(flag: bool) -> str:
    return "true" if flag else "false"
