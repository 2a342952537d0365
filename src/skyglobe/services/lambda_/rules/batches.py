"""Batches: which records pass a mapping's filters, what events are made of them, what functions say failed."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from skyglobe.kernel.patterns import stored_pattern

MAX_BATCH_BYTES = 6 * 1024 * 1024  # Lambda quotas, "Invocation payload", synchronous
Record = dict[str, Any]


def passes(filters: Sequence[str], content: Record) -> bool:
    """Whether one of a mapping's filters lets a record through; all do where there are none."""
    return not filters or any(one.strip() == "{}" or stored_pattern(one).matches(content) for one in filters)


def parsed(text: str | bytes) -> Any:
    """Return what filters look into: JSON where it is some, else the text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text if isinstance(text, str) else text.decode("utf-8", "replace")


def message_record(message: Record, source_arn: str) -> Record:
    """Return a message of a queue as functions are given it."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes") or {},
        "messageAttributes": {
            name: _attribute(given) for name, given in (message.get("MessageAttributes") or {}).items()
        },
        "md5OfBody": message["MD5OfBody"],
        **(
            {"md5OfMessageAttributes": message["MD5OfMessageAttributes"]} if "MD5OfMessageAttributes" in message else {}
        ),
        "eventSource": "aws:sqs",
        "eventSourceARN": source_arn,
        "awsRegion": source_arn.split(":")[3],
    }


def _attribute(given: Record) -> Record:
    shown: Record = {"stringListValues": [], "binaryListValues": [], "dataType": given["DataType"]}
    if given.get("StringValue") is not None:
        shown["stringValue"] = given["StringValue"]
    if given.get("BinaryValue") is not None:
        shown["binaryValue"] = base64.b64encode(given["BinaryValue"]).decode()
    return shown


def message_content(record: Record) -> Record:
    """Return what filters look into of a message."""
    return {**record, "body": parsed(record["body"])}


def kinesis_record(record: Record, shard: str, source_arn: str, role: str) -> Record:
    """Return a record of a Kinesis stream as functions are given it."""
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": record["PartitionKey"],
            "sequenceNumber": record["SequenceNumber"],
            "data": base64.b64encode(record["Data"]).decode(),
            "approximateArrivalTimestamp": arrival_of(record["ApproximateArrivalTimestamp"]),
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard}:{record['SequenceNumber']}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": role,
        "awsRegion": source_arn.split(":")[3],
        "eventSourceARN": source_arn,
    }


def kinesis_content(record: Record) -> Record:
    """Return what filters look into of a record of Kinesis."""
    inner = record["kinesis"]
    return {**inner, "data": parsed(base64.b64decode(inner["data"]))}


def dynamodb_record(record: Record, source_arn: str) -> Record:
    """Return a change of a table as functions are given it: binary values in base64, the instant in seconds."""
    told = dict(record["dynamodb"])
    told["ApproximateCreationDateTime"] = arrival_of(told["ApproximateCreationDateTime"])
    return {**record, "dynamodb": _plain(told), "eventSourceARN": source_arn}


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner) for inner in value]
    return value


def arrival_of(at: Any) -> float:
    """Return an instant in seconds."""
    return at.timestamp() if isinstance(at, datetime) else float(at)


class AllFailed(ValueError):
    """The function's answer means that nothing of the batch succeeded."""


def failures_in(payload: bytes, known: Sequence[str]) -> list[str]:
    """Return the ids of the records a function says it failed with.

    Raises AllFailed where the answer has not the form of one, or names what is not in the batch: developer guide,
    "Implementing partial batch responses".
    """
    try:
        answer = json.loads(payload) if payload else None
    except ValueError as error:
        raise AllFailed from error
    if answer is None or answer == {}:
        return []
    if not isinstance(answer, dict):
        raise AllFailed
    failures = answer.get("batchItemFailures")
    if failures is None or failures == []:
        return []
    if not isinstance(failures, list):
        raise AllFailed
    found = []
    for entry in failures:
        identifier = entry.get("itemIdentifier") if isinstance(entry, dict) else None
        if not isinstance(identifier, str) or identifier not in known:
            raise AllFailed
        found.append(identifier)
    return found


def chunks_of(records: list[Record]) -> list[list[Record]]:
    """Return records in lists that each fit into one invocation."""
    chunks: list[list[Record]] = []
    size = 0
    for record in records:
        weight = len(json.dumps(record)) + 2
        if not chunks or size + weight > MAX_BATCH_BYTES - 1024:
            chunks.append([])
            size = 0
        chunks[-1].append(record)
        size += weight
    return chunks
