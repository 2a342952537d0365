"""Which state an alarm comes to.

User guide, "Alarm evaluation" and "Configuring how CloudWatch alarms treat missing data".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

MORE_PERIODS = 2
"""How many periods further back than ``EvaluationPeriods`` an alarm looks for data; the user guide's example has five
for three."""

Compare = Callable[[float, float], bool]
OPERATORS: dict[str, Compare] = {
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}
BAND_OPERATORS = (
    "LessThanLowerOrGreaterThanUpperThreshold",
    "LessThanLowerThreshold",
    "GreaterThanUpperThreshold",
)
TREATMENTS = ("breaching", "notBreaching", "ignore", "missing")


class Datum(NamedTuple):
    """What a period of an alarm shows."""

    at: int
    value: float | None
    is_breaching: bool = False
    samples: float = 0.0
    lower: float | None = None
    upper: float | None = None


class Verdict(NamedTuple):
    """The state an alarm comes to, and by what data, newest first. An empty state leaves it as it is."""

    state: str
    data: list[Datum]
    filled: int = 0
    """How many missing ones were taken for breaching or for not breaching."""


def is_outside(operator: str, value: float, lower: float | None, upper: float | None) -> bool:
    """Return whether a value is beyond a band; where nothing is expected, nothing is beyond."""
    is_below = lower is not None and value < lower
    is_above = upper is not None and value > upper
    if operator == "LessThanLowerThreshold":
        return is_below
    if operator == "GreaterThanUpperThreshold":
        return is_above
    return is_below or is_above


def judge(data: list[Datum], periods: int, wanted: int, treatment: str) -> Verdict:
    """Return what ``data``, oldest first, of ``periods + MORE_PERIODS`` periods, say.

    The most recent data that are there count, up to ``periods``; ``wanted`` of them must be breaching. Only what is
    missing then is filled as ``treatment`` says. Data that all are breaching but too few make an alarm once the oldest
    is as old as so many periods would make it.
    """
    real = [(age, datum) for age, datum in enumerate(reversed(data), 1) if datum.value is not None][:periods]
    shown = [datum for _, datum in real]
    breaching = sum(datum.is_breaching for datum in shown)
    missing = periods - len(shown)
    if breaching >= wanted:
        return Verdict("ALARM", shown)
    if not missing:
        return Verdict("OK", shown)
    if treatment == "notBreaching":
        return Verdict("OK", shown, missing)
    if treatment == "breaching":
        return Verdict("ALARM" if breaching + missing >= wanted else "OK", shown, missing)
    if not shown:
        return Verdict("INSUFFICIENT_DATA" if treatment == "missing" else "", [])
    if breaching < len(shown):
        return Verdict("OK", shown)
    if treatment == "missing" and real[-1][0] >= wanted:
        return Verdict("ALARM", shown)
    return Verdict("", shown)


def treatment_of(settings: dict[str, Any]) -> str:
    """Return how missing data are treated.

    "Alarms that evaluate metrics in the AWS/DynamoDB namespace always ignore missing data"; API reference of
    PutMetricAlarm.
    """
    if settings.get("Namespace") == "AWS/DynamoDB":
        return "ignore"
    return str(settings.get("TreatMissingData", "missing"))
