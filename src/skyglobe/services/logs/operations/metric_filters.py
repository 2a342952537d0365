"""Metric filters: putting, listing, deleting and trying them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.logs import logs
from skyglobe.services.logs.filtering import (
    check_pattern,
    check_pattern_of_group,
    refuse_other_classes,
    refuse_unbuilt,
    taps_of,
)
from skyglobe.services.logs.finding import get_group
from skyglobe.services.logs.paging import DEFAULT_LISTED, page
from skyglobe.services.logs.records import MetricFilter, Taps, taps
from skyglobe.services.logs.refusals import invalid, not_found, over_limit
from skyglobe.services.logs.rules.metrics import MAX_FILTERS, BadTransformation, check_transformation
from skyglobe.services.logs.rules.patterns import Subject, compile_pattern


@logs.operation
def put_metric_filter(
    call: Call,
    log_group_name: str,
    filter_name: str,
    filter_pattern: str,
    metric_transformations: list[dict[str, Any]],
    apply_on_transformed_logs: bool = False,
    field_selection_criteria: str = "",
    emit_system_field_dimensions: list[str] | None = None,
) -> None:
    """Create a metric filter, or replace the one of that name. Raises LimitExceededException."""
    group = get_group(call, log_group_name)
    refuse_other_classes(group, "Metric filters")
    refuse_unbuilt(
        transformed=apply_on_transformed_logs,
        criteria=field_selection_criteria,
        fields=emit_system_field_dimensions or [],
    )
    try:
        check_transformation(metric_transformations[0])
    except BadTransformation as reason:
        raise invalid(str(reason)) from reason
    tapped = taps_of(call, group)
    check_pattern_of_group(tapped, filter_pattern, filter_name)
    others = [one for one in tapped.metrics if one.name != filter_name]
    if len(others) >= MAX_FILTERS:
        raise over_limit()
    made = MetricFilter(
        name=filter_name, pattern=filter_pattern, transformation=metric_transformations[0], created_at=call.now
    )
    taps.insert(call, replace(tapped, metrics=sorted([*others, made], key=lambda one: one.name)))


@logs.operation
def delete_metric_filter(call: Call, log_group_name: str, filter_name: str) -> None:
    """Delete a metric filter. Raises ResourceNotFoundException."""
    tapped = taps_of(call, get_group(call, log_group_name))
    others = [one for one in tapped.metrics if one.name != filter_name]
    if len(others) == len(tapped.metrics):
        raise not_found("metric filter")
    taps.insert(call, replace(tapped, metrics=others))


@logs.operation
def describe_metric_filters(
    call: Call,
    log_group_name: str | None = None,
    filter_name_prefix: str = "",
    next_token: str | None = None,
    limit: int = DEFAULT_LISTED,
    metric_name: str | None = None,
    metric_namespace: str | None = None,
) -> dict[str, Any]:
    """List metric filters by name: of one group, or all that feed a metric."""
    if (metric_name is None) != (metric_namespace is None):
        raise invalid("metricName and metricNamespace must be specified together.")
    tapped: Iterable[Taps]
    if log_group_name is not None:
        tapped = [taps_of(call, get_group(call, log_group_name))]
    else:
        tapped, filter_name_prefix = taps.scan(call), ""
    rows = sorted(
        (f"{one.name}\0{found.group_name}", found.group_name, one)
        for found in tapped
        for one in found.metrics
        if one.name.startswith(filter_name_prefix)
        and metric_name in (None, one.transformation["metricName"])
        and metric_namespace in (None, one.transformation["metricNamespace"])
    )
    listing = f"metrics:{log_group_name}:{filter_name_prefix}:{metric_name}:{metric_namespace}"
    shown, following = page(call, listing, rows, lambda row: row[0], next_token, limit)
    return {"metricFilters": [_shown(group, one) for _, group, one in shown], **following}


def _shown(group: str, one: MetricFilter) -> dict[str, Any]:
    return {
        "filterName": one.name,
        "filterPattern": one.pattern,
        "metricTransformations": [one.transformation],
        "creationTime": one.created_at,
        "logGroupName": group,
        "applyOnTransformedLogs": False,
    }


@logs.operation
def test_metric_filter(call: Call, filter_pattern: str, log_event_messages: list[str]) -> dict[str, Any]:
    """Return which messages a pattern matches, and what it extracts from them. Stores nothing."""
    check_pattern(filter_pattern)
    pattern = compile_pattern(filter_pattern)
    matches = []
    for number, message in enumerate(log_event_messages, 1):
        subject = Subject(message)
        if pattern.matches(subject):
            extracted = pattern.extract(subject)
            matches.append({"eventNumber": number, "eventMessage": message, "extractedValues": extracted})
    return {"matches": matches}
