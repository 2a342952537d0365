"""UpdateTimeToLive and DescribeTimeToLive."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import cancel_timer, set_timer
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.finding import describe_table_at
from skyglobe.services.dynamodb.records import DynamoTable, Ttl, tables
from skyglobe.services.dynamodb.refusals import invalid
from skyglobe.services.dynamodb.strong import no_expiry

PAUSE_FOR = 3_600_000  # milliseconds between two changes; API reference of UpdateTimeToLive


@dynamodb.operation
def update_time_to_live(call: Call, table_name: str, time_to_live_specification: dict[str, Any]) -> dict[str, Any]:
    """Have items expire at the instant one of their attributes tells, or no more."""
    scope, table = describe_table_at(call, table_name)
    name, is_enabled = time_to_live_specification["AttributeName"], time_to_live_specification["Enabled"]
    known = table.ttl
    if known is not None and scope.now - known.changed_at < PAUSE_FOR:
        raise invalid("Time to live has been modified multiple times within a fixed interval")
    if is_enabled and known is not None and known.is_enabled:
        raise invalid("TimeToLive is already enabled")
    if not is_enabled:
        if known is None or not known.is_enabled:
            raise invalid("TimeToLive is already disabled")
        if known.attribute != name:
            raise invalid(
                f"TimeToLive is active on a different AttributeName: current AttributeName is {known.attribute}"
            )
    if table.is_strong:
        raise no_expiry()
    _set(scope, table, Ttl(name, is_enabled, scope.now))
    for region in () if table.is_legacy else table.replicas:
        there = scope.within(region=region)
        replica = tables.find(there, table.id)
        if replica is not None:
            _set(there, replica, Ttl(name, is_enabled, scope.now))
    return {"TimeToLiveSpecification": time_to_live_specification}


def _set(scope: Scope, table: DynamoTable, ttl: Ttl) -> None:
    tables.replace(scope, table, replace(table, ttl=ttl))
    number = str(table.number)
    if ttl.is_enabled:
        cancel_timer(scope, "dynamodb", "unmark", number)
        set_timer(scope, "dynamodb", "mark", number, scope.now, {"table": table.id, "past": b""})
    else:
        cancel_timer(scope, "dynamodb", "mark", number)
        cancel_timer(scope, "dynamodb", "sweep", number)
        set_timer(scope, "dynamodb", "unmark", number, scope.now)


@dynamodb.operation
def describe_time_to_live(call: Call, table_name: str) -> dict[str, Any]:
    """Tell whether items of a table expire, and by which attribute."""
    ttl = describe_table_at(call, table_name).table.ttl
    if ttl is None or not ttl.is_enabled:
        return {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
    return {"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": ttl.attribute}}
