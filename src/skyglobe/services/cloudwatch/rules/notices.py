"""What alarms tell: the messages of notifications, and the events of functions.

User guide, "Notifying users on alarm changes" and "Lambda alarm actions".
"""

from __future__ import annotations

import json
from typing import Any

from skyglobe.services.cloudwatch.records import Alarm, State
from skyglobe.services.cloudwatch.rules.wording import stamp

MAX_SUBJECT = 100  # characters; API reference of SNS's Publish
_REGIONS = {
    # AWS General Reference, "Regional endpoints"
    "af-south-1": "Africa (Cape Town)",
    "ap-east-1": "Asia Pacific (Hong Kong)",
    "ap-northeast-1": "Asia Pacific (Tokyo)",
    "ap-northeast-2": "Asia Pacific (Seoul)",
    "ap-northeast-3": "Asia Pacific (Osaka)",
    "ap-south-1": "Asia Pacific (Mumbai)",
    "ap-southeast-1": "Asia Pacific (Singapore)",
    "ap-southeast-2": "Asia Pacific (Sydney)",
    "ca-central-1": "Canada (Central)",
    "eu-central-1": "EU (Frankfurt)",
    "eu-north-1": "EU (Stockholm)",
    "eu-south-1": "EU (Milan)",
    "eu-west-1": "EU (Ireland)",
    "eu-west-2": "EU (London)",
    "eu-west-3": "EU (Paris)",
    "me-south-1": "Middle East (Bahrain)",
    "sa-east-1": "South America (Sao Paulo)",
    "us-east-1": "US East (N. Virginia)",
    "us-east-2": "US East (Ohio)",
    "us-west-1": "US West (N. California)",
    "us-west-2": "US West (Oregon)",
}
_STATISTICS = {"SampleCount": "SAMPLE_COUNT"}


def subject_of(alarm: Alarm, region: str) -> str:
    """Return the subject of a notification."""
    return f'{alarm.state.value}: "{alarm.id}" in {_REGIONS.get(region, region)}'[:MAX_SUBJECT]


def message_of(alarm: Alarm, before: State, region: str, triggers: list[dict[str, Any]]) -> str:
    """Return the message of a notification. ``triggers`` are the alarms that moved a composite one."""
    settings = alarm.settings
    message: dict[str, Any] = {
        "AlarmName": alarm.id,
        "AlarmDescription": settings.get("AlarmDescription"),
        "AWSAccountId": alarm.owner,
        "AlarmConfigurationUpdatedTimestamp": stamp(alarm.configured_at),
        "NewStateValue": alarm.state.value,
        "NewStateReason": alarm.state.reason,
        "StateChangeTime": stamp(alarm.state.changed_at),
        "Region": _REGIONS.get(region, region),
        "AlarmArn": alarm.arn,
        "OldStateValue": before.value,
        "OKActions": settings.get("OKActions", []),
        "AlarmActions": settings.get("AlarmActions", []),
        "InsufficientDataActions": settings.get("InsufficientDataActions", []),
    }
    if alarm.kind == "CompositeAlarm":
        message |= {"AlarmRule": settings["AlarmRule"], "TriggeringChildren": triggers}
    else:
        message["Trigger"] = trigger_of(settings)
    return json.dumps(message, separators=(",", ":"))


def trigger_of(settings: dict[str, Any]) -> dict[str, Any]:
    """Return what an alarm watches, as messages have it."""
    trigger: dict[str, Any] = {}
    if "Metrics" in settings:
        trigger["Metrics"] = [_query(one) for one in settings["Metrics"]]
    else:
        trigger = {"MetricName": settings["MetricName"], "Namespace": settings["Namespace"]}
        if "Statistic" in settings:
            name = settings["Statistic"]
            trigger |= {"StatisticType": "Statistic", "Statistic": _STATISTICS.get(name, name.upper())}
        else:
            trigger |= {"StatisticType": "ExtendedStatistic", "ExtendedStatistic": settings["ExtendedStatistic"]}
        trigger |= {
            "Unit": settings.get("Unit"),
            "Dimensions": [{"value": one["Value"], "name": one["Name"]} for one in settings.get("Dimensions", [])],
        }
        trigger["Period"] = settings["Period"]
    trigger["EvaluationPeriods"] = settings["EvaluationPeriods"]
    if "DatapointsToAlarm" in settings:
        trigger["DatapointsToAlarm"] = settings["DatapointsToAlarm"]
    trigger["ComparisonOperator"] = settings["ComparisonOperator"]
    if "ThresholdMetricId" in settings:
        trigger["ThresholdMetricId"] = settings["ThresholdMetricId"]
    else:
        trigger["Threshold"] = float(settings["Threshold"])
    trigger["TreatMissingData"] = settings.get("TreatMissingData", "missing")
    trigger["EvaluateLowSampleCountPercentile"] = settings.get("EvaluateLowSampleCountPercentile", "")
    return trigger


def _query(one: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"Id": one["Id"]}
    if "Expression" in one:
        told["Expression"] = one["Expression"]
    if "MetricStat" in one:
        stat = one["MetricStat"]
        metric = stat["Metric"]
        dimensions = [{"value": each["Value"], "name": each["Name"]} for each in metric.get("Dimensions", [])]
        shown = {"Dimensions": dimensions, "MetricName": metric["MetricName"], "Namespace": metric["Namespace"]}
        told["MetricStat"] = {"Metric": shown, "Period": stat["Period"], "Stat": stat["Stat"]}
    if "Label" in one:
        told["Label"] = one["Label"]
    return {**told, "ReturnData": one.get("ReturnData", True)}


def event_of(alarm: Alarm, before: State, region: str) -> dict[str, Any]:
    """Return the event a function is invoked with."""
    settings = alarm.settings
    configuration: dict[str, Any] = {}
    if settings.get("AlarmDescription"):
        configuration["description"] = settings["AlarmDescription"]
    if alarm.kind == "CompositeAlarm":
        configuration |= {"alarmRule": settings["AlarmRule"]}
        for name, key in (
            ("ActionsSuppressor", "actionsSuppressor"),
            ("ActionsSuppressorWaitPeriod", "actionsSuppressorWaitPeriod"),
            ("ActionsSuppressorExtensionPeriod", "actionsSuppressorExtensionPeriod"),
        ):
            if name in settings:
                configuration[key] = settings[name]
    else:
        configuration["metrics"] = _event_metrics(settings)
    return {
        "source": "aws.cloudwatch",
        "alarmArn": alarm.arn,
        "accountId": alarm.owner,
        "time": stamp(alarm.state.changed_at),
        "region": region,
        "alarmData": {
            "alarmName": alarm.id,
            "state": _event_state(alarm.state),
            "previousState": _event_state(before),
            "configuration": configuration,
        },
    }


def _event_state(state: State) -> dict[str, Any]:
    told = {"value": state.value, "reason": state.reason, "timestamp": stamp(state.updated_at)}
    return {**told, "reasonData": state.data} if state.data else told


def _event_metrics(settings: dict[str, Any]) -> list[dict[str, Any]]:
    if "Metrics" not in settings:
        metric = {
            "namespace": settings["Namespace"],
            "name": settings["MetricName"],
            "dimensions": {one["Name"]: one["Value"] for one in settings.get("Dimensions", [])},
        }
        statistic = settings.get("Statistic") or settings["ExtendedStatistic"]
        stat = {"metric": metric, "period": settings["Period"], "stat": statistic}
        return [{"id": "m1", "metricStat": stat, "returnData": True}]
    told = []
    for one in settings["Metrics"]:
        each: dict[str, Any] = {"id": one["Id"]}
        if "Expression" in one:
            each["expression"] = one["Expression"]
        if "MetricStat" in one:
            stat = one["MetricStat"]
            metric = {
                "namespace": stat["Metric"]["Namespace"],
                "name": stat["Metric"]["MetricName"],
                "dimensions": {dim["Name"]: dim["Value"] for dim in stat["Metric"].get("Dimensions", [])},
            }
            each["metricStat"] = {"metric": metric, "period": stat["Period"], "stat": stat["Stat"]}
        if "Label" in one:
            each["label"] = one["Label"]
        told.append({**each, "returnData": one.get("ReturnData", True)})
    return told
