"""Replays of archives."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.arns import make_arn
from skyglobe.kernel.call import Call
from skyglobe.services.events import events
from skyglobe.services.events.paging import page
from skyglobe.services.events.records import Archive, Replay, archives, replays
from skyglobe.services.events.refusals import exists, invalid, no_such, over_limit
from skyglobe.services.events.replaying import begin_replay

MAX_ACTIVE = 10  # replays of an account in a region at a time; user guide, "Amazon EventBridge quotas"
_ACTIVE = ("STARTING", "RUNNING")


@events.operation
def start_replay(
    call: Call,
    replay_name: str,
    event_source_arn: str,
    event_start_time: datetime,
    event_end_time: datetime,
    destination: dict[str, Any],
    description: str = "",
) -> dict[str, Any]:
    """Replay an archive's events of some time to the rules of its bus, or to those that are named.

    Raises ResourceNotFoundException for the archive, ResourceAlreadyExistsException, ValidationException,
    LimitExceededException.
    """
    archive = _archive_of(call, event_source_arn)
    if replays.find(call, replay_name) is not None:
        raise exists("Replay", replay_name)
    start_at, stop_at = (int(one.timestamp() * 1000) for one in (event_start_time, event_end_time))
    if start_at >= stop_at:
        raise invalid("Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.")
    _check_destination(archive, destination)
    if sum(1 for state in _ACTIVE for _ in replays.scan_by(call, "state", state)) >= MAX_ACTIVE:
        raise over_limit()
    made = Replay(
        arn=make_arn(call, "events", f"replay/{replay_name}"),
        id=replay_name,
        owner=call.account,
        created_at=call.now,
        archive_arn=archive.arn,
        archive_number=archive.number,
        bus=archive.bus,
        destination=destination,
        start_at=start_at,
        stop_at=stop_at,
        number=call.kernel.next_order(),
        description=description,
    )
    replays.insert(call, made)
    begin_replay(call, made)
    return {"ReplayArn": made.arn, "State": made.state, "ReplayStartTime": call.now / 1000}


def _archive_of(call: Call, arn: str) -> Archive:
    name = arn.rpartition("archive/")[2]
    archive = archives.find(call, name)
    if archive is None or archive.arn != arn:
        raise no_such("Archive", name)
    return archive


def _check_destination(archive: Archive, destination: dict[str, Any]) -> None:
    if destination["Arn"] != archive.bus_arn:
        text = "Cross event bus replay is not permitted."
        raise invalid(f"Parameter Destination.Arn is not valid. Reason: {text}")
    start = archive.bus_arn.replace(":event-bus/", ":rule/").removesuffix("default")
    for arn in destination.get("FilterArns") or ():
        if not arn.startswith(start):
            raise invalid("Parameter Destination.FilterArns is not valid. Reason: Must contain rules of the event bus.")


@events.operation
def cancel_replay(call: Call, replay_name: str) -> dict[str, Any]:
    """End a replay that is under way. Raises ResourceNotFoundException; IllegalStatusException for one that is over."""
    found = _get(call, replay_name)
    if found.state not in _ACTIVE:
        raise events.errors.IllegalStatusException(f"Replay {replay_name} is not in a valid state for this operation.")
    cancelled = replace(found, state="CANCELLED", ended_at=call.now)
    replays.replace(call, found, cancelled)
    return {"ReplayArn": found.arn, "State": "CANCELLING"}


@events.operation
def describe_replay(call: Call, replay_name: str) -> dict[str, Any]:
    """Return a replay and how far it has come. Raises ResourceNotFoundException."""
    found = _get(call, replay_name)
    shown = {**_shown(found), "ReplayArn": found.arn, "Destination": found.destination}
    return {**shown, "Description": found.description} if found.description else shown


@events.operation
def list_replays(
    call: Call,
    name_prefix: str = "",
    state: str | None = None,
    event_source_arn: str | None = None,
    next_token: str | None = None,
    limit: int | None = None,
) -> dict[str, Any]:
    """List replays by name; one filter at most. Raises ValidationException."""
    if sum(bool(one) for one in (name_prefix, event_source_arn, state)) > 1:
        raise invalid(
            "At most one filter is allowed for ListReplays. Use either: State, EventSourceArn, or NamePrefix."
        )

    def rows_past(past: Any) -> Any:
        for one in replays.scan(call, past=past, starting=name_prefix):
            if event_source_arn in (None, one.archive_arn) and state in (None, one.state):
                yield one

    listing = f"replays:{name_prefix}:{event_source_arn}:{state}"
    return page(call, listing, "Replays", rows_past, lambda one: (one.id,), _shown, next_token, limit)


def _get(call: Call, name: str) -> Replay:
    found = replays.find(call, name)
    if found is None:
        raise no_such("Replay", name)
    return found


def _shown(replay: Replay) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "ReplayName": replay.id,
        "EventSourceArn": replay.archive_arn,
        "State": replay.state,
        "EventStartTime": replay.start_at / 1000,
        "EventEndTime": replay.stop_at / 1000,
        "ReplayStartTime": replay.created_at / 1000,
    }
    if replay.reason:
        shown["StateReason"] = replay.reason
    if replay.last_at:
        shown["EventLastReplayedTime"] = replay.last_at / 1000
    if replay.ended_at:
        shown["ReplayEndTime"] = replay.ended_at / 1000
    return shown
