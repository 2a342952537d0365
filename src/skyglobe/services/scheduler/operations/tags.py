"""Tags of groups; schedules have none."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.resources import check_tags
from skyglobe.services.scheduler import scheduler
from skyglobe.services.scheduler.finding import get_group, group_arn
from skyglobe.services.scheduler.records import Group, groups
from skyglobe.services.scheduler.refusals import invalid, no_such_group


@scheduler.operation
def tag_resource(call: Call, resource_arn: str, tags: list[dict[str, str]]) -> dict[str, Any]:
    """Add tags, or change the values of those there are."""
    group = _get(call, resource_arn)
    _put(call, group, {**group.tags, **{tag["Key"]: tag["Value"] for tag in tags}})
    return {}


@scheduler.operation
def untag_resource(call: Call, resource_arn: str, tag_keys: list[str]) -> dict[str, Any]:
    """Take tags away. Keys that are not there are no error."""
    group = _get(call, resource_arn)
    _put(call, group, {key: value for key, value in group.tags.items() if key not in tag_keys})
    return {}


@scheduler.operation
def list_tags_for_resource(call: Call, resource_arn: str) -> dict[str, Any]:
    """Return a group's tags."""
    return {"Tags": [{"Key": key, "Value": value} for key, value in _get(call, resource_arn).tags.items()]}


def _get(call: Call, arn: str) -> Group:
    name = arn.rpartition("/")[2]
    if arn != group_arn(call, name):
        raise no_such_group(name)
    return get_group(call, name)


def _put(call: Call, group: Group, tags: dict[str, str]) -> None:
    check_tags(tags, invalid)
    groups.put(call, replace(group, tags=tags, changed_at=call.now))
