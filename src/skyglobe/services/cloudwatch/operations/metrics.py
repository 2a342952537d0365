"""ListMetrics."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.metric_points import DAY, HOUR, Series, series
from skyglobe.kernel.metrics import record_gauges
from skyglobe.kernel.pagination import InvalidToken, seal, unseal
from skyglobe.services.cloudwatch import cloudwatch
from skyglobe.services.cloudwatch.refusals import bad_token
from skyglobe.services.cloudwatch.watching import has_gauges

PAGE = 500  # metrics of a page; API reference of ListMetrics
LISTED_FOR = 14 * DAY  # metrics without data for longer are not listed; same page
RECENT = 3 * HOUR + 50 * 60_000
"""What ``PT3H`` means: "there is a low probability that the returned results include metrics with last published data
as much as 50 minutes more than the specified time interval"; same page."""


@cloudwatch.operation(unused=("IncludeLinkedAccounts", "OwningAccount"))
def list_metrics(
    call: Call,
    namespace: str | None = None,
    metric_name: str | None = None,
    dimensions: list[dict[str, Any]] | None = None,
    next_token: str | None = None,
    recently_active: str | None = None,
) -> dict[str, Any]:
    """List metrics with data in the last two weeks, or in about the last three hours, 500 a page.

    A dimension without a value asks for whatever has the dimension. Raises InvalidParameterValue for a bad token.
    """
    call.kernel.metrics.fold(call)
    if next_token is None:
        _look_at_gauges(call, namespace)
    since = call.now - (RECENT if recently_active else LISTED_FOR)
    wanted = _filter(dimensions or [])
    listing = f"metrics {namespace} {metric_name} {dimensions}"
    past: tuple[Any, ...] | None = None
    if next_token is not None:
        try:
            past = unseal(call, listing, next_token)
        except InvalidToken as error:
            raise bad_token() from error
    page: list[Series] = []
    for one in _series(call, namespace, metric_name, past):
        if one.seen_at < since or (metric_name is not None and one.name != metric_name) or not wanted(one):
            continue
        if len(page) == PAGE:
            last = page[-1]
            token = seal(call, listing, (last.namespace, last.name, last.dimension_key))
            return {"Metrics": [_told(one) for one in page], "NextToken": token}
        page.append(one)
    return {"Metrics": [_told(one) for one in page]}


def _series(call: Call, namespace: str | None, name: str | None, past: tuple[Any, ...] | None) -> Iterator[Series]:
    prefix = () if namespace is None else (namespace,) if name is None else (namespace, name)
    return series.scan(call, *prefix, past=past[len(prefix) :] if past is not None else None)


def _filter(dimensions: list[dict[str, Any]]) -> Callable[[Series], bool]:
    def means(one: Series) -> bool:
        own = dict(one.dimensions)
        return all(
            wanted["Name"] in own and wanted.get("Value") in (None, own[wanted["Name"]]) for wanted in dimensions
        )

    return means


def _look_at_gauges(call: Call, namespace: str | None) -> None:
    """Have what can be measured at any time measured, so that it is listed."""
    named = [namespace] if namespace is not None else [f"AWS/{name}" for name in _NAMES]
    for one in named:
        if has_gauges(call, one):
            record_gauges(call, one)


_NAMES = ("SQS", "DynamoDB", "Kinesis", "Lambda", "S3")
"""Services with gauges, as namespaces spell them."""


def _told(one: Series) -> dict[str, Any]:
    return {
        "Namespace": one.namespace,
        "MetricName": one.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in one.dimensions],
    }
