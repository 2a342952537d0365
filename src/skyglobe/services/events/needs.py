"""What each call to EventBridge needs to be allowed, after its service authorization reference."""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe.kernel.access import Need, Values
from skyglobe.kernel.arns import make_arn, parse_arn
from skyglobe.kernel.call import Call
from skyglobe.services.events import (
    access,  # noqa: F401 - it tells the policy engine of policies
    events,
)
from skyglobe.services.events.asking import putting_need
from skyglobe.services.events.finding import bus_arn, place_of, rule_arn
from skyglobe.services.events.records import rules

_ON_RULES = {
    "PutRule": "Name",
    "DeleteRule": "Name",
    "DescribeRule": "Name",
    "EnableRule": "Name",
    "DisableRule": "Name",
    "PutTargets": "Rule",
    "RemoveTargets": "Rule",
    "ListTargetsByRule": "Rule",
}
"""Operations on rules, and the member that names one."""
_ON_BUSES = frozenset({"CreateEventBus", "UpdateEventBus", "DeleteEventBus", "DescribeEventBus"})
_ON_TAGGED = frozenset({"TagResource", "UntagResource", "ListTagsForResource"})
_NAMED = {
    "Archive": ("archive", "ArchiveName"),
    "Replay": ("replay", "ReplayName"),
    "ApiDestination": ("api-destination", "Name"),
    "Connection": ("connection", "Name"),
}
"""What ends the names of operations on resources, what their ARNs say, and the member that names one."""
_PATTERN_KEYS = {"source": "events:source", "detail-type": "events:detail-type"}


@events.needs
def find_needs(call: Call, operation: str, params: dict[str, Any]) -> list[Need]:
    """List what a call needs: its own action, and that on what it tags, hands over or reaches besides."""
    if operation == "PutEvents":
        return _to_put(call, params)
    action = f"events:{operation}"
    if operation in _ON_RULES:
        return _on_rule(call, action, operation, params)
    if operation in _ON_BUSES:
        scope, name = place_of(call, params.get("Name"))
        arn = bus_arn(scope, name)
        needs = [Need(action, arn, scope.account)]
        return [*needs, Need("events:TagResource", arn, scope.account)] if params.get("Tags") else needs
    if operation in _ON_TAGGED:
        arn = params["ResourceARN"]
        return [Need(action, arn, _owner(call, arn))]
    for ending, (kind, member) in _NAMED.items():
        if operation.endswith(ending) and member in params:
            arn = make_arn(call, "events", f"{kind}/{params[member]}")
            return [Need(action, arn, call.account), *_besides(call, action, operation, params)]
    return [Need(action, "*", call.account)]


def _to_put(call: Call, params: dict[str, Any]) -> list[Need]:
    """Return one permission for each kind of event; for other accounts' buses, each entry is asked about by itself."""
    wanted = {
        (entry.get("EventBusName"), entry.get("Source", ""), entry.get("DetailType", "")): None
        for entry in params["Entries"]
    }
    needs = []
    for name, source, detail_type in wanted:
        scope, bus = place_of(call, name)
        if scope.account == call.account:
            needs.append(putting_need(bus_arn(scope, bus), call.account, source, detail_type))
    return needs


def _on_rule(call: Call, action: str, operation: str, params: dict[str, Any]) -> list[Need]:
    scope, bus = place_of(call, params.get("EventBusName"))
    name = params[_ON_RULES[operation]]
    arn = rule_arn(scope, bus, name)
    rule = rules.find(scope, bus, name)
    context: dict[str, str | list[str]] = {}
    if operation != "ListTargetsByRule":
        context["events:creatoraccount"] = rule.creator if rule is not None else call.account
    if rule is not None and rule.managed_by and operation not in ("DescribeRule", "ListTargetsByRule"):
        context["events:managedby"] = rule.managed_by
    needs = [Need(action, arn, scope.account, {**context, **_told(operation, params)})]
    if params.get("Tags"):
        needs.append(Need("events:TagResource", arn, scope.account))
    roles = [params.get("RoleArn"), *(target.get("RoleArn") for target in params.get("Targets") or ())]
    return needs + [_passed(call, role) for role in dict.fromkeys(roles) if role]


def _told(operation: str, params: dict[str, Any]) -> Values:
    """Return what policies may ask about a rule's pattern or targets; user guide, "Using IAM policy conditions"."""
    if operation == "PutTargets":
        return {"events:targetarn": [target["Arn"] for target in params["Targets"]]}
    if operation != "PutRule" or not params.get("EventPattern"):
        return {}
    try:
        pattern = msgspec.json.decode(params["EventPattern"])
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return {}  # the operation refuses it
    told: dict[str, str | list[str]] = {}
    for name, key in _PATTERN_KEYS.items():
        values = pattern.get(name) if isinstance(pattern, dict) else None
        if isinstance(values, list):
            told[key] = [value for value in values if isinstance(value, str)]
    return told


def _besides(call: Call, action: str, operation: str, params: dict[str, Any]) -> list[Need]:
    """Return the same permission on the other resources that an operation reaches."""
    arns = []
    if operation in ("CreateArchive", "StartReplay"):
        arns.append(params["EventSourceArn"])
    if operation == "StartReplay":
        arns.append(params["Destination"]["Arn"])
    if operation in ("CreateApiDestination", "UpdateApiDestination") and params.get("ConnectionArn"):
        arns.append(params["ConnectionArn"])
    # What is no ARN of EventBridge's, the operation refuses.
    return [Need(action, arn, _owner(call, arn)) for arn in arns if arn.split(":")[2:3] == ["events"]]


def _passed(call: Call, role: str) -> Need:
    return Need("iam:PassRole", role, _owner(call, role), {"iam:passedtoservice": "events.amazonaws.com"})


def _owner(call: Call, arn: str) -> str:
    """Return whose resource it is; of what is no ARN, the operation itself says so."""
    try:
        return parse_arn(arn).account or call.account
    except ValueError:
        return call.account
