"""What each call to CloudWatch Logs needs to be allowed, after its service authorization reference.

AWS asks for actions on groups on the ARN ``…:log-group:NAME:log-stream:``, which ``…:log-group:NAME:*`` matches.
"""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.access import Need, Values
from skyglobe.kernel.arns import make_arn, parse_arn
from skyglobe.kernel.call import Call
from skyglobe.services.logs import (
    access,  # noqa: F401 - it tells the policy engine of policies
    logs,
)
from skyglobe.services.logs.finding import destination_arn, group_arn
from skyglobe.services.logs.records import groups
from skyglobe.services.logs.rules.account_policies import BadAccountPolicy, parse_subscription
from skyglobe.services.logs.rules.names import group_of_arn

_ON_STREAMS = frozenset({"CreateLogStream", "DeleteLogStream", "GetLogEvents", "PutLogEvents"})
_TAGGING = frozenset({"TagResource", "UntagResource", "ListTagsForResource"})
_ON_DESTINATIONS = frozenset({"PutDestination", "PutDestinationPolicy", "DeleteDestination"})
_ON_ANYTHING = frozenset(
    {
        "CancelExportTask",
        "DeleteAccountPolicy",
        "DeleteResourcePolicy",
        "DescribeAccountPolicies",
        "DescribeDestinations",
        "DescribeExportTasks",
        "DescribeResourcePolicies",
        "ListLogGroups",
        "PutAccountPolicy",
        "PutResourcePolicy",
        "TestMetricFilter",
    }
)
_OF_ACCOUNT_POLICIES = {
    "DATA_PROTECTION_POLICY": ("logs:PutDataProtectionPolicy", "logs:DeleteDataProtectionPolicy"),
    "SUBSCRIPTION_FILTER_POLICY": ("logs:PutSubscriptionFilter", "logs:DeleteSubscriptionFilter"),
}


@logs.needs
def find_needs(call: Call, operation: str, params: dict[str, Any]) -> list[Need]:
    """List what a call needs: its own action, and that on what it hands over, shows or reaches besides."""
    action = f"logs:{operation}"
    if operation in _ON_ANYTHING:
        return [Need(action, "*", call.account), *_of_account_policy(call, operation, params)]
    if operation in _TAGGING:
        arn = str(params["resourceArn"])
        return [Need(action, arn, _owner(call, arn), _tags(call, arn), policy="")]
    if operation in _ON_DESTINATIONS:
        arn = destination_arn(call, params["destinationName"])
        needs = [Need(action, arn, call.account, policy="")]
        return needs + _passed(call, params.get("roleArn")) if operation == "PutDestination" else needs
    if operation == "StartLiveTail":
        return [_on_group(call, action, one) for one in params["logGroupIdentifiers"]]
    name = params.get("logGroupName") or params.get("logGroupIdentifier") or params.get("resourceIdentifier")
    if operation in ("DescribeLogGroups", "DescribeMetricFilters") and not name:
        return [Need(action, f"{make_arn(call, 'logs', 'log-group')}::log-stream:", call.account, policy="")]
    needs = [_on_group(call, action, str(name or ""), _stream(operation, params))]
    return needs + _besides(call, operation, params, str(name or ""))


def _stream(operation: str, params: dict[str, Any]) -> str:
    return str(params.get("logStreamName", "")) if operation in _ON_STREAMS else ""


def _on_group(call: Call, action: str, name: str, stream: str = "") -> Need:
    """Return the permission for a group, by its name or ARN, or for one of its streams.

    Resource policies of groups are for services that act for a resource; nobody else is asked for them.
    """
    named = group_of_arn(name) if name.startswith("arn:") else (call.account, name)
    account, name = named if named is not None else (call.account, name)
    arn = group_arn(call if account == call.account else call.within(account), name)
    is_service = call.principal.type == "service" and call.principal.source_arn
    policy = None if is_service else ""
    return Need(action, f"{arn}:log-stream:{stream}", account, _tags(call, arn), policy)


def _tags(call: Call, arn: str) -> Values:
    """Return the tags of a group as condition keys: what is needed is not called as the group is."""
    place = group_of_arn(arn)
    if place is None:
        return {}
    group = groups.find(call if place[0] == call.account else call.within(place[0]), place[1])
    if group is None or not group.tags:
        return {}
    return {f"aws:resourcetag/{key.lower()}": value for key, value in group.tags.items()}


def _besides(call: Call, operation: str, params: dict[str, Any], name: str) -> list[Need]:
    if operation == "CreateLogGroup" and params.get("tags"):
        return [_on_group(call, "logs:TagResource", name)]
    if operation in ("FilterLogEvents", "GetLogEvents") and params.get("unmask"):
        return [_on_group(call, "logs:Unmask", name)]
    if operation == "PutSubscriptionFilter":
        return [*_subscribed(call, params["destinationArn"]), *_passed(call, params.get("roleArn"))]
    return []


def _subscribed(call: Call, arn: str) -> list[Need]:
    """Return the permission to send logs to a destination, which its policy must give to other accounts."""
    try:
        place = parse_arn(arn)
    except ValueError:
        return []
    if place.service != "logs" or not place.resource.startswith("destination:"):
        return []
    return [Need("logs:PutSubscriptionFilter", arn, place.account)]


def _passed(call: Call, role: str | None) -> list[Need]:
    if not role:
        return []
    context = {"iam:passedtoservice": "logs.amazonaws.com"}
    return [Need("iam:PassRole", role, _owner(call, role), context)]


def _of_account_policy(call: Call, operation: str, params: dict[str, Any]) -> list[Need]:
    if operation not in ("PutAccountPolicy", "DeleteAccountPolicy"):
        return []
    actions = _OF_ACCOUNT_POLICIES.get(params["policyType"])
    if actions is None:
        return []
    if operation == "DeleteAccountPolicy":
        return [Need(actions[1], "*", call.account)]
    needs = [Need(actions[0], "*", call.account)]
    if params["policyType"] == "SUBSCRIPTION_FILTER_POLICY":
        try:
            wanted = parse_subscription(params["policyDocument"])
        except BadAccountPolicy:
            return needs  # the operation itself refuses it, whoever asks
        needs += [*_subscribed(call, wanted.destination), *_passed(call, wanted.role)]
    return needs


def _owner(call: Call, arn: str) -> str:
    """Return whose resource it is; of what is no ARN, the operation itself says so."""
    try:
        return parse_arn(arn).account or call.account
    except ValueError:
        return call.account
