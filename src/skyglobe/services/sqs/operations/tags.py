"""TagQueue, UntagQueue, ListQueueTags."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.resources import check_tags
from skyglobe.services.sqs import sqs
from skyglobe.services.sqs.access import get_own_queue
from skyglobe.services.sqs.records import queues
from skyglobe.services.sqs.refusals import invalid_parameter, missing


def check_queue_tags(tags: dict[str, str]) -> None:
    """Raise InvalidParameterValue for tags that AWS does not take."""
    check_tags(tags, invalid_parameter)


@sqs.operation
def tag_queue(call: Call, queue_url: str = "", tags: dict[str, str] | None = None) -> None:
    """Add tags to a queue, or change the values of those it has."""
    scope, queue = get_own_queue(call, queue_url)
    if not tags:
        raise missing("Tags")
    merged = {**queue.tags, **tags}
    check_queue_tags(merged)
    queues.replace(scope, queue, replace(queue, tags=merged))


@sqs.operation
def untag_queue(call: Call, queue_url: str = "", tag_keys: list[str] | None = None) -> None:
    """Take tags from a queue. Keys it does not have are no error."""
    scope, queue = get_own_queue(call, queue_url)
    if not tag_keys:
        raise missing("TagKeys")
    kept = {key: value for key, value in queue.tags.items() if key not in tag_keys}
    queues.replace(scope, queue, replace(queue, tags=kept))


@sqs.operation
def list_queue_tags(call: Call, queue_url: str = "") -> dict[str, Any]:
    """Return a queue's tags."""
    _, queue = get_own_queue(call, queue_url)
    return {"Tags": queue.tags} if queue.tags else {}
