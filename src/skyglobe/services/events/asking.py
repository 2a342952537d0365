"""Asking whether somebody may do what is about to be done for them, where no call of theirs is at hand."""

from __future__ import annotations

from skyglobe.kernel.access import Need
from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.principals import Principal
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.wire import Request
from skyglobe.services.events import events
from skyglobe.services.events.rules.entries import Document


def putting_need(arn: str, account: str, source: str, detail_type: str) -> Need:
    """Return the permission to put an event on a bus."""
    return Need("events:PutEvents", arn, account, {"events:source": source, "events:detail-type": detail_type})


def refusal_of_event(
    scope: Scope, principal: Principal, arn: str, account: str, event: Document
) -> ServiceError | None:
    """Return AWS's refusal when a principal may not put an event on a bus, else None."""
    return refusal(scope, principal, putting_need(arn, account, event["source"], event["detail-type"]))


def refusal(scope: Scope, principal: Principal, need: Need) -> ServiceError | None:
    """Return AWS's refusal when a principal's need is not met, else None."""
    call = Call(
        scope.kernel,
        scope.writes,
        scope.account,
        scope.region,
        scope.now,
        operation=events.operations["PutEvents"],
        principal=principal,
        request=Request("POST", "/"),
        request_id=scope.kernel.ids.uuid(),
        protocol="json",
    )
    return call.refusal(need)
