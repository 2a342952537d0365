"""Records that a function transforms on their way: what it is asked, and what it answers.

Developer guide, "Transform source data in Amazon Data Firehose".
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from skyglobe.services.firehose.rules.processing import MAX_PARTITION_VALUE, Failed, Processors, Record, parameters_of

DEFAULT_BUFFER_MB = 1.0  # developer guide: of the data handed to a function at a time
DEFAULT_TRIES = 3  # "NumberOfRetries"
_MIB = 1 << 20


def lambda_role_of(processors: Processors) -> str | None:
    """Return the role that a function is to be invoked in, where it is another than the destination's."""
    return next((parameters_of(one).get("RoleArn") for one in processors if one["Type"] == "Lambda"), None)


def chunks_of(records: list[Record], buffer_mb: float) -> list[list[Record]]:
    """Return records in lists that a function is asked to transform at a time."""
    chunks: list[list[Record]] = []
    size = 0.0
    for record in records:
        if not chunks or size + len(record.data) > buffer_mb * _MIB:
            chunks.append([])
            size = 0
        chunks[-1].append(record)
        size += len(record.data)
    return chunks


def event_of(invocation_id: str, stream_arn: str, records: list[Record]) -> dict[str, Any]:
    """Return the event a function is invoked with. Records are numbered, so that its answer can name them."""
    return {
        "invocationId": invocation_id,
        "deliveryStreamArn": stream_arn,
        "region": stream_arn.split(":")[3],
        "records": [
            {
                "recordId": f"{number:056}",
                "approximateArrivalTimestamp": record.arrived_at,
                "data": base64.b64encode(record.data).decode(),
            }
            for number, record in enumerate(records)
        ],
    }


def transformed(records: list[Record], payload: bytes) -> tuple[list[Record], list[Failed]]:
    """Return the records that a function's answer makes of ``records``, and those it failed with."""
    try:
        answer = json.loads(payload)
        given = answer["records"]
        by_id = {entry["recordId"]: entry for entry in given}
    except (ValueError, KeyError, TypeError):
        text = "The function's response has not the form that is asked for."
        return [], [Failed(record, "Lambda.JsonProcessingException", text) for record in records]
    if len(by_id) < len(given):
        text = "Multiple records were returned with the same record ID."
        return [], [Failed(record, "Lambda.DuplicatedRecordId", text) for record in records]
    made: list[Record] = []
    failed: list[Failed] = []
    for number, record in enumerate(records):
        entry = by_id.get(f"{number:056}")
        if entry is None:
            failed.append(Failed(record, "Lambda.MissingRecordId", "One or more record Ids were not returned."))
            continue
        result = entry.get("result")
        if result == "Dropped":
            continue
        data = _decoded(entry.get("data"))
        if result == "Ok" and data is not None:
            keys = _keys(entry.get("metadata"))
            if keys is None:
                text = "The metadata of a record must have partitionKeys, an object of texts and numbers."
                failed.append(Failed(record, "Lambda.JsonProcessingException", text))
            else:
                made.append(record._replace(data=data, keys=keys))
        elif result == "ProcessingFailed":
            text = "ProcessingFailed status set for record"
            failed.append(Failed(record, "Lambda.ProcessingFailedStatus", text))
        else:
            text = "The result of a record must be Ok, Dropped or ProcessingFailed, and its data base64."
            failed.append(Failed(record, "Lambda.JsonProcessingException", text))
    return made, failed


def _keys(metadata: Any) -> tuple[tuple[str, str], ...] | None:
    """Return the partition keys that a function gives a record; None for what are none.

    Developer guide, "Create partitioning keys with a Lambda function".
    """
    if metadata is None:
        return ()
    given = metadata.get("partitionKeys", {}) if isinstance(metadata, dict) else None
    if not isinstance(given, dict):
        return None
    values = given.values()
    if not all(isinstance(value, str | int | float) and 0 < len(str(value)) <= MAX_PARTITION_VALUE for value in values):
        return None
    return tuple((name, value if isinstance(value, str) else json.dumps(value)) for name, value in given.items())


def _decoded(text: Any) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, TypeError, ValueError):
        return None
