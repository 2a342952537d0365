"""Why an alarm came to a state, in the words and the JSON that AWS gives."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from skyglobe.services.cloudwatch.rules.verdicts import Datum, Verdict

_WORDS = {
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "GreaterThanThreshold": "greater than",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "less than or equal to",
    "LessThanLowerThreshold": "less than",
    "GreaterThanUpperThreshold": "greater than",
}
MAX_REASON = 1023  # characters; API reference of MetricAlarm
MAX_DATA = 4000  # characters of StateReasonData; same page


def stamp(at: int) -> str:
    """Return an instant as CloudWatch writes it into documents: ``2026-11-27T19:40:00.000+0000``."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at % 1000:03d}+0000"


def _short(datum: Datum) -> str:
    return f"{datum.value} ({datetime.fromtimestamp(datum.at / 1000, UTC):%d/%m/%y %H:%M:%S})"


def _points(count: int) -> str:
    return f"{count} datapoint{'s'[: count != 1]}"


def reason_of(verdict: Verdict, settings: dict[str, Any], before: str) -> str:
    """Return the sentence that says why."""
    periods = settings["EvaluationPeriods"]
    if verdict.state == "INSUFFICIENT_DATA":
        were = "was" if periods == 1 else "were"
        return f"Insufficient Data: {_points(periods)} {were} unknown."
    is_alarm = verdict.state == "ALARM"
    chosen = [datum for datum in verdict.data if datum.is_breaching == is_alarm]
    if not chosen:
        treated = "Breaching" if is_alarm else "NonBreaching"
        spans = "1 period" if periods == 1 else f"{periods} periods"
        missing = "1 missing datapoint was" if verdict.filled == 1 else f"{verdict.filled} missing datapoints were"
        return f"Threshold Crossed: no datapoints were received for {spans} and {missing} treated as [{treated}]."
    shown = ", ".join(map(_short, chosen))
    least = (
        settings.get("DatapointsToAlarm", periods)
        if is_alarm
        else periods - settings.get("DatapointsToAlarm", periods) + 1
    )
    was = "was" if len(chosen) == 1 else "were"
    text = (
        f"Threshold Crossed: {len(chosen)} out of the last {_points(len(verdict.data))} [{shown}] {was} "
        f"{'' if is_alarm else 'not '}{_beyond(settings, chosen)} (minimum {_points(least)} for "
        f"{'OK -> ALARM' if is_alarm else 'ALARM -> OK'} transition)."
    )
    return text if len(text) <= MAX_REASON else text[: MAX_REASON - 3] + "..."


def _beyond(settings: dict[str, Any], chosen: list[Datum]) -> str:
    operator = settings["ComparisonOperator"]
    if operator in ("LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold", "GreaterThanUpperThreshold"):
        words = {
            "LessThanLowerOrGreaterThanUpperThreshold": "less than the lower thresholds [{}] or greater than the upper "
            "thresholds [{}]",
            "LessThanLowerThreshold": "less than the lower thresholds [{}]",
            "GreaterThanUpperThreshold": "greater than the upper thresholds [{}]",
        }[operator]
        lowers, uppers = (", ".join(str(getattr(datum, side)) for datum in chosen) for side in ("lower", "upper"))
        return words.format(*([uppers] if operator == "GreaterThanUpperThreshold" else [lowers, uppers]))
    return f"{_WORDS[operator]} the threshold ({float(settings['Threshold'])})"


def reason_data_of(verdict: Verdict, settings: dict[str, Any], period: int, now: int) -> str:
    """Return the JSON that says why, to programs."""
    found: dict[str, Any] = {"version": "1.0", "queryDate": stamp(now)}
    if verdict.data:
        found["startDate"] = stamp(min(datum.at for datum in verdict.data))
    statistic = settings.get("Statistic") or settings.get("ExtendedStatistic")
    if statistic:
        found["statistic"] = statistic
    if settings.get("Unit"):
        found["unit"] = settings["Unit"]
    found["period"] = period
    found["recentDatapoints"] = [datum.value for datum in reversed(verdict.data)]
    if "Threshold" in settings:
        found["threshold"] = float(settings["Threshold"])
    if any(datum.lower is not None for datum in verdict.data):
        found["recentLowerThresholds"] = [datum.lower for datum in reversed(verdict.data)]
        found["recentUpperThresholds"] = [datum.upper for datum in reversed(verdict.data)]
    evaluated = [_evaluated(datum) for datum in verdict.data]
    found["evaluatedDatapoints"] = evaluated
    while len(text := json.dumps(found, separators=(",", ":"))) > MAX_DATA and evaluated:
        del evaluated[len(evaluated) // 2 :], found["recentDatapoints"][: len(found["recentDatapoints"]) // 2]
        for name in ("recentLowerThresholds", "recentUpperThresholds"):
            if name in found:
                del found[name][: len(found[name]) // 2]
    return text


def _evaluated(datum: Datum) -> dict[str, Any]:
    told: dict[str, Any] = {"timestamp": stamp(datum.at)}
    if datum.samples:
        told["sampleCount"] = datum.samples
    return {**told, "value": datum.value}
