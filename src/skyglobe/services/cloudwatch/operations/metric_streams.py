"""PutMetricStream, GetMetricStream, ListMetricStreams, DeleteMetricStream, StartMetricStreams, StopMetricStreams."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.arns import make_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.pagination import InvalidToken, page_of
from skyglobe.kernel.resources import check_tags
from skyglobe.services.cloudwatch import cloudwatch
from skyglobe.services.cloudwatch.records import MetricStream, metric_streams
from skyglobe.services.cloudwatch.refusals import bad_token, invalid_combination, invalid_value, unbuilt
from skyglobe.services.cloudwatch.rules.streams import BadStream, check_stream
from skyglobe.services.cloudwatch.streaming import begin, end

PAGE = 500  # streams of a page; API reference of ListMetricStreams, MaxResults
_BRIEF = ("FirehoseArn", "OutputFormat")


@cloudwatch.operation
def put_metric_stream(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Create a metric stream, which runs at once, or change one, which goes on as it was.

    Takes Name, FirehoseArn, RoleArn, OutputFormat (``json``; the others are answered 501), IncludeFilters or
    ExcludeFilters, StatisticsConfigurations and Tags (of new streams only). IncludeLinkedAccountsMetrics is answered
    501 when it asks for them. Raises InvalidParameterValue and InvalidParameterCombination.
    """
    name = request["Name"]
    settings = {member: value for member, value in request.items() if member not in ("Name", "Tags")}
    if settings.get("IncludeFilters") and settings.get("ExcludeFilters"):
        raise invalid_combination("IncludeFilters and ExcludeFilters are mutually exclusive.")
    if settings["OutputFormat"] != "json":
        raise unbuilt(f"metric streams in the format {settings['OutputFormat']}")
    if settings.get("IncludeLinkedAccountsMetrics"):
        raise unbuilt("cross-account observability")
    try:
        check_stream(name, settings)
    except BadStream as error:
        raise invalid_value(str(error)) from error
    before = metric_streams.find(call, name)
    if before is not None:
        metric_streams.replace(call, before, replace(before, settings=settings, updated_at=call.now))
        return {"Arn": before.arn}
    given = {tag["Key"]: tag["Value"] for tag in request.get("Tags") or ()}
    check_tags(given, invalid_value)
    stream = MetricStream(
        arn=make_arn(call, "cloudwatch", f"metric-stream/{name}"),
        id=name,
        owner=call.account,
        created_at=call.now,
        tags=given,
        settings=settings,
        updated_at=call.now,
    )
    metric_streams.insert(call, stream)
    begin(call, stream)
    return {"Arn": stream.arn}


@cloudwatch.operation
def get_metric_stream(call: Call, name: str) -> dict[str, Any]:
    """Return a metric stream. Raises ResourceNotFoundException."""
    stream = metric_streams.find(call, name)
    if stream is None:
        raise cloudwatch.errors.ResourceNotFoundException(f"Metric stream {name} does not exist.")
    return {**stream.settings, **_told(stream)}


@cloudwatch.operation
def list_metric_streams(call: Call, next_token: str | None = None, max_results: int = PAGE) -> dict[str, Any]:
    """List metric streams in order of their names. Raises InvalidNextToken."""
    try:
        rows = metric_streams.scan(call)
        page, token = page_of(call, "metric-streams", rows, lambda stream: stream.id, next_token, max_results)
    except InvalidToken as error:
        raise bad_token() from error
    entries = [{**{member: stream.settings[member] for member in _BRIEF}, **_told(stream)} for stream in page]
    return {"Entries": entries, "NextToken": token} if token else {"Entries": entries}


@cloudwatch.operation
def delete_metric_stream(call: Call, name: str) -> None:
    """Delete a metric stream. One that is not there is no error."""
    stream = metric_streams.find(call, name)
    if stream is not None:
        metric_streams.delete(call, end(call, stream))


@cloudwatch.operation
def start_metric_streams(call: Call, names: list[str]) -> None:
    """Have streams send what is measured from now on; what was while they were stopped is not sent."""
    for stream in _named(call, names):
        if stream.state != "running":
            begin(call, stream)


@cloudwatch.operation
def stop_metric_streams(call: Call, names: list[str]) -> None:
    """Have streams send nothing."""
    for stream in _named(call, names):
        if stream.state == "running":
            end(call, stream)


def _named(call: Call, names: list[str]) -> list[MetricStream]:
    """Return the streams of these names. Raises InvalidParameterValue when one is not there."""
    found = []
    for name in dict.fromkeys(names):
        stream = metric_streams.find(call, name)
        if stream is None:
            raise invalid_value(f"Metric stream {name} does not exist.")
        found.append(stream)
    return found


def _told(stream: MetricStream) -> dict[str, Any]:
    return {
        "Arn": stream.arn,
        "Name": stream.id,
        "State": stream.state,
        "CreationDate": datetime.fromtimestamp(stream.created_at / 1000, UTC),
        "LastUpdateDate": datetime.fromtimestamp(stream.updated_at / 1000, UTC),
    }
