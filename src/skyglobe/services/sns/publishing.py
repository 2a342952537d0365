"""Taking a message: what its topic demands of it, deduplication, archiving, and the letter that has it delivered."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from skyglobe.kernel.call import Call
from skyglobe.kernel.data_keys import DataKey
from skyglobe.kernel.outbox import post
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import find_timer, set_timer
from skyglobe.services.sns import sns
from skyglobe.services.sns.access import Found
from skyglobe.services.sns.metering import count_published
from skyglobe.services.sns.protecting import taken_text
from skyglobe.services.sns.records import (
    Archived,
    Deduplication,
    Message,
    Topic,
    archive,
    deduplications,
    subscriptions,
)
from skyglobe.services.sns.refusals import invalid
from skyglobe.services.sns.rules.messages import check_attributes, check_size, check_text, parse_structure, size_of
from skyglobe.services.sns.rules.names import check_id, check_subject
from skyglobe.services.sns.sealing import sealed_message

SPAN_FOR = 300_000  # milliseconds for which deduplication ids hold; developer guide, "message deduplication"
FIRST_SEQUENCE_NUMBER = 10**19  # AWS's sequence numbers have twenty digits
MAX_FIFO_RATE = 3_000  # messages a second of a FIFO topic; API reference of CreateTopic, FifoThroughputScope
MAX_GROUP_RATE = 300  # messages a second of a message group; SNS quotas


def check_message(topic: Topic, entry: dict[str, Any]) -> int:
    """Raise what SNS says of a Publish request or batch entry that ``topic`` does not take; return its bytes."""
    text = entry.get("Message", "")
    check_text(text)
    attributes = check_attributes(entry.get("MessageAttributes"))
    size = size_of(text, attributes)
    check_size(size)
    if (subject := entry.get("Subject")) is not None:
        check_subject(subject)
    structure = entry.get("MessageStructure")
    if structure not in (None, "", "json"):
        raise invalid("MessageStructure")
    if structure == "json":
        parse_structure(text)
    _check_fifo(topic, entry)
    return size


def _check_fifo(topic: Topic, entry: dict[str, Any]) -> None:
    group, deduplication = entry.get("MessageGroupId"), entry.get("MessageDeduplicationId")
    if group is not None:
        check_id(group, "MessageGroupId")
    if not topic.is_fifo:
        if deduplication is not None:
            raise invalid(
                "MessageDeduplicationId",
                "The request includes MessageDeduplicationId parameter that is not valid for this topic type",
            )
        return
    if group is None:
        raise invalid("The MessageGroupId parameter is required for FIFO topics")
    if deduplication is not None:
        check_id(deduplication, "MessageDeduplicationId")
    elif not topic.deduplicates_content:
        raise invalid(
            "The topic should either have ContentBasedDeduplication enabled or "
            "MessageDeduplicationId provided explicitly"
        )


def publish(call: Call, found: Found, entry: dict[str, Any], data_key: DataKey | None) -> dict[str, Any]:
    """Have a checked message delivered to the topic's subscriptions, kept under a data key where the topic has one.

    Returns what Publish answers.
    """
    scope, topic = found
    kernel = scope.kernel
    deduplication = _deduplication_id(topic, entry)
    if deduplication is not None:
        known = _find_duplicate(scope, topic, entry["MessageGroupId"], deduplication)
        if known is not None:
            return _answer(topic, known.message_id, known.order)
        _take_turn(topic, scope, entry["MessageGroupId"])
    message_id = kernel.ids.uuid()
    message = Message(
        id=message_id,
        order=kernel.next_order(),
        topic=topic.id,
        number=topic.number,
        at=call.now,
        text=taken_text(call, found, message_id, entry),
        subject=entry.get("Subject"),
        attributes=entry.get("MessageAttributes") or {},
        is_structured=entry.get("MessageStructure") == "json",
        group=entry.get("MessageGroupId"),
        deduplication=deduplication,
        trace=call.request.headers.get("x-amzn-trace-id"),
    )
    if deduplication is not None:
        _remember(scope, topic, message, deduplication)
    count_published(scope, topic, size_of(entry["Message"], message.attributes))
    message = sealed_message(call, message, data_key)
    if "ArchivePolicy" in topic.attributes:
        archive.insert(scope, Archived(number=topic.number, order=message.order, message=message))
    send_to_all(scope, topic, message)
    return _answer(topic, message.id, message.order)


def send_to_all(scope: Scope, topic: Topic, message: Message, past: str = "") -> None:
    """Have a message delivered to all subscriptions of its topic, or to those with ids after ``past``."""
    if next(iter(subscriptions.scan(scope, topic.number, limit=1)), None) is None:
        return
    payload = {"message": msgspec.to_builtins(message, builtin_types=(bytes,)), "past": past}
    post(scope, "sns", "fan_out", payload, lane=f"{topic.number}:{message.group}" if topic.is_fifo else "")


def _answer(topic: Topic, message_id: str, order: int) -> dict[str, Any]:
    answer = {"MessageId": message_id}
    if topic.is_fifo:
        answer["SequenceNumber"] = sequence_number(order)
    return answer


def sequence_number(order: int) -> str:
    """Return a message's sequence number: twenty digits, growing."""
    return str(FIRST_SEQUENCE_NUMBER + order)


def _take_turn(topic: Topic, scope: Scope, group: str) -> None:
    quotas = scope.kernel.quotas
    if topic.is_by_group:
        is_free = quotas.take_in_second("sns", topic.arn, "publish", group, limit=MAX_GROUP_RATE)
    else:
        is_free = quotas.take_in_second("sns", topic.arn, "publish", limit=MAX_FIFO_RATE)
    if not is_free:
        raise sns.errors.ThrottledException("Rate exceeded")


def _deduplication_id(topic: Topic, entry: dict[str, Any]) -> str | None:
    if not topic.is_fifo:
        return None
    given: str | None = entry.get("MessageDeduplicationId")
    return given if given is not None else hashlib.sha256(entry["Message"].encode("utf-8", "surrogatepass")).hexdigest()


def _scope_of(topic: Topic, group: str) -> str:
    return group if topic.is_by_group else ""


def _find_duplicate(scope: Scope, topic: Topic, group: str, identity: str) -> Deduplication | None:
    for span in (scope.now // SPAN_FOR, scope.now // SPAN_FOR - 1):
        known = deduplications.find(scope, topic.number, span, _scope_of(topic, group), identity)
        if known is not None and scope.now - known.at < SPAN_FOR:
            return known
    return None


def _remember(scope: Scope, topic: Topic, message: Message, identity: str) -> None:
    remembered = Deduplication(
        number=topic.number,
        span=scope.now // SPAN_FOR,
        scope=_scope_of(topic, message.group or ""),
        id=identity,
        at=scope.now,
        message_id=message.id,
        order=message.order,
    )
    deduplications.insert(scope, remembered)
    key = str(topic.number)
    if find_timer(scope, "sns", "forget", key) is None:
        set_timer(scope, "sns", "forget", key, (scope.now // SPAN_FOR + 2) * SPAN_FOR)
