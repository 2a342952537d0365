"""Creating, finding, listing, purging and deleting queues."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.pagination import InvalidToken, seal, unseal
from skyglobe.kernel.timers import cancel_timer, set_timer
from skyglobe.services.sqs import sqs
from skyglobe.services.sqs.access import Found, get_own_queue, get_queue, queue_arn, url_of
from skyglobe.services.sqs.operations.tags import check_queue_tags
from skyglobe.services.sqs.records import (
    PURGE_PAUSE_FOR,
    RECENTLY_DELETED_FOR,
    DeletedName,
    Queue,
    deleted_names,
    queues,
)
from skyglobe.services.sqs.redriving import check_dead_letter_queue
from skyglobe.services.sqs.refusals import invalid_parameter, invalid_value, missing, no_such_queue
from skyglobe.services.sqs.rules.attributes import difference, is_fifo_wanted, plan_attributes
from skyglobe.services.sqs.rules.names import check_queue_name

MAX_LISTED = 1_000  # of one answer; API reference of ListQueues


@sqs.operation
def create_queue(
    call: Call,
    queue_name: str = "",
    attributes: dict[str, str] | None = None,
    tags: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Create a queue, or return the one of that name when it does not differ in the attributes given."""
    if not queue_name:
        raise missing("QueueName")
    wanted = dict(attributes or {})
    is_fifo = is_fifo_wanted(wanted)
    check_queue_name(queue_name, is_fifo)
    check_queue_tags(tags or {})
    planned = _plan_queue(call, queue_name, is_fifo, wanted, tags or {})
    known = queues.find(call, queue_name)
    if known is not None:
        different = difference(known, planned, wanted)
        if different is not None:
            raise sqs.errors.QueueNameExists(
                f"A queue already exists with the same name and a different value for attribute {different}"
            )
        return {"QueueUrl": url_of(call, known)}
    deleted = deleted_names.find(call, queue_name)
    if deleted is not None and call.now - deleted.deleted_at < RECENTLY_DELETED_FOR:
        raise sqs.errors.QueueDeletedRecently(
            "You must wait 60 seconds after deleting a queue before you can create another with the same name."
        )
    check_dead_letter_queue(call, planned)
    queues.insert(call, planned)
    return {"QueueUrl": url_of(call, planned)}


def _plan_queue(call: Call, name: str, is_fifo: bool, attributes: dict[str, str], tags: dict[str, str]) -> Queue:
    number = call.kernel.next_order()
    plain = Queue(
        arn=queue_arn(call, name),
        id=name,
        owner=call.account,
        created_at=call.now,
        tags=tags,
        number=number,
        lot=number,
        changed_at=call.now,
        is_fifo=is_fifo,
    )
    return plan_attributes(plain, {key: value for key, value in attributes.items() if key != "FifoQueue"})


@sqs.operation
def get_queue_url(call: Call, queue_name: str = "", queue_owner_aws_account_id: str | None = None) -> dict[str, Any]:
    """Return the URL of a queue of this account, or of another one's."""
    if not queue_name:
        raise missing("QueueName")
    scope = call.within(queue_owner_aws_account_id)
    queue = queues.find(scope, queue_name)
    if queue is None:
        raise no_such_queue()
    return {"QueueUrl": url_of(scope, queue)}


@sqs.operation
def list_queues(
    call: Call, queue_name_prefix: str = "", next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    """List the account's queues by name: the first thousand, or page by page when ``MaxResults`` is given."""
    limit = _page_size(max_results)
    past = _position(call, "queues:" + queue_name_prefix, next_token)
    listed = list(queues.scan(call, starting=queue_name_prefix, past=past, limit=limit + 1))
    answer: dict[str, Any] = {}
    if listed:
        answer["QueueUrls"] = [url_of(call, queue) for queue in listed[:limit]]
    if len(listed) > limit and max_results is not None:
        answer["NextToken"] = seal(call, "queues:" + queue_name_prefix, (listed[limit - 1].id,))
    return answer


@sqs.operation
def list_dead_letter_source_queues(
    call: Call, queue_url: str = "", next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    """List the queues whose dead-letter queue this is."""
    scope, queue = get_queue(call, queue_url)
    limit = _page_size(max_results)
    listing = "sources:" + queue.arn
    past = _position(call, listing, next_token)
    sources = list(queues.scan_by(scope, "dead_letters", queue.arn, past=past, limit=limit + 1))
    answer: dict[str, Any] = {"queueUrls": [url_of(scope, source) for source in sources[:limit]]}
    if len(sources) > limit and max_results is not None:
        answer["NextToken"] = seal(call, listing, (sources[limit - 1].id,))
    return answer


def _page_size(max_results: int | None) -> int:
    if max_results is None:
        return MAX_LISTED
    if not 1 <= max_results <= MAX_LISTED:
        raise invalid_value(max_results, "MaxResults", f"Must be between 1 and {MAX_LISTED}, if provided.")
    return max_results


def _position(call: Call, listing: str, token: str | None) -> tuple[Any, ...] | None:
    if not token:
        return None
    try:
        return unseal(call, listing, token)
    except InvalidToken as error:
        raise _bad_token() from error


def _bad_token() -> ServiceError:
    return invalid_parameter("Invalid or expired next token.")


@sqs.operation
def purge_queue(call: Call, queue_url: str = "") -> None:
    """Delete all messages of a queue, those in flight included. At most once in 60 seconds."""
    found = get_queue(call, queue_url)
    scope, queue = found
    if queue.purged_at and scope.now - queue.purged_at < PURGE_PAUSE_FOR:
        raise sqs.errors.PurgeQueueInProgress(
            f"Only one PurgeQueue operation on {queue.id} is allowed every 60 seconds."
        )
    _abandon_lot(found)
    queues.replace(scope, queue, replace(queue, lot=scope.kernel.next_order(), purged_at=scope.now))


@sqs.operation
def delete_queue(call: Call, queue_url: str = "") -> None:
    """Delete a queue and its messages. Its name is free again after 60 seconds."""
    found = get_own_queue(call, queue_url)
    scope, queue = found
    queues.delete(scope, queue)
    _abandon_lot(found)
    cancel_timer(scope, "sqs", "forget", str(queue.number))
    set_timer(scope, "sqs", "forget", str(queue.number), scope.now, {"queue": ""})
    deleted_names.put(scope, DeletedName(name=queue.id, deleted_at=scope.now))
    set_timer(scope, "sqs", "release", queue.id, scope.now + RECENTLY_DELETED_FOR)
    scope.notify("sqs", queue.arn)


def _abandon_lot(found: Found) -> None:
    """Leave all messages behind where nobody looks, and have them deleted piece by piece."""
    scope, queue = found
    cancel_timer(scope, "sqs", "sweep", str(queue.lot))
    set_timer(scope, "sqs", "clear", str(queue.lot), scope.now)
