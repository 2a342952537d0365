"""Anomaly detectors: which metric they are of, which times they leave out. API reference of PutAnomalyDetector."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.metric_points import key_of
from skyglobe.services.cloudwatch.rules.queries import Metric


def detector_key(metric: Metric, statistic: str) -> str:
    """Return what tells the detector of a metric's statistic from all others."""
    return "\x1d".join((metric.namespace, metric.name, statistic, key_of(metric.dimensions)))


def excluded_spans(configuration: dict[str, Any]) -> list[tuple[int, int]]:
    """Return the times that are left out of the model, in milliseconds."""
    return [(span["StartTime"], span["EndTime"]) for span in configuration.get("ExcludedTimeRanges", ())]
