"""PutAnomalyDetector, DescribeAnomalyDetectors, DeleteAnomalyDetector."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.metric_points import points
from skyglobe.kernel.pagination import InvalidToken, page_of
from skyglobe.services.cloudwatch import cloudwatch
from skyglobe.services.cloudwatch.reading import find_series
from skyglobe.services.cloudwatch.records import Detector, detectors
from skyglobe.services.cloudwatch.refusals import bad_token, invalid_combination, invalid_value, unbuilt
from skyglobe.services.cloudwatch.rules.bands import LEARNT_FROM, MIN_POINTS
from skyglobe.services.cloudwatch.rules.data import dimensions_of, millis
from skyglobe.services.cloudwatch.rules.detectors import detector_key
from skyglobe.services.cloudwatch.rules.queries import Metric
from skyglobe.services.cloudwatch.rules.statistics import parse_statistic

PAGE = 10  # API reference of DescribeAnomalyDetectors, MaxResults
MAX_EXCLUDED = 10  # time ranges; API reference of AnomalyDetectorConfiguration
_MEMBERS = {"namespace": "Namespace", "metric_name": "MetricName", "dimensions": "Dimensions", "stat": "Stat"}


@cloudwatch.operation
def put_anomaly_detector(
    call: Call,
    namespace: str | None = None,
    metric_name: str | None = None,
    dimensions: list[dict[str, Any]] | None = None,
    stat: str | None = None,
    configuration: dict[str, Any] | None = None,
    metric_characteristics: dict[str, Any] | None = None,
    single_metric_anomaly_detector: dict[str, Any] | None = None,
    metric_math_anomaly_detector: dict[str, Any] | None = None,
) -> None:
    """Have a metric's band leave out times, for good: the model itself is fitted whenever somebody asks for it.

    Detectors on metric math are answered 501. Raises InvalidParameterValue, MissingParameter and
    InvalidParameterCombination.
    """
    if metric_math_anomaly_detector is not None:
        raise unbuilt("anomaly detectors on metric math")
    single = _single(single_metric_anomaly_detector, namespace, metric_name, dimensions, stat)
    spans = (configuration or {}).get("ExcludedTimeRanges", ())
    if len(spans) > MAX_EXCLUDED:
        raise invalid_value(f"The collection ExcludedTimeRanges must not have a size greater than {MAX_EXCLUDED}.")
    kept: dict[str, Any] = {
        "ExcludedTimeRanges": [{name: millis(span[name]) for name in ("StartTime", "EndTime")} for span in spans]
    }
    if any(span["StartTime"] >= span["EndTime"] for span in kept["ExcludedTimeRanges"]):
        raise invalid_value("The StartTime of an excluded time range must be before its EndTime.")
    if configuration and "MetricTimezone" in configuration:
        kept["MetricTimezone"] = configuration["MetricTimezone"]
    detector = Detector(
        key=detector_key(_metric(single), single["Stat"]),
        namespace=single["Namespace"],
        name=single["MetricName"],
        dimensions=single.get("Dimensions", []),
        statistic=single["Stat"],
        configuration=kept,
        characteristics=metric_characteristics or {},
        created_at=call.now,
    )
    detectors.put(call, detector)


@cloudwatch.operation
def delete_anomaly_detector(
    call: Call,
    namespace: str | None = None,
    metric_name: str | None = None,
    dimensions: list[dict[str, Any]] | None = None,
    stat: str | None = None,
    single_metric_anomaly_detector: dict[str, Any] | None = None,
    metric_math_anomaly_detector: dict[str, Any] | None = None,
) -> None:
    """Forget a detector. Raises ResourceNotFoundException."""
    if metric_math_anomaly_detector is not None:
        raise unbuilt("anomaly detectors on metric math")
    single = _single(single_metric_anomaly_detector, namespace, metric_name, dimensions, stat)
    found = detectors.find(call, detector_key(_metric(single), single["Stat"]))
    if found is None:
        raise cloudwatch.errors.ResourceNotFoundException("The specified anomaly detector does not exist.")
    detectors.delete(call, found)


@cloudwatch.operation
def describe_anomaly_detectors(
    call: Call,
    next_token: str | None = None,
    max_results: int = PAGE,
    namespace: str | None = None,
    metric_name: str | None = None,
    dimensions: list[dict[str, Any]] | None = None,
    anomaly_detector_types: list[str] | None = None,
) -> dict[str, Any]:
    """Return detectors, in order of their metrics. Raises InvalidNextToken."""
    rows = (
        one
        for one in detectors.scan(call)
        if namespace in (None, one.namespace)
        and metric_name in (None, one.name)
        and (dimensions is None or dimensions_of(dimensions) == dimensions_of(one.dimensions))
        and "SINGLE_METRIC" in (anomaly_detector_types or ["SINGLE_METRIC"])
    )
    listing = f"detectors {namespace} {metric_name} {dimensions} {anomaly_detector_types}"
    try:
        page, token = page_of(call, listing, rows, lambda one: one.key, next_token, max_results)
    except InvalidToken as error:
        raise bad_token() from error
    found: dict[str, Any] = {"AnomalyDetectors": [_told(call, one) for one in page]}
    return {**found, "NextToken": token} if token else found


def _single(given: dict[str, Any] | None, *loose: Any) -> dict[str, Any]:
    """Return which metric is meant: by the structure, or by members that were there before it."""
    names = list(_MEMBERS.values())
    told = {name: value for name, value in zip(names, loose, strict=True) if value is not None}
    if given is not None and told:
        text = "SingleMetricAnomalyDetector and the members it replaces are mutually exclusive."
        raise invalid_combination(text)
    single = dict(given) if given is not None else told
    for name in ("Namespace", "MetricName", "Stat"):
        if name not in single:
            raise cloudwatch.errors.MissingRequiredParameterException(f"The parameter {name} is required.")
    if single.get("AccountId") is not None:
        raise unbuilt("cross-account observability")
    try:
        parse_statistic(single["Stat"])
    except ValueError as error:
        raise invalid_value(f"The value {single['Stat']} for parameter Stat is invalid.") from error
    return single


def _metric(single: dict[str, Any]) -> Metric:
    return Metric(single["Namespace"], single["MetricName"], dimensions_of(single.get("Dimensions")))


def _told(call: Call, one: Detector) -> dict[str, Any]:
    single = {
        "Namespace": one.namespace,
        "MetricName": one.name,
        "Dimensions": one.dimensions,
        "Stat": one.statistic,
    }
    configuration = {
        **one.configuration,
        "ExcludedTimeRanges": [
            {name: at / 1000 for name, at in span.items()} for span in one.configuration["ExcludedTimeRanges"]
        ],
    }
    told = {**single, "SingleMetricAnomalyDetector": single, "Configuration": configuration}
    if one.characteristics:
        told["MetricCharacteristics"] = one.characteristics
    return {**told, "StateValue": _state(call, one)}


def _state(call: Call, one: Detector) -> str:
    """Return whether there are data enough to expect anything by."""
    found = find_series(call, Metric(one.namespace, one.name, dimensions_of(one.dimensions)))
    if found is None:
        return "TRAINED_INSUFFICIENT_DATA"
    known = list(points.scan(call, found.number, 60, start=(call.now - LEARNT_FROM,), limit=MIN_POINTS))
    return "TRAINED" if len(known) == MIN_POINTS else "TRAINED_INSUFFICIENT_DATA"
