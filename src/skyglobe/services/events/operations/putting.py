"""Putting events on buses."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.events import events
from skyglobe.services.events.accepting import accept
from skyglobe.services.events.asking import putting_need
from skyglobe.services.events.finding import Place, bus_arn, find_bus, place_of
from skyglobe.services.events.refusals import invalid, not_built
from skyglobe.services.events.rules.entries import MAX_REQUEST_BYTES, Refused, check_entry, make_event, size_of

RATE = 10_000  # entries a second of an account; user guide, "Amazon EventBridge quotas", in the largest Regions


@events.operation
def put_events(call: Call, entries: list[dict[str, Any]], endpoint_id: str | None = None) -> dict[str, Any]:
    """Take up to ten events. Each that is not taken says why in its own entry of the answer.

    Events for a bus of the account's own that does not exist are taken and reach nobody, as on AWS. Raises
    ValidationException above 256 KB; ThrottlingException in quota mode; NotImplemented (501) for global endpoints.
    """
    if endpoint_id is not None:
        raise not_built("global endpoints (EndpointId)")
    if sum(map(size_of, entries)) > MAX_REQUEST_BYTES:
        raise invalid("Total size of the entries in the request is over the limit.")
    if not call.kernel.quotas.take("events", call.account, call.region, rate=RATE, amount=len(entries)):
        raise events.errors.ThrottlingException("Rate exceeded")
    answers = [_put(call, entry) for entry in entries]
    return {"FailedEntryCount": sum("ErrorCode" in answer for answer in answers), "Entries": answers}


def _put(call: Call, entry: dict[str, Any]) -> dict[str, str]:
    refused, detail = check_entry(entry)
    place = place_of(call, entry.get("EventBusName"))
    refused = refused or _unwelcome(call, entry, place)
    if refused is not None:
        return {"ErrorCode": refused.code, "ErrorMessage": refused.message}
    identity = call.kernel.ids.uuid()
    bus = find_bus(place.scope, place.name)
    if bus is not None:
        time = entry.get("Time")
        at = call.now if time is None else int(time.timestamp() * 1000)
        resources = list(entry.get("Resources") or ())
        event = make_event(
            identity, call.account, call.region, at, entry["Source"], entry["DetailType"], resources, detail
        )
        accept(place.scope, bus, event)
    return {"EventId": identity}


def _unwelcome(call: Call, entry: dict[str, Any], place: Place) -> Refused | None:
    """Return why who calls may not put this event there: AWS's own sources are AWS's, other buses have policies."""
    principal = call.principal
    is_service = principal.type == "service" and not principal.source_arn
    if entry["Source"].startswith("aws.") and not is_service:
        return Refused("NotAuthorizedForSourceException", "Not authorized for the source.")
    scope, name = place
    if scope.account == call.account:
        return None  # asked for with the call
    need = putting_need(bus_arn(scope, name), scope.account, entry["Source"], entry["DetailType"])
    error = call.refusal(need)
    return Refused("AccessDeniedException", error.message) if error is not None else None
