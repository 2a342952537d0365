"""Finding queues: by URL, by ARN, for whoever may; and what the policy engine asks about them."""

from __future__ import annotations

from typing import NamedTuple

from skyglobe.kernel.arns import make_arn, parse_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.sqs import sqs
from skyglobe.services.sqs.records import Queue, queues
from skyglobe.services.sqs.refusals import missing, no_such_queue
from skyglobe.services.sqs.rules.urls import Place, parse_queue_path, parse_queue_url, queue_url


class Found(NamedTuple):
    """A queue, and the scope it lives in."""

    scope: Scope
    queue: Queue


def place_of(call: Call, url: str) -> Place:
    """Return where the queue of a call lives: from ``QueueUrl``, or from the path of a call to the queue's own URL.

    Raises MissingParameter and InvalidAddress.
    """
    if url:
        return parse_queue_url(url)
    place = parse_queue_path(call.request.path) if call.protocol == "query" else None
    if place is None:
        raise missing("QueueUrl")
    return place


def scope_of(call: Call, place: Place) -> Scope:
    """Return the same work, where a queue lives."""
    if place.account == call.account and (not place.region or place.region == call.region):
        return call
    return call.within(place.account, place.region or call.region)


def get_queue(call: Call, url: str) -> Found:
    """Return the queue of a call, in whatever account and region it is. Raises QueueDoesNotExist as well."""
    place = place_of(call, url)
    scope = scope_of(call, place)
    queue = queues.find(scope, place.name)
    if queue is None:
        raise no_such_queue()
    return Found(scope, queue)


def get_own_queue(call: Call, url: str) -> Found:
    """As ``get_queue``, for operations that other accounts cannot be given. Raises AccessDenied (403) as well."""
    found = get_queue(call, url)
    if found.queue.owner != call.account:
        raise sqs.error("AccessDenied", f"Access to the resource {url} is denied.", status=403)
    return found


def find_queue_by_arn(scope: Scope, arn: str) -> Found | None:
    """Return the queue with this ARN, wherever it lives, or None."""
    try:
        place = parse_arn(arn)
    except ValueError:
        return None
    if place.service != "sqs":
        return None
    there = scope.within(place.account, place.region)
    queue = queues.find(there, place.resource)
    return Found(there, queue) if queue is not None else None


def url_of(scope: Scope, queue: Queue) -> str:
    """Return the URL that answers give for a queue."""
    return queue_url(scope.kernel.config.endpoint, queue.owner, queue.id)


def queue_arn(scope: Scope, name: str) -> str:
    """Return the ARN of the queue of that name where ``scope`` stands."""
    return make_arn(scope, "sqs", name)


def resource_policy(scope: Scope, arn: str) -> str | None:
    """Return the access policy of the queue with this ARN, for the policy engine; None when it has none."""
    found = find_queue_by_arn(scope, arn)
    return found.queue.policy or None if found is not None else None
