"""Archives of buses."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.arns import make_arn
from skyglobe.kernel.call import Call
from skyglobe.services.events import events
from skyglobe.services.events.archiving import clear, reconsider
from skyglobe.services.events.finding import find_bus, get_bus, place_of
from skyglobe.services.events.matching import note_change
from skyglobe.services.events.operations.patterns import checked_pattern
from skyglobe.services.events.paging import page
from skyglobe.services.events.records import Archive, archives, sizes
from skyglobe.services.events.refusals import exists, invalid, no_such, not_built, over_limit

MAX_ARCHIVES = 100  # of an account in a region. AWS's quotas tell no number; what grows has a bound here


@events.operation
def create_archive(
    call: Call,
    archive_name: str,
    event_source_arn: str,
    description: str = "",
    event_pattern: str = "",
    retention_days: int = 0,
    kms_key_identifier: str | None = None,
) -> dict[str, Any]:
    """Keep the events of a bus from now on, all or those a pattern matches, for ever (0) or some days.

    Raises ResourceNotFoundException for the bus, ResourceAlreadyExistsException, InvalidEventPatternException,
    LimitExceededException.
    """
    if kms_key_identifier:
        raise not_built("encryption with keys of customers (KmsKeyIdentifier)")
    there, _ = place_of(call, event_source_arn)
    if (there.account, there.region) != (call.account, call.region):
        raise invalid("Parameter EventSourceArn is not valid. Reason: it must be a bus of this account and Region.")
    bus = get_bus(call, event_source_arn).bus
    if event_pattern:
        checked_pattern(event_pattern)
    if archives.find(call, archive_name) is not None:
        raise exists("Archive", archive_name)
    if sum(1 for _ in archives.scan(call)) >= MAX_ARCHIVES:
        raise over_limit()
    made = Archive(
        arn=make_arn(call, "events", f"archive/{archive_name}"),
        id=archive_name,
        owner=call.account,
        created_at=call.now,
        number=call.kernel.next_order(),
        bus=bus.id,
        bus_arn=bus.arn,
        description=description,
        pattern=event_pattern,
        retention_days=retention_days,
    )
    archives.insert(call, made)
    note_change(call, bus)
    return _told(made)


@events.operation
def update_archive(
    call: Call,
    archive_name: str,
    description: str | None = None,
    event_pattern: str | None = None,
    retention_days: int | None = None,
    kms_key_identifier: str | None = None,
) -> dict[str, Any]:
    """Change what an archive keeps, and for how long.

    Raises ResourceNotFoundException, InvalidEventPatternException.
    """
    if kms_key_identifier:
        raise not_built("encryption with keys of customers (KmsKeyIdentifier)")
    found = _get(call, archive_name)
    if event_pattern:
        checked_pattern(event_pattern)
    changed = replace(
        found,
        description=found.description if description is None else description,
        pattern=found.pattern if event_pattern is None else event_pattern,
        retention_days=found.retention_days if retention_days is None else retention_days,
    )
    archives.replace(call, found, changed)
    _note(call, found)
    reconsider(call, changed)
    return _told(changed)


@events.operation
def delete_archive(call: Call, archive_name: str) -> dict[str, Any]:
    """Delete an archive with its events. Raises ResourceNotFoundException."""
    found = _get(call, archive_name)
    archives.delete(call, found)
    _note(call, found)
    clear(call, found.number)
    return {}


@events.operation
def describe_archive(call: Call, archive_name: str) -> dict[str, Any]:
    """Return an archive, with how many events it holds. Raises ResourceNotFoundException."""
    found = _get(call, archive_name)
    shown = {"ArchiveArn": found.arn, **_shown(call, found)}
    if found.description:
        shown["Description"] = found.description
    if found.pattern:
        shown["EventPattern"] = found.pattern
    return shown


@events.operation
def list_archives(
    call: Call,
    name_prefix: str = "",
    event_source_arn: str | None = None,
    state: str | None = None,
    next_token: str | None = None,
    limit: int | None = None,
) -> dict[str, Any]:
    """List archives by name; one filter at most. Raises ValidationException."""
    if sum(bool(one) for one in (name_prefix, event_source_arn, state)) > 1:
        raise invalid(
            "At most one filter is allowed for ListArchives. Use either: State, EventSourceArn, or NamePrefix."
        )

    def rows_past(past: Any) -> Any:
        for one in archives.scan(call, past=past, starting=name_prefix):
            if event_source_arn in (None, one.bus_arn) and state in (None, "ENABLED"):
                yield one

    listing = f"archives:{name_prefix}:{event_source_arn}:{state}"
    return page(
        call, listing, "Archives", rows_past, lambda one: (one.id,), lambda one: _shown(call, one), next_token, limit
    )


def _get(call: Call, name: str) -> Archive:
    found = archives.find(call, name)
    if found is None:
        raise no_such("Archive", name)
    return found


def _note(call: Call, archive: Archive) -> None:
    bus = find_bus(call, archive.bus)
    if bus is not None:
        note_change(call, bus)


def _told(archive: Archive) -> dict[str, Any]:
    return {"ArchiveArn": archive.arn, "State": "ENABLED", "CreationTime": archive.created_at / 1000}


def _shown(call: Call, archive: Archive) -> dict[str, Any]:
    return {
        "ArchiveName": archive.id,
        "EventSourceArn": archive.bus_arn,
        "State": "ENABLED",
        "RetentionDays": archive.retention_days,
        "SizeBytes": sizes.get(call, f"{archive.number}:bytes"),
        "EventCount": sizes.get(call, f"{archive.number}:events"),
        "CreationTime": archive.created_at / 1000,
    }
