"""Request metrics at work: what buckets' requests were each minute, handed to CloudWatch.

Requests are counted after their answers, in a transaction of their own: best effort, as at AWS. A bucket without a
configuration costs nothing; nor does any where there is no CloudWatch to take the numbers.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.clock import Instant
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.outbox import post
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.store import WriteSet
from skyglobe.kernel.tables import Record, Table
from skyglobe.kernel.timers import cancel_timer, set_timer
from skyglobe.kernel.wire import Response
from skyglobe.services.s3 import s3
from skyglobe.services.s3.configurations import Configuration
from skyglobe.services.s3.records import Home, details_of, objects
from skyglobe.services.s3.rules.request_metrics import (
    MINUTE,
    NAMESPACE,
    Counted,
    Filter,
    data_of,
    filter_in,
    is_full,
    kind_of,
    values_of,
    with_request,
)
from skyglobe.services.s3.rules.tags import BadTags, tags_of_header

_log = logging.getLogger(__name__)


class Metrics(Configuration, frozen=True):
    """A filter of requests that are counted."""


class Minute(Record, frozen=True):
    """What a configuration's requests were in the minute that is not over."""

    bucket: str
    id: str
    at: Instant
    counted: Counted


metrics: Table[Metrics] = Table("s3.metrics", Metrics, key=("bucket", "id"))
minutes: Table[Minute] = Table("s3.metrics_minutes", Minute, key=("bucket", "id"))


def drop(scope: Scope, kept: Metrics) -> None:
    """Count no more by a configuration, and forget the minute that is not over."""
    metrics.delete(scope, kept)
    minutes.drop(scope, kept.bucket, kept.id)
    cancel_timer(scope, s3.name, "minute", f"{kept.bucket}/{kept.id}")


def drop_all(scope: Scope, bucket: str) -> None:
    """Forget the configurations of a bucket that is going."""
    for kept in list(metrics.scan(scope, bucket)):
        drop(scope, kept)


@lru_cache(maxsize=1024)  # configurations in use
def _filter_of(text: str) -> Filter:
    return filter_in(json.loads(text))


def observe(call: Call, home: Home, operation: str, params: dict[str, Any]) -> None:
    """Have a call to a bucket counted once it is answered, by every configuration that means it."""
    kernel = call.kernel
    if kernel.services.find("cloudwatch") is None:
        return
    scope = call.within(home.owner, home.region)
    ids = _meant_by(scope, home, params, call.via.arn if call.via is not None else "")
    if not ids:
        return
    method = call.request.method if call.request.headers else call.operation.model.method
    kind = kind_of(operation, method, "Key" in params)
    received = int(call.request.headers.get("content-length", 0)) if method in ("PUT", "POST") else 0
    before = call.request.when_answered

    def note(response: Response, code: str) -> None:
        if before is not None:
            before(response, code)
        sent = 0
        if method != "HEAD":
            told = response.headers.get("Content-Length", 0)
            sent = len(response.body) if isinstance(response.body, bytes) else int(told)
        values = values_of(kind, response.status, received, sent, kernel.clock.now() - call.now)
        kernel.turns.run(partial(_count, kernel, home, ids, values), _ended)

    call.request.when_answered = note


def later(call: Call, home: Home, params: dict[str, Any]) -> Callable[[Mapping[str, int]], None]:
    """Return a function that counts what is known of a call only once its answer has been streamed."""
    kernel = call.kernel
    ids: list[str] = []
    if home.access is not None and home.access.keeping.is_measured and kernel.services.find("cloudwatch") is not None:
        scope = call.within(home.owner, home.region)
        ids = _meant_by(scope, home, params, call.via.arn if call.via is not None else "")

    def count(values: Mapping[str, int]) -> None:
        if ids:
            kernel.turns.run(partial(_count, kernel, home, ids, values), _ended)

    return count


def _meant_by(scope: Scope, home: Home, params: dict[str, Any], access_point: str) -> list[str]:
    """Return the configurations that mean a request, by the tags of the object that it writes or is about."""
    found = [(kept.id, _filter_of(kept.text)) for kept in metrics.scan(scope, home.name)]
    key: str = params.get("Key", "")
    tags: dict[str, str] = {}
    if key and any(chosen.tags for _, chosen in found):
        tags = _tags_of(scope, home.name, key, params)
    return [id_ for id_, chosen in found if chosen.means(key, tags, access_point)]


def _tags_of(scope: Scope, bucket: str, key: str, params: dict[str, Any]) -> dict[str, str]:
    if isinstance(params.get("Tagging"), str):
        try:
            return tags_of_header(params["Tagging"])
        except BadTags:
            return {}
    there = objects.find(scope, bucket, key)
    return details_of(there).tags if there is not None else {}


def _ended(_: Any, failure: BaseException | None) -> None:
    if failure is not None:
        _log.warning("a request was not counted: %r", failure)


def _count(kernel: Kernel, home: Home, ids: list[str], values: Mapping[str, int], writes: WriteSet) -> None:
    scope = kernel.scope(writes, home.owner, home.region)
    at = scope.now // MINUTE * MINUTE
    for id_ in ids:
        if metrics.find(scope, home.name, id_) is None:
            continue  # it was removed by the very request
        minute = minutes.find(scope, home.name, id_)
        if minute is not None and (minute.at != at or is_full(minute.counted)):
            _hand_over(scope, minute)
            minute = None
        counted = with_request(minute.counted if minute is not None else {}, values)
        minutes.put(scope, Minute(bucket=home.name, id=id_, at=at, counted=counted))
        set_timer(scope, s3.name, "minute", f"{home.name}/{id_}", at + MINUTE)


@s3.timer("minute")
def end_minute(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Hand over what was counted in a minute that is over."""
    minute = minutes.find(scope, *key.split("/", 1))
    if minute is not None:
        _hand_over(scope, minute)
        minutes.delete(scope, minute)


def _hand_over(scope: Scope, minute: Minute) -> None:
    post(scope, s3.name, "metrics", {"data": data_of(minute.counted, minute.bucket, minute.id, minute.at)})


@s3.consumer("metrics")
def put_data(scope: Scope, payload: dict[str, Any]) -> None:
    """Put metric data, as part of the work that ends the letter: exactly once."""
    data = [
        {**datum, "Timestamp": datetime.fromtimestamp(datum["Timestamp"] // 1000, UTC)} for datum in payload["data"]
    ]
    caller = ServiceCaller(scope.kernel, s3.name, scope.account, scope.region)
    caller.call_within(scope, "cloudwatch", "PutMetricData", {"Namespace": NAMESPACE, "MetricData": data})
