"""A consumer's side: receiving, with retries of the same attempt, deleting, and changing the visibility timeout."""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe.kernel.call import Call
from skyglobe.services.sqs import sqs
from skyglobe.services.sqs.access import Found
from skyglobe.services.sqs.backlog import Backlog
from skyglobe.services.sqs.counting import count_deleted, count_received
from skyglobe.services.sqs.receiving import take
from skyglobe.services.sqs.records import Attempt, Flight, Queue, attempts, bodies
from skyglobe.services.sqs.refusals import invalid_value, not_for_this_type, unknown_attribute
from skyglobe.services.sqs.rules.contents import attributes_digest, selected
from skyglobe.services.sqs.rules.names import check_id
from skyglobe.services.sqs.rules.receipts import Receipt, open_receipt, seal_receipt
from skyglobe.services.sqs.sealing import opened
from skyglobe.services.sqs.sending import SPAN_FOR, forget_in_time, sequence_number

MAX_MESSAGES = 10  # of one call; API reference of ReceiveMessage
MAX_WAIT_FOR = 20  # seconds; same page
MAX_VISIBLE_FOR = 43_200  # seconds, in total from receiving on; SQS quotas, "Visibility timeout"
MAX_IN_FLIGHT = 120_000  # SQS quotas, for standard and FIFO queues alike

SYSTEM_NAMES = frozenset(
    (
        "All",
        "SenderId",
        "SentTimestamp",
        "ApproximateReceiveCount",
        "ApproximateFirstReceiveTimestamp",
        "SequenceNumber",
        "MessageDeduplicationId",
        "MessageGroupId",
        "AWSTraceHeader",
        "DeadLetterQueueSourceArn",
    )
)


class Wish(msgspec.Struct, frozen=True):
    """What a ReceiveMessage call asks for."""

    url: str
    count: int
    visible_for: int | None
    wait_for: int
    system_names: frozenset[str]
    names: list[str]
    attempt: str | None


def check_wish(
    queue: Queue,
    *,
    url: str,
    count: int | None,
    visible_for: int | None,
    wait_for: int | None,
    system_names: list[str],
    names: list[str],
    attempt: str | None,
) -> Wish:
    """Return a call's parameters, the queue's filled in. Raises InvalidParameterValue and InvalidAttributeName."""
    if count is None:
        count = 1
    elif not 1 <= count <= MAX_MESSAGES:
        reason = f"Must be between 1 and {MAX_MESSAGES}, if provided."
        raise invalid_value(count, "MaxNumberOfMessages", reason)
    if visible_for is not None and not 0 <= visible_for <= MAX_VISIBLE_FOR:
        reason = f"Must be >= 0 and <= {MAX_VISIBLE_FOR}, if provided."
        raise invalid_value(visible_for, "VisibilityTimeout", reason)
    if wait_for is None:
        wait_for = queue.wait_for
    elif not 0 <= wait_for <= MAX_WAIT_FOR:
        raise invalid_value(wait_for, "WaitTimeSeconds", f"Must be >= 0 and <= {MAX_WAIT_FOR}, if provided.")
    for name in system_names:
        if name not in SYSTEM_NAMES:
            raise unknown_attribute(name)
    if attempt is not None:
        if not queue.is_fifo:
            raise not_for_this_type(attempt, "ReceiveRequestAttemptId")
        check_id(attempt, "ReceiveRequestAttemptId")
    return Wish(url, count, visible_for, wait_for, frozenset(system_names), names, attempt)


def receive(call: Call, found: Found, wish: Wish) -> list[dict[str, Any]]:
    """Take messages for a consumer; none when there are none. Raises OverLimit."""
    backlog = Backlog(*found)
    queue = found.queue
    visible_for = queue.visible_after if wish.visible_for is None else wish.visible_for
    if wish.attempt is not None:
        repeated = _repeat(backlog, wish.attempt, visible_for)
        if repeated is not None:
            backlog.save()
            count_received(backlog, len(repeated))
            return [_message(opened(call, found, body), flight, handle, wish) for body, flight, handle in repeated]
    backlog.settle()
    count = min(wish.count, _room(backlog, wish))
    caught = take(backlog, count, visible_for) if count else []
    handed = [(body, flight, _handle(backlog, flight)) for body, flight in caught]
    if wish.attempt is not None and handed:
        _remember(backlog, wish.attempt, handed)
    # What was freed on the way is for this consumer; with more of it than it took, the next one wakes the next.
    backlog.freed = 1 if handed and (backlog.tally.ready or backlog.tally.waiting) else 0
    backlog.save()
    count_received(backlog, len(handed))
    return [_message(opened(call, found, body), flight, handle, wish) for body, flight, handle in handed]


def _room(backlog: Backlog, wish: Wish) -> int:
    """How many messages may still be put in flight."""
    if backlog.tally.in_flight >= MAX_IN_FLIGHT:
        backlog.settle(MAX_IN_FLIGHT)
    room = MAX_IN_FLIGHT - backlog.tally.in_flight
    if room <= 0 and not wish.wait_for and not backlog.queue.is_fifo:
        # Long polls and FIFO queues get no error, only nothing (API reference of ReceiveMessage, SQS quotas).
        raise sqs.errors.OverLimit(
            f"The maximum number of in flight messages ({MAX_IN_FLIGHT}) is reached for this queue."
        )
    return max(room, 0)


def _handle(backlog: Backlog, flight: Flight) -> str:
    receipt = Receipt(backlog.queue.number, flight.order, flight.until, flight.receives)
    return seal_receipt(receipt, backlog.scope.kernel.secret)


def _message(body: Any, flight: Flight, handle: str, wish: Wish) -> dict[str, Any]:
    message: dict[str, Any] = {
        "MessageId": body.id,
        "ReceiptHandle": handle,
        "MD5OfBody": body.md5,
        "Body": body.text,
    }
    if wish.system_names:
        message["Attributes"] = _system_attributes(body, flight, wish.system_names)
    if body.attributes is not None and wish.names:
        chosen = selected(body.attributes, wish.names)
        if chosen:
            message["MessageAttributes"] = chosen
            message["MD5OfMessageAttributes"] = attributes_digest(chosen)
    return message


def _system_attributes(body: Any, flight: Flight, names: frozenset[str]) -> dict[str, str]:
    values = {
        "SenderId": body.sender,
        "SentTimestamp": str(body.sent_at),
        "ApproximateReceiveCount": str(flight.receives),
        "ApproximateFirstReceiveTimestamp": str(flight.first_at),
        "SequenceNumber": sequence_number(body.order) if body.deduplication is not None else None,
        "MessageDeduplicationId": body.deduplication,
        "MessageGroupId": body.group,
        "AWSTraceHeader": body.trace,
        "DeadLetterQueueSourceArn": body.source_arn,
    }
    every = "All" in names
    return {name: value for name, value in values.items() if value is not None and (every or name in names)}


# Retried attempts


def _repeat(backlog: Backlog, attempt: str, visible_for: int) -> list[tuple[Any, Flight, str]] | None:
    """Return again what an attempt has handed out in the last five minutes, with a new visibility timeout.

    None when there is nothing to repeat: a message was deleted, became visible or had its visibility changed.
    """
    span = backlog.now // SPAN_FOR
    queue = backlog.queue.number
    known = attempts.find(backlog.scope, queue, span, attempt) or attempts.find(backlog.scope, queue, span - 1, attempt)
    if known is None or backlog.now - known.at >= SPAN_FOR or known.lot != backlog.lot:
        return None
    repeated = []
    for order, receives, until, handle in known.flights:
        flight = backlog.locate(Receipt(queue, order, until, receives))
        body = bodies.find(backlog.scope, backlog.lot, order)
        if body is None or not isinstance(flight, Flight) or (flight.until, flight.receives) != (until, receives):
            return None
        if flight.until <= backlog.now:
            return None
        repeated.append((body, backlog.move_flight(flight, backlog.now + visible_for * 1000), handle))
    _remember(backlog, attempt, repeated)
    return repeated


def _remember(backlog: Backlog, attempt: str, handed: list[tuple[Any, Flight, str]]) -> None:
    record = Attempt(
        queue=backlog.queue.number,
        span=backlog.now // SPAN_FOR,
        id=attempt,
        at=backlog.now,
        lot=backlog.lot,
        flights=tuple((flight.order, flight.receives, flight.until, handle) for _, flight, handle in handed),
    )
    attempts.insert(backlog.scope, record)
    forget_in_time(backlog)


# Afterwards


def open_handle(backlog: Backlog, handle: str) -> Receipt:
    """Return what a receipt handle of this queue says. Raises ReceiptHandleIsInvalid."""
    receipt = open_receipt(handle, backlog.scope.kernel.secret)
    if receipt is None or receipt.queue != backlog.queue.number:
        raise sqs.errors.ReceiptHandleIsInvalid(f'The input receipt handle "{handle}" is not a valid receipt handle.')
    return receipt


def delete(backlog: Backlog, handle: str) -> None:
    """Delete a message for good. Any of its receipt handles will do on standard queues.

    On FIFO queues only the last one does, and only until the visibility timeout ends (InvalidParameterValue). Raises
    ReceiptHandleIsInvalid.
    """
    receipt = open_handle(backlog, handle)
    entry = backlog.locate(receipt)
    if entry is None:
        count_deleted(backlog)  # once more: each call with a handle that was good counts
        return
    if backlog.queue.is_fifo and not _is_current(backlog, entry, receipt):
        raise invalid_value(handle, "ReceiptHandle", "The receipt handle has expired.")
    backlog.remove(entry)
    count_deleted(backlog)


def change_visibility(backlog: Backlog, handle: str, visible_for: int) -> None:
    """Let a flight end ``visible_for`` seconds from now, at once when 0.

    Raises InvalidParameterValue, ReceiptHandleIsInvalid and MessageNotInflight.
    """
    if not 0 <= visible_for <= MAX_VISIBLE_FOR:
        reason = f"VisibilityTimeout must be >= 0 and <= {MAX_VISIBLE_FOR}."
        raise invalid_value(visible_for, "VisibilityTimeout", reason)
    receipt = open_handle(backlog, handle)
    entry = backlog.locate(receipt)
    if entry is None:
        reason = "Message does not exist or is not available for visibility timeout change."
        raise invalid_value(handle, "ReceiptHandle", reason)
    if not isinstance(entry, Flight) or not _is_current(backlog, entry, receipt):
        raise sqs.errors.MessageNotInflight
    if not visible_for:
        backlog.land(entry)
        return
    until = backlog.now + visible_for * 1000
    if until > entry.received_at + MAX_VISIBLE_FOR * 1000:
        reason = f"Total VisibilityTimeout for the message is beyond the limit [{MAX_VISIBLE_FOR} seconds]."
        raise invalid_value(visible_for, "VisibilityTimeout", reason)
    backlog.move_flight(entry, until)


def _is_current(backlog: Backlog, entry: Any, receipt: Receipt) -> bool:
    """Whether a receipt is of the receiving that still goes on."""
    return isinstance(entry, Flight) and entry.receives == receipt.receives and entry.until > backlog.now
