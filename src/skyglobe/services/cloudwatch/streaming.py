"""Metric streams at work: each minute's points, two minutes later, put into a delivery stream in the role given.

A stream sleeps while nothing is measured; what is measured sets its timer. What is put later than two minutes after its
time is not sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.metric_points import MINUTE, SEEN_EVERY, Series, Watcher, points, series, watchers
from skyglobe.kernel.outbox import Delivery, post
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import cancel_timer, set_timer
from skyglobe.services.cloudwatch import cloudwatch
from skyglobe.services.cloudwatch.records import MetricStream, metric_streams
from skyglobe.services.cloudwatch.rules.streams import is_sent, line_of

LAG = 2 * MINUTE  # user guide: "delivered within two to three minutes"
BATCH = 500  # records of a PutRecordBatch, at most
BATCH_BYTES = 3 << 20
_TIMER = "stream"
_ASSUMES = "streams.metrics.cloudwatch"
"""The service principal that assumes streams' roles; user guide, "Trust between CloudWatch and Firehose"."""


def _watcher(name: str) -> Watcher:
    return Watcher(namespace="", dimension_key="", name="", service=cloudwatch.name, kind=_TIMER, key=name, grid=MINUTE)


def begin(scope: Scope, stream: MetricStream) -> MetricStream:
    """Send what is measured from this minute on."""
    running = replace(stream, state="running", updated_at=scope.now, sent_until=scope.now // MINUTE * MINUTE)
    metric_streams.replace(scope, stream, running)
    watchers.put(scope, _watcher(stream.id))
    return running


def end(scope: Scope, stream: MetricStream) -> MetricStream:
    """Send nothing more; what was not sent yet is not sent later either."""
    stopped = replace(stream, state="stopped", updated_at=scope.now)
    metric_streams.replace(scope, stream, stopped)
    watchers.delete(scope, _watcher(stream.id))
    cancel_timer(scope, cloudwatch.name, _TIMER, stream.id)
    return stopped


@cloudwatch.timer(_TIMER)
def send(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Post the points of minutes that are over, and set the timer again while there are younger ones."""
    stream = metric_streams.find(scope, key)
    if stream is None or stream.state != "running":
        return
    scope.kernel.metrics.fold(scope)
    until = max(stream.sent_until, scope.now // MINUTE * MINUTE - LAG)
    lines: list[bytes] = []
    for one in _series(scope, stream):
        found = points.scan(scope, one.number, 60, start=(stream.sent_until,), stop=(until,))
        lines += [line_of(stream.id, stream.owner, scope.region, stream.settings, one, point) for point in found]
    for batch in _batches(lines):
        post(scope, cloudwatch.name, "stream", {"stream": stream.id, "lines": batch}, lane=f"stream:{stream.id}")
    metric_streams.replace(scope, stream, replace(stream, sent_until=until))
    if any(next(points.scan(scope, one.number, 60, start=(until,), limit=1), None) for one in _series(scope, stream)):
        set_timer(scope, cloudwatch.name, _TIMER, key, (scope.now // MINUTE + 1) * MINUTE)


def _series(scope: Scope, stream: MetricStream) -> Iterator[Series]:
    since = stream.sent_until - SEEN_EVERY
    return (one for one in series.scan(scope) if one.seen_at >= since and is_sent(stream.settings, one))


def _batches(lines: list[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for line in lines:
        if batch and (len(batch) == BATCH or size + len(line) > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += len(line)
    if batch:
        yield batch


@cloudwatch.consumer("stream")
async def deliver(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Put lines into the stream's Firehose, in its role. Tried again while it is refused."""

    def find(scope: Scope) -> MetricStream | None:
        return metric_streams.find(scope, payload["stream"])

    stream = await delivery.transact(find)
    if stream is None:
        return
    place = parse_arn(stream.settings["FirehoseArn"])
    own = ServiceCaller(delivery.kernel, _ASSUMES, delivery.account, place.region)
    caller = await own.assuming(stream.settings["RoleArn"], "cloudwatch-metric-streams")
    name = place.resource.partition("/")[2]
    records = [{"Data": line} for line in payload["lines"]]
    await caller.call("firehose", "PutRecordBatch", {"DeliveryStreamName": name, "Records": records})
