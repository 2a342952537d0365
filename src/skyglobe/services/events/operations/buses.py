"""Event buses."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.resources import check_tags
from skyglobe.services.events import events
from skyglobe.services.events.finding import bus_arn, find_bus, get_bus
from skyglobe.services.events.paging import page
from skyglobe.services.events.records import DEFAULT_BUS, EventBus, archives, buses, rules
from skyglobe.services.events.refusals import exists, invalid, not_built, over_limit
from skyglobe.services.events.tagging import tags_in

MAX_BUSES = 100  # of an account in a region; user guide, "Amazon EventBridge quotas"


@events.operation
def create_event_bus(
    call: Call,
    name: str,
    event_source_name: str | None = None,
    description: str = "",
    kms_key_identifier: str | None = None,
    dead_letter_config: dict[str, str] | None = None,
    log_config: dict[str, str] | None = None,
    tags: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """Create a bus. Raises ResourceAlreadyExistsException, LimitExceededException."""
    if event_source_name is not None:
        raise not_built("partner event sources (EventSourceName)")
    _refuse_unbuilt(kms_key_identifier, dead_letter_config, log_config)
    if name.startswith("aws."):
        raise invalid("EventBus name starting with 'aws.' is not valid.")
    if "/" in name:
        raise invalid("Event bus name must not contain '/'.")
    if find_bus(call, name) is not None:
        raise exists("Event bus", name)
    if sum(1 for _ in buses.scan(call)) >= MAX_BUSES:
        raise over_limit()
    given = tags_in(tags)
    check_tags(given, invalid)
    number = call.kernel.next_order()
    made = EventBus(
        arn=bus_arn(call, name),
        id=name,
        owner=call.account,
        created_at=call.now,
        tags=given,
        number=number,
        version=number,
        changed_at=call.now,
        description=description,
    )
    buses.insert(call, made)
    answer = {"EventBusArn": made.arn}
    return {**answer, "Description": description} if description else answer


def _refuse_unbuilt(key: str | None, dead_letters: dict[str, str] | None, logs: dict[str, str] | None) -> None:
    if key:
        raise not_built("encryption with keys of customers (KmsKeyIdentifier)")
    if dead_letters and dead_letters.get("Arn"):
        raise not_built("dead-letter queues of buses, which are for events that cannot be decrypted (DeadLetterConfig)")
    if logs and logs.get("Level", "OFF") != "OFF":
        raise not_built("logs of buses (LogConfig)")


@events.operation
def update_event_bus(
    call: Call,
    name: str | None = None,
    kms_key_identifier: str | None = None,
    description: str | None = None,
    dead_letter_config: dict[str, str] | None = None,
    log_config: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Describe a bus otherwise. Raises ResourceNotFoundException."""
    _refuse_unbuilt(kms_key_identifier, dead_letter_config, log_config)
    bus = get_bus(call, name).bus
    text = bus.description if description is None else description
    buses.put(call, replace(bus, description=text, changed_at=call.now))
    answer = {"Arn": bus.arn, "Name": bus.id}
    return {**answer, "Description": text} if text else answer


@events.operation
def delete_event_bus(call: Call, name: str) -> None:
    """Delete a bus without rules; nothing happens when there is none. Raises ValidationException."""
    if name == DEFAULT_BUS:
        raise invalid("Cannot delete event bus default.")
    bus = buses.find(call, name)
    if bus is None:
        return
    if next(iter(rules.scan(call, name, limit=1)), None) is not None:
        raise invalid("EventBus can't be deleted since it has rules.")
    if next(iter(archives.scan_by(call, "bus", name, limit=1)), None) is not None:
        raise invalid("EventBus can't be deleted since it has archives.")
    buses.delete(call, bus)


@events.operation
def describe_event_bus(call: Call, name: str | None = None) -> dict[str, Any]:
    """Return a bus, the default one where none is named. Raises ResourceNotFoundException."""
    return _shown(get_bus(call, name).bus)


@events.operation
def list_event_buses(
    call: Call, name_prefix: str = "", next_token: str | None = None, limit: int | None = None
) -> dict[str, Any]:
    """List buses by name, the default one among them."""

    def rows_past(past: Any) -> Any:
        kept = buses.scan(call, past=past, starting=name_prefix)
        default = find_bus(call, DEFAULT_BUS)
        is_wanted = DEFAULT_BUS.startswith(name_prefix) and (past is None or past < (DEFAULT_BUS,))
        if default is None or not is_wanted or buses.find(call, DEFAULT_BUS) is not None:
            return kept
        return sorted([default, *kept], key=lambda bus: bus.id)

    return page(call, f"buses:{name_prefix}", "EventBuses", rows_past, lambda bus: (bus.id,), _shown, next_token, limit)


def _shown(bus: EventBus) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "Name": bus.id,
        "Arn": bus.arn,
        "CreationTime": bus.created_at / 1000,
        "LastModifiedTime": bus.changed_at / 1000,
    }
    if bus.description:
        shown["Description"] = bus.description
    if bus.policy:
        shown["Policy"] = bus.policy
    return shown
