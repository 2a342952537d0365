"""What PutMetricData takes. API references of PutMetricData and MetricDatum."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from skyglobe.kernel.metric_points import DAY, HOUR, Dimensions, Point, bounded

MAX_DATA = 1_000  # metrics of one call; API reference of PutMetricData
MAX_VALUES = 150  # values of one metric; API reference of MetricDatum
MAX_BYTES = 1_000_000  # of a request; "1 MB in size for HTTP POST requests", API reference of PutMetricData
LARGEST = 2.0**360  # "in the range of -2^360 to 2^360"; API reference of MetricDatum
OLDEST, LATEST = 14 * DAY, 2 * HOUR
RESERVED = "AWS/"


class BadDatum(ValueError):
    """A datum cannot be taken: says which error of AWS's, and in what words."""

    def __init__(self, error: str, message: str) -> None:
        super().__init__(message)
        self.error = error


def millis(instant: datetime) -> int:
    """Return an instant in milliseconds since the Unix epoch."""
    return round(instant.timestamp() * 1000)


def dimensions_of(dimensions: list[dict[str, Any]] | None) -> Dimensions:
    """Return dimensions as series have them: in order of their names."""
    return tuple(sorted((dimension["Name"], dimension.get("Value", "")) for dimension in dimensions or ()))


def point_of(datum: dict[str, Any], place: str, now: int) -> Point:
    """Return what a datum says was measured. ``place`` is how messages name it. Raises BadDatum."""
    at = _instant(datum, place, now)
    _check_dimensions(datum.get("Dimensions") or [], place)
    tier = datum.get("StorageResolution", 60)
    if tier not in (1, 60):
        raise BadDatum(
            "InvalidParameterValue", f"The value {tier} for parameter {place}.StorageResolution must be 1 or 60."
        )
    given = [name for name in ("Value", "Values", "StatisticValues") if datum.get(name) is not None]
    if not given:
        names = ", ".join(f"{place}.{name}" for name in ("StatisticValues", "Value"))
        raise BadDatum("InvalidParameterCombination", f"At least one of the parameters {names} must be specified.")
    if len(given) > 1:
        names = " and ".join(f"{place}.{name}" for name in given)
        text = f"The parameters {names} are mutually exclusive and you have specified both."
        raise BadDatum("InvalidParameterCombination", text)
    if given == ["StatisticValues"]:
        return _of_statistics(datum["StatisticValues"], f"{place}.StatisticValues", tier, at)
    values = [datum["Value"]] if given == ["Value"] else datum["Values"]
    return _of_values(values, datum.get("Counts"), place, given[0], tier, at)


def _instant(datum: dict[str, Any], place: str, now: int) -> int:
    told = datum.get("Timestamp")
    if told is None:
        return now
    at = millis(told)
    if at < now - OLDEST:
        text = f"The parameter {place}.Timestamp must specify a time no more than two weeks in the past."
        raise BadDatum("InvalidParameterValue", text)
    if at > now + LATEST:
        text = f"The parameter {place}.Timestamp must specify a time no more than two hours in the future."
        raise BadDatum("InvalidParameterValue", text)
    return at


def _check_dimensions(dimensions: list[dict[str, str]], place: str) -> None:
    names = [dimension["Name"] for dimension in dimensions]
    if len(set(names)) != len(names):
        raise BadDatum("InvalidParameterValue", f"The parameter {place}.Dimensions names a dimension twice.")
    for number, dimension in enumerate(dimensions, 1):
        for part in ("Name", "Value"):
            text = dimension[part]
            if not text.strip() or not text.isascii() or not text.isprintable() or (part == "Name" and text[0] == ":"):
                where = f"{place}.Dimensions.member.{number}.{part}"
                raise BadDatum("InvalidParameterValue", f"The value {text} for parameter {where} is invalid.")


def _check_number(value: float, place: str) -> float:
    if not math.isfinite(value) or abs(value) > LARGEST:
        raise BadDatum("InvalidParameterValue", f"The value {value} for parameter {place} is invalid.")
    return value


def _of_statistics(given: dict[str, float], place: str, tier: int, at: int) -> Point:
    count, total, low, high = (
        _check_number(float(given[name]), f"{place}.{name}") for name in ("SampleCount", "Sum", "Minimum", "Maximum")
    )
    if count <= 0:
        text = f"The value {count} for parameter {place}.SampleCount must be greater than 0."
        raise BadDatum("InvalidParameterValue", text)
    if low > high:
        text = f"The value {low} for parameter {place}.Minimum must not be greater than {place}.Maximum."
        raise BadDatum("InvalidParameterValue", text)
    return Point(series=0, tier=tier, at=at, count=count, sum=total, min=low, max=high)


def _of_values(values: list[float], counts: list[float] | None, place: str, name: str, tier: int, at: int) -> Point:
    if not 1 <= len(values) <= MAX_VALUES:
        text = f"The collection {place}.Values must not have a size greater than {MAX_VALUES}."
        if not values:
            text = f"The collection {place}.Values must not be empty."
        raise BadDatum("InvalidParameterValue", text)
    if counts is not None and len(counts) != len(values):
        text = f"The parameters {place}.Values and {place}.Counts must be of the same size."
        raise BadDatum("InvalidParameterValue", text)
    told: dict[float, float] = {}
    for index, value in enumerate(values):
        where = f"{place}.{name}" if name == "Value" else f"{place}.Values.member.{index + 1}"
        number = _check_number(float(value), where)
        times = float(counts[index]) if counts is not None else 1.0
        if _check_number(times, f"{place}.Counts.member.{index + 1}") <= 0:
            text = f"The value {times} for parameter {place}.Counts.member.{index + 1} must be greater than 0."
            raise BadDatum("InvalidParameterValue", text)
        told[number] = told.get(number, 0.0) + times
    low, high = min(told), max(told)
    return Point(
        series=0,
        tier=tier,
        at=at,
        count=sum(told.values()),
        sum=sum(value * times for value, times in told.items()),
        min=low,
        max=high,
        values=bounded(told) if low != high else None,
    )
