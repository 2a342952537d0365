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
_FILLING = ("breaching", "notBreaching")
"""Treatments that take missing data for data."""
TREATMENTS = (*_FILLING, "ignore", "missing")


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
    """Return what the latest data of an alarm's range say. ``data`` are oldest first, ``wanted`` of ``periods`` alarm.

    As the user guide has it: with data for as many periods as are evaluated, the latest of those decide, however far
    apart. With fewer, the gaps are filled as the alarm treats missing data, as few as possible. Where gaps are not
    filled, one datum within the threshold keeps an alarm from going off; with none, ``missing`` still holds the alarm
    off until its first breach is as old as the breaches it wants, and ``ignore`` leaves it as it is.
    """
    newest = [datum for datum in reversed(data) if datum.value is not None][:periods]
    breaches = sum(datum.is_breaching for datum in newest)
    gaps = periods - len(newest)
    if gaps and treatment == "breaching":
        breaches += gaps
    if breaches >= wanted:
        return Verdict("ALARM", newest, _filled(gaps, treatment))
    if not gaps or treatment in _FILLING or any(not datum.is_breaching for datum in newest):
        return Verdict("OK", newest, _filled(gaps, treatment))
    if treatment == "ignore":
        return Verdict("", newest)
    if not newest:
        return Verdict("INSUFFICIENT_DATA", newest)
    oldest = next(place for place, datum in enumerate(data) if datum.value is not None)
    return Verdict("ALARM" if len(data) - oldest >= wanted else "", newest)


def _filled(gaps: int, treatment: str) -> int:
    return gaps if treatment in _FILLING else 0


def treatment_of(settings: dict[str, Any]) -> str:
    """Return how missing data are treated.

    "Alarms that evaluate metrics in the AWS/DynamoDB namespace always ignore missing data"; API reference of
    PutMetricAlarm.
    """
    if settings.get("Namespace") == "AWS/DynamoDB":
        return "ignore"
    return str(settings.get("TreatMissingData", "missing"))
