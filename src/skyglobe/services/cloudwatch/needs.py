"""What each call to CloudWatch needs to be allowed, after the service authorization reference of Amazon CloudWatch.

Names come in lists, which nothing derived would know.
"""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.access import Need
from skyglobe.kernel.arns import make_arn, parse_arn
from skyglobe.kernel.call import Call
from skyglobe.services.cloudwatch import cloudwatch

_ALARMS = ("AlarmNames", "AlarmName")
_DASHBOARDS = ("DashboardNames", "DashboardName")
_STREAMS = ("Names", "Name")
_RULES = ("RuleNames", "RuleName")
_OF_ALARMS = frozenset(
    {
        "DeleteAlarms",
        "DescribeAlarmContributors",
        "DescribeAlarmHistory",
        "DescribeAlarms",
        "DisableAlarmActions",
        "EnableAlarmActions",
        "PutCompositeAlarm",
        "PutMetricAlarm",
        "SetAlarmState",
    }
)
_OF_DASHBOARDS = frozenset({"DeleteDashboards", "GetDashboard", "PutDashboard"})
_OF_STREAMS = frozenset(
    {"DeleteMetricStream", "GetMetricStream", "PutMetricStream", "StartMetricStreams", "StopMetricStreams"}
)
_OF_RULES = frozenset(
    {"DeleteInsightRules", "DisableInsightRules", "EnableInsightRules", "GetInsightRuleReport", "PutInsightRule"}
)
_PASSED_TO = "streams.metrics.cloudwatch.amazonaws.com"
_ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")


@cloudwatch.needs
def find_needs(call: Call, operation: str, params: dict[str, Any]) -> list[Need]:
    """List what a call needs: its own action on each alarm, dashboard, stream or rule it names; else on anything.

    Whoever describes alarms without names needs to be allowed to for all of them. Tags of something new need
    ``cloudwatch:TagResource``, the role of a stream ``iam:PassRole``.
    """
    action = f"cloudwatch:{operation}"
    context = _context(operation, params)
    arns = _arns(call, operation, params)
    needs = [Need(action, arn, _owner(call, arn), context) for arn in arns]
    if params.get("Tags") and operation.startswith("Put"):
        needs += [Need("cloudwatch:TagResource", arn, call.account) for arn in arns]
    if operation == "PutMetricStream" and (role := params.get("RoleArn")):
        needs.append(Need("iam:PassRole", role, _owner(call, role), {"iam:passedtoservice": _PASSED_TO}))
    return needs


def _arns(call: Call, operation: str, params: dict[str, Any]) -> list[str]:
    if "ResourceARN" in params:
        return [params["ResourceARN"]]
    if operation in _OF_ALARMS:
        names = _named(params, _ALARMS) or [f"{params.get('AlarmNamePrefix', '')}*"]
        return [make_arn(call, "cloudwatch", f"alarm:{name}") for name in names]
    if operation in _OF_DASHBOARDS:
        start = f"arn:{call.partition}:cloudwatch::{call.account}:dashboard/"
        return [f"{start}{name}" for name in _named(params, _DASHBOARDS)] or ["*"]
    for operations, members, kind in ((_OF_STREAMS, _STREAMS, "metric-stream"), (_OF_RULES, _RULES, "insight-rule")):
        if operation in operations:
            return [make_arn(call, "cloudwatch", f"{kind}/{name}") for name in _named(params, members)] or ["*"]
    return ["*"]


def _named(params: dict[str, Any], members: tuple[str, str]) -> list[str]:
    many, one = members
    if many in params:
        return list(dict.fromkeys(params[many] or ()))
    return [params[one]] if params.get(one) else []


def _context(operation: str, params: dict[str, Any]) -> dict[str, str | list[str]]:
    if operation == "PutMetricData" and "Namespace" in params:
        return {"cloudwatch:namespace": params["Namespace"]}
    if operation in ("PutMetricAlarm", "PutCompositeAlarm"):
        actions = [arn for name in _ACTIONS for arn in params.get(name) or ()]
        return {"cloudwatch:alarmactions": actions} if actions else {}
    return {}


def _owner(call: Call, arn: str) -> str:
    try:
        return parse_arn(arn).account or call.account
    except ValueError:
        return call.account
