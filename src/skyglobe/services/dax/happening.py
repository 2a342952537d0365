"""What happened to clusters and groups: kept for two weeks, and told to the cluster's topic."""

from __future__ import annotations

from skyglobe.kernel.outbox import post
from skyglobe.kernel.scope import Scope
from skyglobe.services.dax.records import Event, clusters, events

KEPT_FOR = 14 * 86_400_000  # milliseconds; API reference of DescribeEvents
_SWEPT = 50  # events deleted with each that is noted


def note(scope: Scope, source: str, type_: str, message: str) -> None:
    """Keep an event, and let go of those that are too old."""
    event = Event(at=scope.now, order=scope.kernel.next_order(), source=source, type=type_, message=message)
    for old in list(events.scan(scope, stop=(scope.now - KEPT_FOR,), limit=_SWEPT)):
        events.delete(scope, old)
    events.insert(scope, event)
    cluster = clusters.find(scope, source) if type_ == "CLUSTER" else None
    if cluster is not None and cluster.topic and cluster.topic_status == "active":
        payload = {"topic": cluster.topic, "cluster": cluster.arn, "source": source, "message": message}
        post(scope, "dax", "tell", payload | {"at": scope.now}, lane=f"tell:{cluster.id}")
