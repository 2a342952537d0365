"""Groups of schedules."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.resources import check_tags
from skyglobe.kernel.timers import set_timer
from skyglobe.services.scheduler import scheduler
from skyglobe.services.scheduler.finding import find_group, get_group, group_arn, page
from skyglobe.services.scheduler.records import DEFAULT_GROUP, Group, groups
from skyglobe.services.scheduler.refusals import exists, invalid, over_limit

MAX_GROUPS = 500  # of an account in a region; user guide, "Quotas for Amazon EventBridge Scheduler"


@scheduler.operation
def create_schedule_group(
    call: Call, name: str, tags: list[dict[str, str]] | None = None, client_token: str = ""
) -> dict[str, str]:
    """Make a group. Raises ConflictException, ServiceQuotaExceededException, ValidationException for tags."""
    before = find_group(call, name)
    if before is not None:
        if before.token and before.token == client_token:
            return {"ScheduleGroupArn": before.arn}
        raise exists("Schedule group", name)
    if sum(1 for _ in groups.scan(call)) >= MAX_GROUPS:
        raise over_limit("schedule groups")
    given = {tag["Key"]: tag["Value"] for tag in tags or ()}
    check_tags(given, invalid)
    made = Group(
        arn=group_arn(call, name),
        id=name,
        owner=call.account,
        created_at=call.now,
        tags=given,
        changed_at=call.now,
        token=client_token,
    )
    groups.insert(call, made)
    return {"ScheduleGroupArn": made.arn}


@scheduler.operation(unused=("ClientToken",))
def delete_schedule_group(call: Call, name: str) -> None:
    """Delete a group with its schedules. Raises ResourceNotFoundException; ValidationException for the default one."""
    if name == DEFAULT_GROUP:
        raise invalid("The default schedule group cannot be deleted.")
    found = get_group(call, name)
    groups.replace(call, found, replace(found, state="DELETING", changed_at=call.now))
    set_timer(call, "scheduler", "clear", name, call.now)


@scheduler.operation
def get_schedule_group(call: Call, name: str) -> dict[str, Any]:
    """Return a group. Raises ResourceNotFoundException."""
    return _shown(get_group(call, name))


@scheduler.operation
def list_schedule_groups(
    call: Call, name_prefix: str = "", next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    """List groups by name, the default one among them."""

    def rows_past(past: Any) -> Any:
        kept = groups.scan(call, past=past, starting=name_prefix)
        default = find_group(call, DEFAULT_GROUP)
        is_wanted = DEFAULT_GROUP.startswith(name_prefix) and (past is None or past < (DEFAULT_GROUP,))
        if default is None or not is_wanted or groups.find(call, DEFAULT_GROUP) is not None:
            return kept
        return sorted([default, *kept], key=lambda group: group.id)

    listing = f"groups:{name_prefix}"
    return page(call, listing, "ScheduleGroups", rows_past, lambda group: (group.id,), _shown, next_token, max_results)


def _shown(group: Group) -> dict[str, Any]:
    return {
        "Arn": group.arn,
        "Name": group.id,
        "State": group.state,
        "CreationDate": group.created_at / 1000,
        "LastModificationDate": group.changed_at / 1000,
    }
