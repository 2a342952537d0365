"""Shard-level metrics: which ones are counted, besides those of the stream (``counting``)."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.kinesis import kinesis
from skyglobe.services.kinesis.finding import get_active
from skyglobe.services.kinesis.records import Stream, streams

ALL = "ALL"


@kinesis.operation(unused=("StreamId",))
def enable_enhanced_monitoring(
    call: Call, shard_level_metrics: list[str], stream_name: str | None = None, stream_arn: str | None = None
) -> dict[str, Any]:
    """Want more shard-level metrics."""
    return _change(call, stream_name, stream_arn, lambda have: have | _named(shard_level_metrics))


@kinesis.operation(unused=("StreamId",))
def disable_enhanced_monitoring(
    call: Call, shard_level_metrics: list[str], stream_name: str | None = None, stream_arn: str | None = None
) -> dict[str, Any]:
    """Want less shard-level metrics."""
    return _change(call, stream_name, stream_arn, lambda have: have - _named(shard_level_metrics))


def _known() -> list[str]:
    return [name for name in kinesis.model.shape("MetricsName").enum if name != ALL]


def _named(names: list[str]) -> frozenset[str]:
    return frozenset(_known() if ALL in names else names)


def _change(call: Call, name: str | None, arn: str | None, change: Any) -> dict[str, Any]:
    scope, stream = get_active(call, name, arn)
    wanted = change(frozenset(stream.metrics))
    changed: Stream = replace(stream, metrics=tuple(metric for metric in _known() if metric in wanted))
    streams.replace(scope, stream, changed)
    return {
        "StreamName": stream.id,
        "StreamARN": stream.arn,
        "CurrentShardLevelMetrics": list(stream.metrics),
        "DesiredShardLevelMetrics": list(changed.metrics),
    }
