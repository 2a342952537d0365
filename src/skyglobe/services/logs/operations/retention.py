"""PutRetentionPolicy and DeleteRetentionPolicy."""

from __future__ import annotations

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.logs import logs
from skyglobe.services.logs.engine import sweep_later
from skyglobe.services.logs.finding import get_group
from skyglobe.services.logs.records import groups
from skyglobe.services.logs.refusals import invalid
from skyglobe.services.logs.rules.retention import DAYS


@logs.operation
def put_retention_policy(call: Call, log_group_name: str, retention_in_days: int) -> None:
    """Have a group's events expire after so many days."""
    group = get_group(call, log_group_name)
    if retention_in_days not in DAYS:
        allowed = ", ".join(map(str, DAYS))
        raise invalid(
            f"1 validation error detected: Value '{retention_in_days}' at 'retentionInDays' failed to satisfy "
            f"constraint: Member must satisfy enum value set: [{allowed}]"
        )
    changed = replace(group, retention_days=retention_in_days)
    groups.replace(call, group, changed)
    sweep_later(call, changed, call.now)


@logs.operation
def delete_retention_policy(call: Call, log_group_name: str) -> None:
    """Have a group keep its events for ever, those included that have expired and are not swept away yet."""
    group = get_group(call, log_group_name)
    groups.replace(call, group, replace(group, retention_days=None))
