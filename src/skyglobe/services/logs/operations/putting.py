"""PutLogEvents."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.logs import logs
from skyglobe.services.logs.finding import get_group, get_stream
from skyglobe.services.logs.putting import keep_events
from skyglobe.services.logs.quota import take_turn
from skyglobe.services.logs.refusals import invalid
from skyglobe.services.logs.rules.batches import BadBatch, accept
from skyglobe.services.logs.rules.positions import event_id
from skyglobe.services.logs.sealing import check_key


@logs.operation(unused=("entity",))
def put_log_events(
    call: Call,
    log_group_name: str,
    log_stream_name: str,
    log_events: list[dict[str, Any]],
    sequence_token: str | None = None,
) -> dict[str, Any]:
    """Put events into a stream. Those too old, too new or expired are told, and the others taken.

    ``sequence_token`` is taken and ignored, as AWS has it since 2023.
    """
    take_turn(call)
    group = get_group(call, log_group_name)
    check_key(call, group)
    stream = get_stream(call, group, log_stream_name)
    try:
        accepted = accept(log_events, call.now, group.horizon_at(call.now))
    except BadBatch as reason:
        raise invalid(str(reason)) from reason
    answer: dict[str, Any] = {}
    if accepted.times:
        keep_events(call, group, stream, accepted)
    if accepted.rejected:
        answer["rejectedLogEventsInfo"] = accepted.rejected
    answer["nextSequenceToken"] = event_id(call.now, stream.number)
    return answer
