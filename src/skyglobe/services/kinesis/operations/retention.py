"""How long records are kept, and how large they may be."""

from __future__ import annotations

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.services.kinesis import kinesis
from skyglobe.services.kinesis.changing import begin_updating
from skyglobe.services.kinesis.engine import set_trim
from skyglobe.services.kinesis.finding import get_active
from skyglobe.services.kinesis.records import DEFAULT_RETENTION_HOURS, Stream
from skyglobe.services.kinesis.refusals import invalid

MAX_RETENTION_HOURS = 8_760  # API reference of IncreaseStreamRetentionPeriod


@kinesis.operation(unused=("StreamId",))
def increase_stream_retention_period(
    call: Call, retention_period_hours: int, stream_name: str | None = None, stream_arn: str | None = None
) -> None:
    """Keep records for longer. What has expired before stays gone."""
    scope, stream = get_active(call, stream_name, stream_arn)
    _check_hours(retention_period_hours)
    if retention_period_hours < stream.retention_hours:
        raise _wrong_way(stream, retention_period_hours, "shorter", "Decrease")
    begin_updating(scope, stream, retention_hours=retention_period_hours, trimmed_to=stream.horizon_at(call.now))


@kinesis.operation(unused=("StreamId",))
def decrease_stream_retention_period(
    call: Call, retention_period_hours: int, stream_name: str | None = None, stream_arn: str | None = None
) -> None:
    """Keep records for less long. What is older than that is gone."""
    scope, stream = get_active(call, stream_name, stream_arn)
    _check_hours(retention_period_hours)
    if retention_period_hours > stream.retention_hours:
        raise _wrong_way(stream, retention_period_hours, "longer", "Increase")
    begin_updating(scope, stream, retention_hours=retention_period_hours)
    set_trim(scope, replace(stream, retention_hours=0), call.now)


def _check_hours(hours: int) -> None:
    if hours < DEFAULT_RETENTION_HOURS:
        raise invalid(
            f"Minimum allowed retention period is {DEFAULT_RETENTION_HOURS} hours. "
            f"Requested retention period ({hours} hours) is too short."
        )
    if hours > MAX_RETENTION_HOURS:
        raise invalid(
            f"Maximum allowed retention period is {MAX_RETENTION_HOURS} hours. "
            f"Requested retention period ({hours} hours) is too long."
        )


def _wrong_way(stream: Stream, hours: int, than: str, instead: str) -> ServiceError:
    return invalid(
        f"Requested retention period ({hours} hours) for stream {stream.id} can not be {than} than existing retention "
        f"period ({stream.retention_hours} hours). Use {instead}RetentionPeriod API."
    )


@kinesis.operation(unused=("StreamId",))
def update_max_record_size(call: Call, max_record_size_in_ki_b: int, stream_arn: str | None = None) -> None:
    """Let records be larger, or less large."""
    scope, stream = get_active(call, None, stream_arn)
    begin_updating(scope, stream, max_record_kib=max_record_size_in_ki_b)
