"""Sending one message: what its queue demands of it, deduplication, and the way into the backlog."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from skyglobe.kernel.call import Call
from skyglobe.kernel.data_keys import DataKey
from skyglobe.kernel.timers import set_timer
from skyglobe.services.sqs.backlog import Backlog
from skyglobe.services.sqs.counting import count_duplicate, count_sent
from skyglobe.services.sqs.records import Body, Deduplication, Queue, deduplications
from skyglobe.services.sqs.refusals import invalid_parameter, invalid_value, missing, not_for_this_type
from skyglobe.services.sqs.rules.contents import Attributes, Content, check_content, check_size, is_trace_header
from skyglobe.services.sqs.rules.names import check_id
from skyglobe.services.sqs.sealing import sealed

MAX_DELAY_FOR = 900  # seconds; SQS quotas
SPAN_FOR = 300_000  # milliseconds for which deduplication and attempt ids hold; developer guide
FIRST_SEQUENCE_NUMBER = 10**19  # AWS's sequence numbers have twenty digits


class Outgoing(msgspec.Struct, frozen=True):
    """A message that its queue will take."""

    content: Content
    delay_for: int
    """Seconds."""
    group: str | None
    deduplication: str | None


def check_outgoing(queue: Queue, entry: dict[str, Any]) -> Outgoing:
    """Return the message of a SendMessage request or batch entry, in API names, if ``queue`` takes it.

    Raises MissingParameter, InvalidParameterValue and InvalidMessageContents.
    """
    attributes: Attributes | None = entry.get("MessageAttributes")
    content = check_content(entry.get("MessageBody", ""), attributes, entry.get("MessageSystemAttributes"))
    check_size(content.size, queue.max_bytes)
    group: str | None = entry.get("MessageGroupId")
    if group is not None:
        check_id(group, "MessageGroupId")
    elif queue.is_fifo:
        raise missing("MessageGroupId")
    return Outgoing(content, _delay(queue, entry), group, _deduplication_id(queue, entry, content.text))


def _delay(queue: Queue, entry: dict[str, Any]) -> int:
    delay_for: int | None = entry.get("DelaySeconds")
    if delay_for is None:
        return queue.delay_for
    if queue.is_fifo:
        if delay_for != 0:
            raise not_for_this_type(delay_for, "DelaySeconds")
        return queue.delay_for
    if not 0 <= delay_for <= MAX_DELAY_FOR:
        raise invalid_value(delay_for, "DelaySeconds", f"DelaySeconds must be >= 0 and <= {MAX_DELAY_FOR}.")
    return delay_for


def _deduplication_id(queue: Queue, entry: dict[str, Any], text: str) -> str | None:
    given: str | None = entry.get("MessageDeduplicationId")
    if not queue.is_fifo:
        if given is not None:
            raise not_for_this_type(given, "MessageDeduplicationId")
        return None
    if given is not None:
        check_id(given, "MessageDeduplicationId")
        return given
    if not queue.deduplicates_content:
        raise invalid_parameter(
            "The queue should either have ContentBasedDeduplication enabled or "
            "MessageDeduplicationId provided explicitly"
        )
    return hashlib.sha256(text.encode()).hexdigest()


def send(call: Call, backlog: Backlog, outgoing: Outgoing, data_key: DataKey | None = None) -> dict[str, Any]:
    """Put a message into its queue, unless it is a duplicate. Returns what SendMessage answers.

    ``data_key`` is what it is encrypted with while it is kept.
    """
    content = outgoing.content
    known = _find_duplicate(backlog, outgoing)
    if known is None:
        body = sealed(call, backlog.queue, _body(call, backlog, outgoing), data_key)
        backlog.add(body, backlog.now + outgoing.delay_for * 1000)
        if outgoing.deduplication is not None:
            _remember(backlog, outgoing, body)
        message_id, order = body.id, body.order
        count_sent(backlog, content.size)
    else:
        count_duplicate(backlog)
        message_id, order = known.message_id, known.order
    answer = {"MessageId": message_id, "MD5OfMessageBody": content.md5}
    if content.attributes_md5:
        answer["MD5OfMessageAttributes"] = content.attributes_md5
    if content.system_md5:
        answer["MD5OfMessageSystemAttributes"] = content.system_md5
    if backlog.queue.is_fifo:
        answer["SequenceNumber"] = sequence_number(order)
    return answer


def _body(call: Call, backlog: Backlog, outgoing: Outgoing) -> Body:
    content = outgoing.content
    kernel = call.kernel
    return Body(
        lot=backlog.lot,
        order=kernel.next_order(),
        id=kernel.ids.uuid(),
        text=content.text,
        md5=content.md5,
        sender=call.principal.user_id,
        sent_at=backlog.now,
        attributes=content.attributes,
        group=outgoing.group,
        deduplication=outgoing.deduplication,
        trace=content.trace or _traced_by(call),
    )


def _traced_by(call: Call) -> str | None:
    """The trace a request belongs to goes with its messages (X-Ray developer guide, "Amazon SQS and AWS X-Ray")."""
    header = call.request.headers.get("x-amzn-trace-id")
    return header if header is not None and is_trace_header(header) else None


def sequence_number(order: int) -> str:
    """Return a message's sequence number: twenty digits, growing."""
    return str(FIRST_SEQUENCE_NUMBER + order)


def _scope_of(queue: Queue, outgoing: Outgoing) -> str:
    return (outgoing.group or "") if queue.deduplication_scope == "messageGroup" else ""


def _find_duplicate(backlog: Backlog, outgoing: Outgoing) -> Deduplication | None:
    if outgoing.deduplication is None:
        return None
    queue, now = backlog.queue, backlog.now
    for span in (now // SPAN_FOR, now // SPAN_FOR - 1):
        scope = _scope_of(queue, outgoing)
        known = deduplications.find(backlog.scope, queue.number, span, scope, outgoing.deduplication)
        if known is not None and now - known.at < SPAN_FOR:
            return known
    return None


def _remember(backlog: Backlog, outgoing: Outgoing, body: Body) -> None:
    assert outgoing.deduplication is not None
    remembered = Deduplication(
        queue=backlog.queue.number,
        span=backlog.now // SPAN_FOR,
        scope=_scope_of(backlog.queue, outgoing),
        id=outgoing.deduplication,
        at=backlog.now,
        message_id=body.id,
        order=body.order,
    )
    deduplications.insert(backlog.scope, remembered)
    forget_in_time(backlog)


def forget_in_time(backlog: Backlog) -> None:
    """Have ids forgotten once their span and the next are over."""
    if backlog.tally.forgets_at is None:
        backlog.tally.forgets_at = (backlog.now // SPAN_FOR + 2) * SPAN_FOR
        payload = {"queue": backlog.queue.id}
        set_timer(backlog.scope, "sqs", "forget", str(backlog.queue.number), backlog.tally.forgets_at, payload)
