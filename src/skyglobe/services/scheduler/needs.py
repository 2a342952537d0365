"""What each call to EventBridge Scheduler needs to be allowed, after its service authorization reference."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.access import Need
from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.call import Call
from skyglobe.services.scheduler import scheduler
from skyglobe.services.scheduler.finding import group_arn, schedule_arn
from skyglobe.services.scheduler.records import DEFAULT_GROUP

_ON_GROUPS = frozenset({"CreateScheduleGroup", "DeleteScheduleGroup", "GetScheduleGroup"})
_LISTING = frozenset({"ListSchedules", "ListScheduleGroups"})


@scheduler.needs
def find_needs(call: Call, operation: str, params: dict[str, Any]) -> list[Need]:
    """List what a call needs: its own action, tagging what it tags, and passing the role of a target."""
    action = f"scheduler:{operation}"
    if operation in _LISTING:
        return [Need(action, "*", call.account)]
    if "ResourceArn" in params:
        return [Need(action, params["ResourceArn"], _owner(call, params["ResourceArn"]))]
    if operation in _ON_GROUPS:
        arn = group_arn(call, params["Name"])
        needs = [Need(action, arn, call.account)]
        return [*needs, Need("scheduler:TagResource", arn, call.account)] if params.get("Tags") else needs
    arn = schedule_arn(call, params.get("GroupName") or DEFAULT_GROUP, params["Name"])
    needs = [Need(action, arn, call.account)]
    role = (params.get("Target") or {}).get("RoleArn")
    if role:
        passed = {"iam:passedtoservice": "scheduler.amazonaws.com"}
        needs.append(Need("iam:PassRole", role, _owner(call, role), passed))
    return needs


def _owner(call: Call, arn: str) -> str:
    try:
        return parse_arn(arn).account or call.account
    except ValueError:
        return call.account
