"""PutMetricData, GetMetricData."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.metric_points import wake_all, write_point
from skyglobe.kernel.pagination import InvalidToken, seal, unseal
from skyglobe.services.cloudwatch import cloudwatch
from skyglobe.services.cloudwatch.querying import Queries, Result
from skyglobe.services.cloudwatch.refusals import (
    bad_token,
    invalid_combination,
    invalid_value,
    unbuilt,
    validation_error,
)
from skyglobe.services.cloudwatch.rules.data import (
    MAX_BYTES,
    MAX_DATA,
    RESERVED,
    BadDatum,
    dimensions_of,
    millis,
    point_of,
)
from skyglobe.services.cloudwatch.rules.expressions.values import Unbuilt
from skyglobe.services.cloudwatch.rules.queries import BadQuery, Query, parse_queries
from skyglobe.services.cloudwatch.watching import look

MAX_DATAPOINTS = 100_800  # of one page; API reference of GetMetricData


@cloudwatch.operation(unused=("StrictEntityValidation",))
def put_metric_data(
    call: Call,
    namespace: str,
    metric_data: list[dict[str, Any]] | None = None,
    entity_metric_data: list[dict[str, Any]] | None = None,
) -> None:
    """Add to metrics: values, values with counts, or statistics. All of a call's data are taken, or none.

    Up to 1,000 data and 1 MB, from two weeks back to two hours ahead. Namespaces that begin with ``AWS/`` are the
    services' own. Entities that data come with are not kept. Raises InvalidParameterValue, MissingParameter and
    InvalidParameterCombination.
    """
    if namespace.startswith(RESERVED) and call.principal.type != "service":
        raise invalid_value(f"The value {namespace} for parameter Namespace is invalid.")
    if len(call.request.body) > MAX_BYTES:
        text = f"Request body size exceeds the maximum allowed size of {MAX_BYTES} bytes."
        raise cloudwatch.error("RequestEntityTooLarge", text, status=413)
    data = [(f"MetricData.member.{number}", datum) for number, datum in enumerate(metric_data or (), 1)]
    for index, entity in enumerate(entity_metric_data or (), 1):
        start = f"EntityMetricData.member.{index}.MetricData.member"
        data += [(f"{start}.{number}", datum) for number, datum in enumerate(entity.get("MetricData") or (), 1)]
    if not data:
        raise cloudwatch.errors.MissingRequiredParameterException("The parameter MetricData is required.")
    if len(data) > MAX_DATA:
        raise invalid_value(f"The collection MetricData must not have a size greater than {MAX_DATA}.")
    for place, datum in data:
        try:
            point = point_of(datum, place, call.now)
        except BadDatum as error:
            refuse = invalid_value if error.error == "InvalidParameterValue" else invalid_combination
            raise refuse(str(error)) from error
        dimensions = dimensions_of(datum.get("Dimensions"))
        write_point(call, namespace, datum["MetricName"], dimensions, point, unit=datum.get("Unit", ""))
    wake_all(call)


@cloudwatch.operation
def get_metric_data(
    call: Call,
    metric_data_queries: list[dict[str, Any]],
    start_time: datetime,
    end_time: datetime,
    next_token: str | None = None,
    scan_by: str = "TimestampDescending",
    max_datapoints: int = MAX_DATAPOINTS,
    label_options: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return metrics' statistics and what expressions make of them, newest first unless ``scan_by`` says otherwise.

    Up to 500 queries, and 100,800 values a page. ``label_options`` name the time zone of labels; labels with times
    are not built. Raises ValidationError and InvalidNextToken.
    """
    start, stop = millis(start_time), millis(end_time)
    if start >= stop:
        raise validation_error("The parameter StartTime must be less than the parameter EndTime.")
    if not 1 <= max_datapoints <= MAX_DATAPOINTS:
        raise validation_error(f"The parameter MaxDatapoints must be from 1 to {MAX_DATAPOINTS}.")
    results = answer(call, metric_data_queries, start, stop)
    first, offset = _position(call, next_token)
    page, following = _page(results, first, offset, max_datapoints, scan_by == "TimestampDescending")
    answered: dict[str, Any] = {"MetricDataResults": page, "Messages": []}
    if following is not None:
        answered["NextToken"] = seal(call, "metric-data", following)
    return answered


def answer(call: Call, given: list[dict[str, Any]], start: int, stop: int) -> list[Result]:
    """Return what comes of queries over a span of time. Raises ValidationError, and 501 for what is not built."""
    try:
        queries = parse_queries(given)
        check_built(call, queries)
        call.kernel.metrics.fold(call)
        if stop >= call.now:
            for query in queries:
                if query.metric is not None:
                    look(call, query.metric)
        return Queries(call, queries, start, stop).results()
    except BadQuery as error:
        raise validation_error(str(error)) from error
    except Unbuilt as error:
        raise unbuilt(str(error)) from error


def check_built(call: Call, queries: list[Query]) -> None:
    """Raise 501 for queries of a kind that is not built: Metrics Insights, and other accounts' metrics."""
    for query in queries:
        if query.expression.lstrip().upper().startswith("SELECT"):
            raise unbuilt("Metrics Insights queries")
        if query.account not in ("", call.account):
            raise unbuilt("cross-account observability")


def _position(call: Call, token: str | None) -> tuple[int, int]:
    if token is None:
        return 0, 0
    try:
        first, offset = unseal(call, "metric-data", token)
    except (InvalidToken, ValueError) as error:
        raise bad_token() from error
    assert isinstance(first, int)
    assert isinstance(offset, int)
    return first, offset


def _page(
    results: list[Result], first: int, offset: int, room: int, is_descending: bool
) -> tuple[list[dict[str, Any]], tuple[int, int] | None]:
    """Return the rows of a page, and where the next begins: at which result, after how many of its values."""
    page: list[dict[str, Any]] = []
    for index in range(first, len(results)):
        result = results[index]
        pairs = sorted(result.values.items(), reverse=is_descending)[offset:]
        shown, rest = pairs[:room], pairs[room:]
        row = {
            "Id": result.id,
            "Label": result.label,
            "Timestamps": [datetime.fromtimestamp(at / 1000, UTC) for at, _ in shown],
            "Values": [float(value) for _, value in shown],
            "StatusCode": "PartialData" if rest else "Complete",
        }
        page.append(row)
        if rest:
            return page, (index, offset + len(shown))
        room -= len(shown)
        offset = 0
        if room == 0 and index + 1 < len(results):
            return page, (index + 1, 0)
    return page, None
