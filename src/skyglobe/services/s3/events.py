"""Telling of events: ``emit`` is what everything in S3 calls that changes an object, in the transaction that does.

What is to be sent goes to the outbox with the change itself, and is delivered from there at least once, without order.
"""

from __future__ import annotations

import json
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.events import emit as emit_to_bus
from skyglobe.kernel.outbox import Delivery, post
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import destinations, s3
from skyglobe.services.s3.access import bucket_arn
from skyglobe.services.s3.guards import document_of
from skyglobe.services.s3.records import Home, Object
from skyglobe.services.s3.rules.event_documents import Cause, Happening, bridge_entry, customer_id, record_of
from skyglobe.services.s3.rules.notifications import targets_in

SERVICE = "s3.amazonaws.com"


def _cause(scope: Scope, call: Call | None) -> Cause:
    if call is None:
        return Cause(SERVICE, "", SERVICE, scope.kernel.ids.uuid())
    principal = call.principal
    if principal.type == "service":
        return Cause(principal.arn, "", principal.arn, call.request_id)
    if principal.is_anonymous:
        return Cause("Anonymous", "", call.request.client, call.request_id)
    name = customer_id(principal.account) if principal.is_root else f"AWS:{principal.user_id}"
    return Cause(name, principal.account, call.request.client, call.request_id)


def emit(
    scope: Scope,
    home: Home,
    event: str,
    call: Call | None,
    key: str,
    *,
    found: Object | None = None,
    version_id: str = "",
    further: dict[str, Any] | None = None,
) -> None:
    """Tell those who are to know that ``event`` (``ObjectCreated:Put``) happened to a key of the bucket at ``home``.

    To be called in the transaction of the change. ``call`` is whose doing it is, None for what S3 does of its own
    accord: lifecycle rules, expiry of restored copies. ``found`` is the object as it is now, None for one that is gone.
    A bucket nobody is to be told of costs one look at ``home``.
    """
    if home.access is None or not home.access.notifies:
        return
    targets = [t for t in targets_in(document_of(scope, home.name, "notification")) if t.takes(event, key)]
    if not targets:
        return
    happening = Happening(
        event,
        scope.now,
        home.region,
        home.name,
        bucket_arn(home.region, home.name),
        home.owner,
        _cause(scope, call),
        key,
        found.order if found is not None and event.startswith("ObjectCreated") else scope.kernel.next_order(),
        found.size_bytes if found is not None else None,
        found.etag if found is not None else "",
        version_id,
        tuple((further or {}).items()),
    )
    there = scope.within(home.owner, home.region)
    for target in targets:
        if target.kind == "events":
            entry = bridge_entry(happening)
            if entry is not None:
                emit_to_bus(there, "aws.s3", entry["DetailType"], entry["Detail"], [happening.bucket_arn])
            continue
        text = json.dumps({"Records": [record_of(happening, target.id)]})
        post(
            there, "s3", "event", {"kind": target.kind, "arn": target.arn, "bucket": happening.bucket_arn, "text": text}
        )


@s3.consumer("event")
async def deliver(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Send one event to one destination."""
    caller = ServiceCaller(delivery.kernel, "s3", delivery.account, delivery.region, payload["bucket"])
    await destinations.send(caller, payload["kind"], payload["arn"], payload["text"])
