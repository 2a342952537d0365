"""How far replication is behind, for CloudWatch, of rules that have metrics.

S3 user guide, "Monitoring replication with metrics, event notifications, and statuses". An operation is pending from
its posting until it is done or has failed; nothing is kept of a rule that is not behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.metric_points import Dimensions
from skyglobe.kernel.metrics import Reading, count
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Record, Table
from skyglobe.services.s3 import s3
from skyglobe.services.s3.guards import document_of
from skyglobe.services.s3.records import Home, buckets
from skyglobe.services.s3.rules.replication import Rule, plan_in
from skyglobe.services.s3.rules.request_metrics import NAMESPACE


class Lag(Record, frozen=True):
    """What is pending of one rule."""

    bucket: str
    to: str
    rule: str
    operations: int
    size_bytes: int


_lags: Table[Lag] = Table("s3.replication_lags", Lag, key=("bucket", "to", "rule"))


def began(scope: Scope, home: Home, rule: Rule, payload: dict[str, Any], size_bytes: int) -> None:
    """Take note of an operation that is posted; ``payload`` is its letter's, which is told what to take off later."""
    if rule.has_metrics:
        payload["lag"] = [rule.id, size_bytes]
        _add(scope.within(home.owner, home.region), payload, 1)


def ended(there: Scope, payload: dict[str, Any]) -> None:
    """Take note that an operation is over, whatever became of it. ``there`` is where its letter is from."""
    if "lag" in payload:
        _add(there, payload, -1)


def count_done(scope: Scope, home: Home, rule: Rule, took_ms: int) -> None:
    """Count how long a replica took to be there."""
    _count(scope, home, rule, "ReplicationLatency", took_ms / 1000)


def count_failed(scope: Scope, home: Home, rule: Rule) -> None:
    """Count an operation that failed."""
    _count(scope, home, rule, "OperationsFailedReplication", 1.0)


def _count(scope: Scope, home: Home, rule: Rule, name: str, value: float) -> None:
    if rule.has_metrics:
        dimensions = _dimensions(home.name, rule.bucket, rule.id)
        count(scope.within(home.owner, home.region), NAMESPACE, name, dimensions, value)


def _add(there: Scope, payload: dict[str, Any], times: int) -> None:
    rule, size_bytes = payload["lag"]
    lag = _lags.find(there, payload["bucket"], payload["to"], rule)
    if lag is None:
        lag = Lag(bucket=payload["bucket"], to=payload["to"], rule=rule, operations=0, size_bytes=0)
    lag = replace(lag, operations=lag.operations + times, size_bytes=lag.size_bytes + times * size_bytes)
    if lag.operations > 0:
        _lags.insert(there, lag)
    else:
        _lags.drop(there, lag.bucket, lag.to, lag.rule)


def _dimensions(bucket: str, to: str, rule: str) -> Dimensions:
    return (("DestinationBucket", to), ("RuleId", rule), ("SourceBucket", bucket))


@s3.gauges
def read_gauges(scope: Scope, dimensions: dict[str, str] | None) -> Iterator[Reading]:
    """Yield what is pending of all rules that have metrics, or of the one that the dimensions name."""
    if dimensions is None:
        names = [bucket.id for bucket in buckets.scan(scope)]
    else:
        names = [dimensions.get("SourceBucket", "")]
    for name in names:
        for rule in plan_in(document_of(scope, name, "replication")).rules:
            place = _dimensions(name, rule.bucket, rule.id)
            if rule.has_metrics and (dimensions is None or dict(place) == dimensions):
                lag = _lags.find(scope, name, rule.bucket, rule.id)
                yield Reading("OperationsPendingReplication", place, float(lag.operations if lag is not None else 0))
                yield Reading("BytesPendingReplication", place, float(lag.size_bytes if lag is not None else 0))
