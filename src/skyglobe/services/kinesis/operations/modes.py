"""Switching between on-demand and provisioned capacity, and keeping on-demand capacity warm."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.kinesis import kinesis
from skyglobe.services.kinesis.changing import begin_resharding, begin_updating
from skyglobe.services.kinesis.finding import get_active
from skyglobe.services.kinesis.layout import Layout, open_count
from skyglobe.services.kinesis.quota import check_on_demand_room, check_shard_room
from skyglobe.services.kinesis.records import Stream
from skyglobe.services.kinesis.refusals import over_limit
from skyglobe.services.kinesis.rules.resharding import Merge, Split, plan_uniform
from skyglobe.services.kinesis.warming import check_warm

SWITCHES_A_DAY = 2  # developer guide, "Switching between capacity modes"
DAY = 86_400_000


@kinesis.operation(unused=("StreamId",))
def update_stream_mode(
    call: Call,
    stream_arn: str,
    stream_mode_details: dict[str, str],
    warm_throughput_mi_bps: int | None = None,
) -> None:
    """Switch a stream's capacity mode. Its shards and records stay."""
    scope, stream = get_active(call, None, stream_arn)
    mode = stream_mode_details["StreamMode"]
    recent = tuple(at for at in stream.mode_switches if call.now - at < DAY)
    if mode == stream.mode:
        return
    if len(recent) >= SWITCHES_A_DAY:
        raise over_limit(
            f"The stream mode of stream {stream.id} under account {stream.owner} can be updated at most "
            f"{SWITCHES_A_DAY} times in 24 hours."
        )
    fields: dict[str, Any] = {"mode": mode, "mode_switches": (*recent, call.now)}
    if mode == "PROVISIONED":
        if warm_throughput_mi_bps is not None:
            raise kinesis.errors.ValidationException("WarmThroughputMiBps is not supported in provisioned mode.")
        check_shard_room(scope, open_count(scope, stream))
        begin_updating(scope, stream, **fields, warm_mib=0)
        return
    check_on_demand_room(scope)
    if warm_throughput_mi_bps is None:
        begin_updating(scope, stream, **fields)
    else:
        _warm(scope, stream, warm_throughput_mi_bps, **fields)


@kinesis.operation(unused=("StreamId",))
def update_stream_warm_throughput(
    call: Call, warm_throughput_mi_bps: int, stream_arn: str | None = None, stream_name: str | None = None
) -> dict[str, Any]:
    """Have an on-demand stream take so much at once, without growing first."""
    scope, stream = get_active(call, stream_name, stream_arn)
    if not stream.is_on_demand:
        raise kinesis.errors.ValidationException("Warm throughput is only supported in on-demand capacity mode.")
    before = stream.warm_mib
    _warm(scope, stream, warm_throughput_mi_bps)
    warmth = {"TargetMiBps": warm_throughput_mi_bps, "CurrentMiBps": before}
    return {"StreamARN": stream.arn, "StreamName": stream.id, "WarmThroughput": warmth}


def _warm(scope: Scope, stream: Stream, mib: int, **fields: Any) -> None:
    """A shard takes a MiB a second: have as many as are wanted, and never fewer than there are."""
    check_warm(scope, mib)
    spans = Layout(scope, stream).spans
    steps: list[Split | Merge] = plan_uniform(spans, mib) if mib > len(spans) else []
    begin_resharding(scope, stream, steps, warm_mib=mib, **fields)
