"""Metrics that stand in log events themselves; CloudWatch user guide, "Specification: Embedded metric format"."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from skyglobe.services.logs.rules.patterns import Subject

MAX_DIMENSIONS = 30  # in a set of dimensions; the specification
MAX_METRICS = 100  # in a directive; the same
MAX_VALUES = 100  # of a metric in one event; the same
MARK = '"_aws"'
"""What every such event has in its text: others are not read as JSON."""


def embedded_data(subject: Subject) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield a namespace and a member of PutMetricData's MetricData for each metric an event carries.

    An event or directive that breaks the specification carries none: AWS keeps the event and makes no metric of it.
    """
    document = subject.document if MARK in subject.text else None
    if not isinstance(document, dict) or not isinstance(document.get("_aws"), dict):
        return
    metadata = document["_aws"]
    at, directives = metadata.get("Timestamp"), metadata.get("CloudWatchMetrics")
    if type(at) is not int or not isinstance(directives, list):
        return
    for directive in directives:
        if isinstance(directive, dict):
            for datum in _of_directive(document, directive):
                yield directive["Namespace"], {**datum, "Timestamp": at}


def _of_directive(document: dict[str, Any], directive: dict[str, Any]) -> Iterator[dict[str, Any]]:
    metrics, sets = directive.get("Metrics"), directive.get("Dimensions", [[]])
    if not isinstance(directive.get("Namespace"), str) or not isinstance(metrics, list) or not isinstance(sets, list):
        return
    if len(metrics) > MAX_METRICS:
        return
    dimensions = [found for one in sets if (found := _dimensions(document, one)) is not None]
    for metric in metrics:
        datum = _datum(document, metric)
        if datum is not None:
            for named in dimensions:
                yield {**datum, "Dimensions": named} if named else datum


def _dimensions(document: dict[str, Any], names: Any) -> list[dict[str, str]] | None:
    """Return a set of dimensions with their values; None when one of them is no text of the event."""
    if not isinstance(names, list) or len(names) > MAX_DIMENSIONS:
        return None
    found = []
    for name in names:
        value = document.get(name) if isinstance(name, str) else None
        if not isinstance(value, str) or not value:
            return None
        found.append({"Name": name, "Value": value})
    return found


def _datum(document: dict[str, Any], metric: Any) -> dict[str, Any] | None:
    if not isinstance(metric, dict) or not isinstance(metric.get("Name"), str):
        return None
    found = document.get(metric["Name"])
    numbers: list[Any] = found if isinstance(found, list) else [found]
    if not 0 < len(numbers) <= MAX_VALUES or not all(_is_number(number) for number in numbers):
        return None
    counts: dict[float, int] = {}
    for number in numbers:
        value = float(number)
        counts[value] = counts.get(value, 0) + 1
    unit = metric.get("Unit", "None")
    datum: dict[str, Any] = {
        "MetricName": metric["Name"],
        "Values": list(counts),
        "Counts": [float(count) for count in counts.values()],
        "Unit": unit if isinstance(unit, str) else "None",
    }
    return {**datum, "StorageResolution": 1} if metric.get("StorageResolution") == 1 else datum


def _is_number(value: Any) -> bool:
    """Whether a value is a number that CloudWatch takes; its API reference of MetricDatum has the bounds."""
    return type(value) in (int, Decimal) and abs(value) <= 2**360
