"""SendMessageBatch, DeleteMessageBatch, ChangeMessageVisibilityBatch: up to ten entries, each with its own result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.models.errors import query_code
from skyglobe.services.sqs import sqs
from skyglobe.services.sqs.access import get_queue
from skyglobe.services.sqs.backlog import Backlog
from skyglobe.services.sqs.consuming import change_visibility, delete
from skyglobe.services.sqs.refusals import missing
from skyglobe.services.sqs.rules.contents import Attributes
from skyglobe.services.sqs.rules.names import is_entry_id
from skyglobe.services.sqs.sealing import data_key_for
from skyglobe.services.sqs.sending import check_outgoing, send
from skyglobe.services.sqs.throughput import take_turn

MAX_ENTRIES = 10  # API reference of SendMessageBatch
MAX_BATCH_BYTES = 1_048_576  # of all messages of a batch; same page

Entry = dict[str, Any]


@sqs.operation
def send_message_batch(call: Call, queue_url: str = "", entries: list[Entry] | None = None) -> dict[str, Any]:
    """Put up to ten messages into a queue."""
    found = get_queue(call, queue_url)
    checked = _check_entries(entries or [], "SendMessageBatchRequestEntry")
    size = sum(map(_size, checked))
    if size > MAX_BATCH_BYTES:
        raise sqs.errors.BatchRequestTooLong(
            f"Batch requests cannot be longer than {MAX_BATCH_BYTES} bytes. You have sent {size} bytes."
        )
    take_turn(found, "send", (entry.get("MessageGroupId") for entry in checked))
    data_key = data_key_for(call, found)
    backlog = Backlog(*found)
    answer = _each(checked, lambda entry: send(call, backlog, check_outgoing(found.queue, entry), data_key))
    backlog.save()
    return answer


@sqs.operation
def delete_message_batch(call: Call, queue_url: str = "", entries: list[Entry] | None = None) -> dict[str, Any]:
    """Delete up to ten messages."""
    found = get_queue(call, queue_url)
    checked = _check_entries(entries or [], "DeleteMessageBatchRequestEntry")
    take_turn(found, "delete")
    backlog = Backlog(*found)
    answer = _each(checked, lambda entry: delete(backlog, _handle(entry)))
    backlog.save()
    return answer


@sqs.operation
def change_message_visibility_batch(
    call: Call, queue_url: str = "", entries: list[Entry] | None = None
) -> dict[str, Any]:
    """Change when up to ten messages in flight become visible again."""
    found = get_queue(call, queue_url)
    checked = _check_entries(entries or [], "ChangeMessageVisibilityBatchRequestEntry")
    backlog = Backlog(*found)
    answer = _each(checked, lambda entry: change_visibility(backlog, _handle(entry), _timeout(entry)))
    backlog.save()
    return answer


def _check_entries(entries: list[Entry], kind: str) -> list[Entry]:
    """Return the entries of a batch. Raises what is wrong with the batch as a whole."""
    if not entries:
        raise sqs.errors.EmptyBatchRequest(f"There should be at least one {kind} in the request.")
    if len(entries) > MAX_ENTRIES:
        raise sqs.errors.TooManyEntriesInBatchRequest(
            f"Maximum number of entries per request are {MAX_ENTRIES}. You have sent {len(entries)}."
        )
    seen: set[str] = set()
    for position, entry in enumerate(entries, start=1):
        name = entry.get("Id")
        if name is None:
            raise missing(f"{kind}.{position}.Id")
        if not is_entry_id(name):
            raise sqs.errors.InvalidBatchEntryId(
                "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
                "It can be at most 80 letters long."
            )
        if name in seen:
            raise sqs.errors.BatchEntryIdsNotDistinct(f"Id {name} repeated.")
        seen.add(name)
    return entries


def _each(entries: list[Entry], work: Callable[[Entry], dict[str, Any] | None]) -> dict[str, Any]:
    """Do ``work`` for each entry; a refusal fails that entry only. Work must refuse before it writes."""
    successful: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for entry in entries:
        try:
            result = work(entry)
        except ServiceError as error:
            failed.append(
                {
                    "Id": entry["Id"],
                    "SenderFault": error.is_sender_fault,
                    "Code": query_code(sqs.model, error.code),
                    "Message": error.message,
                }
            )
        else:
            successful.append({"Id": entry["Id"], **(result or {})})
    return {"Successful": successful, "Failed": failed}


def _handle(entry: Entry) -> str:
    handle: str | None = entry.get("ReceiptHandle")
    if not handle:
        raise missing("ReceiptHandle")
    return handle


def _timeout(entry: Entry) -> int:
    timeout: int | None = entry.get("VisibilityTimeout")
    if timeout is None:
        raise missing("VisibilityTimeout")
    return timeout


def _size(entry: Entry) -> int:
    attributes: Attributes = entry.get("MessageAttributes") or {}
    size = _bytes(entry.get("MessageBody", ""))
    for name, attribute in attributes.items():
        size += _bytes(name) + sum(_bytes(part) for part in attribute.values() if isinstance(part, str | bytes))
    return size


def _bytes(part: str | bytes) -> int:
    return len(part) if isinstance(part, bytes) else len(part.encode("utf-8", "surrogatepass"))
