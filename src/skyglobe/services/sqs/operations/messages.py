"""SendMessage, ReceiveMessage, DeleteMessage, ChangeMessageVisibility."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.sqs import sqs
from skyglobe.services.sqs.access import Found, get_queue
from skyglobe.services.sqs.backlog import Backlog
from skyglobe.services.sqs.consuming import Wish, change_visibility, check_wish, delete, receive
from skyglobe.services.sqs.counting import count_empty, count_empty_wait
from skyglobe.services.sqs.refusals import missing
from skyglobe.services.sqs.sealing import data_key_for
from skyglobe.services.sqs.sending import check_outgoing, send
from skyglobe.services.sqs.throughput import take_turn


@sqs.operation
def send_message(
    call: Call,
    queue_url: str = "",
    message_body: str = "",
    delay_seconds: int | None = None,
    message_attributes: dict[str, Any] | None = None,
    message_system_attributes: dict[str, Any] | None = None,
    message_deduplication_id: str | None = None,
    message_group_id: str | None = None,
) -> dict[str, Any]:
    """Put one message into a queue."""
    found = get_queue(call, queue_url)
    entry = {
        "MessageBody": message_body,
        "DelaySeconds": delay_seconds,
        "MessageAttributes": message_attributes,
        "MessageSystemAttributes": message_system_attributes,
        "MessageDeduplicationId": message_deduplication_id,
        "MessageGroupId": message_group_id,
    }
    outgoing = check_outgoing(found.queue, entry)
    take_turn(found, "send", (outgoing.group,))
    backlog = Backlog(*found)
    answer = send(call, backlog, outgoing, data_key_for(call, found))
    backlog.save()
    return answer


@sqs.operation
def receive_message(
    call: Call,
    queue_url: str = "",
    attribute_names: list[str] | None = None,
    message_system_attribute_names: list[str] | None = None,
    message_attribute_names: list[str] | None = None,
    max_number_of_messages: int | None = None,
    visibility_timeout: int | None = None,
    wait_time_seconds: int | None = None,
    receive_request_attempt_id: str | None = None,
) -> dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]:
    """Hand out messages; wait for some, when the call or the queue says so (long polling)."""
    found = get_queue(call, queue_url)
    wish = check_wish(
        found.queue,
        url=queue_url,
        count=max_number_of_messages,
        visible_for=visibility_timeout,
        wait_for=wait_time_seconds,
        system_names=[*(attribute_names or ()), *(message_system_attribute_names or ())],
        names=message_attribute_names or [],
        attempt=receive_request_attempt_id,
    )
    take_turn(found, "receive")
    messages = receive(call, found, wish)
    if messages:
        return {"Messages": messages}
    if wish.wait_for:
        return _wait(call, wish, found, Backlog(*found).topic)
    count_empty(found)
    return {}


async def _wait(call: Call, wish: Wish, found: Found, topic: tuple[str, ...]) -> dict[str, Any]:
    clock = call.kernel.clock
    deadline = call.now + wish.wait_for * 1000
    with call.kernel.signals.listen(topic) as bell:
        while True:
            messages = await call.transact(lambda now: receive(now, get_queue(now, wish.url), wish))
            if messages:
                return {"Messages": messages}
            if clock.now() >= deadline:
                count_empty_wait(found)
                return {}
            await bell.wait(deadline)


@sqs.operation
def delete_message(call: Call, queue_url: str = "", receipt_handle: str = "") -> None:
    """Delete a message that was received. Nothing happens when it is gone already."""
    found = get_queue(call, queue_url)
    if not receipt_handle:
        raise missing("ReceiptHandle")
    take_turn(found, "delete")
    backlog = Backlog(*found)
    delete(backlog, receipt_handle)
    backlog.save()


@sqs.operation
def change_message_visibility(
    call: Call, queue_url: str = "", receipt_handle: str = "", visibility_timeout: int | None = None
) -> None:
    """Let a message in flight become visible again at another time, counted from now."""
    found = get_queue(call, queue_url)
    if not receipt_handle:
        raise missing("ReceiptHandle")
    if visibility_timeout is None:
        raise missing("VisibilityTimeout")
    backlog = Backlog(*found)
    change_visibility(backlog, receipt_handle, visibility_timeout)
    backlog.save()
