"""PublishBatch: up to ten messages, each with its own result."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.services.sns import sns
from skyglobe.services.sns.access import get_topic
from skyglobe.services.sns.publishing import check_message, publish
from skyglobe.services.sns.rules.messages import MAX_BYTES, size_of
from skyglobe.services.sns.rules.names import is_entry_id
from skyglobe.services.sns.sealing import data_key_for

MAX_ENTRIES = 10  # API reference of PublishBatch


@sns.operation
def publish_batch(call: Call, topic_arn: str, publish_batch_request_entries: list[dict[str, Any]]) -> dict[str, Any]:
    """Send up to ten messages to a topic. What one entry does wrong does not keep the others."""
    found = get_topic(call, topic_arn)
    entries = publish_batch_request_entries
    _check_entries(entries)
    if sum(size_of(entry["Message"], entry.get("MessageAttributes") or {}) for entry in entries) > MAX_BYTES:
        raise sns.errors.BatchRequestTooLongException(
            "The length of all the messages put together is more than the limit."
        )
    data_key = data_key_for(call, found)
    successful: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for entry in entries:
        try:
            check_message(found.topic, entry)
            successful.append({"Id": entry["Id"], **publish(call, found, entry, data_key)})
        except ServiceError as error:
            fault = {"Code": error.code, "Message": error.message, "SenderFault": error.is_sender_fault}
            failed.append({"Id": entry["Id"], **fault})
    return {"Successful": successful, "Failed": failed}


def _check_entries(entries: list[dict[str, Any]]) -> None:
    if not entries:
        raise sns.errors.EmptyBatchRequestException("The batch request doesn't contain any entries.")
    if len(entries) > MAX_ENTRIES:
        raise sns.errors.TooManyEntriesInBatchRequestException(
            "The batch request contains more entries than permissible."
        )
    for entry in entries:
        if not is_entry_id(entry["Id"]):
            raise sns.errors.InvalidBatchEntryIdException(
                "The Id of a batch entry in a batch request doesn't abide by the specification."
            )
    if len({entry["Id"] for entry in entries}) != len(entries):
        raise sns.errors.BatchEntryIdsNotDistinctException("Two or more batch entries in the request have the same Id.")
