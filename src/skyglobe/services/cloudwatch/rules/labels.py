"""Labels that tell values: ``${MAX}``, ``${PROP('MetricName')}``. User guide, "Use dynamic labels"."""

from __future__ import annotations

import re
from collections.abc import Callable

from skyglobe.services.cloudwatch.rules.queries import Metric

_DYNAMIC = re.compile(r"\$\{\s*(?:PROP\(\s*'([^']*)'\s*\)|([A-Z_]+))\s*\}")
_NUMBERS: dict[str, Callable[[list[float]], float]] = {
    "AVG": lambda values: sum(values) / len(values),
    "DATAPOINT_COUNT": len,
    "FIRST": lambda values: values[0],
    "LAST": lambda values: values[-1],
    "MAX": max,
    "MIN": min,
    "SUM": sum,
}


def rendered(label: str, usual: str, metric: Metric | None, statistic: str, period: int, values: list[float]) -> str:
    """Return a label with what it asks for put in; ``usual`` is the label there would be without."""

    def fill(match: re.Match[str]) -> str:
        prop, name = match[1], match[2]
        if prop is not None:
            return _property(prop, metric, statistic, period) or match[0]
        if name == "LABEL":
            return usual
        if name in _NUMBERS:
            return f"{_NUMBERS[name](values):g}" if values else "--"
        return match[0]

    return _DYNAMIC.sub(fill, label)


def _property(name: str, metric: Metric | None, statistic: str, period: int) -> str | None:
    if name == "Period":
        return str(period)
    if metric is None:
        return None
    if name.startswith("Dim."):
        return dict(metric.dimensions).get(name[4:])
    return {"Namespace": metric.namespace, "MetricName": metric.name, "Stat": statistic}.get(name)
