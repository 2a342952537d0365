"""What metric filters make of events. User guide, "Creating metrics from log events using filters"."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from skyglobe.services.logs.rules.patterns import BadPattern, Pattern, Subject
from skyglobe.services.logs.rules.patterns.conditions import number_of
from skyglobe.services.logs.rules.patterns.selectors import parse_selector

MAX_FILTERS = 100  # of one log group; API reference of PutMetricFilter
MAX_DIMENSIONS = 3  # of one metric; API reference of MetricTransformation
MAX_VALUES = 150  # of one datum; CloudWatch's API reference of MetricDatum
MINUTE = 60_000  # milliseconds: metrics are reported by the minute

Transformation = dict[str, Any]
Key = tuple[int, tuple[tuple[str, str], ...]]


class BadTransformation(ValueError):
    """The transformation cannot be carried out; says why."""


def check_transformation(transformation: Transformation) -> None:
    """Raise BadTransformation unless values, dimensions and default go together."""
    value = transformation["metricValue"]
    if value.startswith("$"):
        _check_reference(value)
    elif number_of(value) is None:
        raise BadTransformation("Invalid metric transformation: metricValue must be a number or start with '$'.")
    dimensions = transformation.get("dimensions") or {}
    if len(dimensions) > MAX_DIMENSIONS:
        raise BadTransformation(f"Invalid metric transformation: there can be at most {MAX_DIMENSIONS} dimensions.")
    if dimensions and "defaultValue" in transformation:
        raise BadTransformation("Invalid metric transformation: dimensions and defaultValue are mutually exclusive.")
    for reference in dimensions.values():
        if not reference.startswith("$"):
            raise BadTransformation("Invalid metric transformation: a dimension's value must start with '$'.")
        _check_reference(reference)


def _check_reference(reference: str) -> None:
    if reference.startswith(("$.", "$[")):
        try:
            parse_selector(reference)
        except BadPattern as reason:
            raise BadTransformation(f"Invalid metric transformation: {reason}") from reason
    elif not reference[1:].replace("_", "").replace("-", "").isalnum():
        raise BadTransformation(f"Invalid metric transformation: '{reference}' is no name of a field.")


def data_of(
    pattern: Pattern, transformation: Transformation, events: Iterable[tuple[int, Subject]]
) -> list[dict[str, Any]]:
    """Return what a batch of events, each with its time, adds to a metric: members of PutMetricData's MetricData.

    An event that does not match adds the default value, where there is one. One that matches but has no number where
    the value should be, or lacks a dimension, adds nothing.
    """
    counted: dict[Key, dict[float, int]] = {}
    default = transformation.get("defaultValue")
    for at, subject in events:
        minute = at // MINUTE * MINUTE
        if pattern.matches(subject):
            value = _value(pattern, transformation["metricValue"], subject)
            dimensions = _dimensions(pattern, transformation.get("dimensions") or {}, subject)
            if value is None or dimensions is None:
                continue
            key = (minute, dimensions)
        elif default is not None:
            value, key = float(default), (minute, ())
        else:
            continue
        values = counted.setdefault(key, {})
        values[value] = values.get(value, 0) + 1
    return [datum for key, values in counted.items() for datum in _data(transformation, key, values)]


def _value(pattern: Pattern, wanted: str, subject: Subject) -> float | None:
    text = _found(pattern, subject, wanted) if wanted.startswith("$") else wanted
    number = number_of(text) if text is not None else None
    if number is None:
        return None
    value = float(number)
    return value if math.isfinite(value) else None


def _dimensions(pattern: Pattern, wanted: dict[str, str], subject: Subject) -> tuple[tuple[str, str], ...] | None:
    found = {name: _found(pattern, subject, reference) for name, reference in wanted.items()}
    texts = tuple((name, text) for name, text in sorted(found.items()) if text)
    return texts if len(texts) == len(wanted) else None


def _found(pattern: Pattern, subject: Subject, reference: str) -> str | None:
    """Return what a reference stands for; one of the other kind of pattern stands for nothing."""
    try:
        return pattern.find(subject, reference)
    except BadPattern:
        return None


def _data(transformation: Transformation, key: Key, values: dict[float, int]) -> list[dict[str, Any]]:
    minute, dimensions = key
    pairs = list(values.items())
    data = []
    for start in range(0, len(pairs), MAX_VALUES):
        some = pairs[start : start + MAX_VALUES]
        datum: dict[str, Any] = {
            "MetricName": transformation["metricName"],
            "Timestamp": minute,
            "Values": [value for value, _ in some],
            "Counts": [float(count) for _, count in some],
            "Unit": transformation.get("unit", "None"),
        }
        if dimensions:
            datum["Dimensions"] = [{"Name": name, "Value": text} for name, text in dimensions]
        data.append(datum)
    return data
