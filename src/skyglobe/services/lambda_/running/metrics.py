"""What an invocation took, as its report and its answer tell it."""

from __future__ import annotations

import math
from typing import Any

import msgspec

from skyglobe.services.lambda_.running.failures import Status
from skyglobe.services.lambda_.running.interface import Outcome, Specification

_MB = 1 << 20


class Taken(msgspec.Struct, frozen=True):
    """What was measured."""

    duration_ms: float
    """From when the environment had the event."""
    init_ms: float | None
    """Of the initialization this is the first invocation after."""
    restore_ms: float | None
    """The same of a snapshot's restoration."""
    peak_bytes: int


def fill_in(
    result: Outcome, taken: Taken, specification: Specification, status: Status, error_type: str, *, ahead: bool
) -> dict[str, Any]:
    """Put into ``result`` what the invocation took, and return the metrics of its report.

    Initialization is billed with the first invocation after it, and told of unless it was done ``ahead`` of need. A
    function that took too long took exactly its timeout; one that needed too much memory had all it may have.
    """
    duration = specification.timeout_s * 1000 if status == "timeout" else taken.duration_ms
    init = taken.init_ms if taken.init_ms is not None and not ahead else None
    used = min(math.ceil(taken.peak_bytes / _MB), specification.memory_mb)
    if error_type == "Runtime.OutOfMemory":
        used = specification.memory_mb
    result.executed_version = specification.version
    result.duration_ms = round(duration, 2)
    result.billed_ms = math.ceil(duration + (init or 0.0))
    result.max_memory_mb = used
    metrics: dict[str, Any] = {
        "durationMs": result.duration_ms,
        "billedDurationMs": result.billed_ms,
        "memorySizeMB": specification.memory_mb,
        "maxMemoryUsedMB": used,
    }
    if init is not None:
        result.init_ms = metrics["initDurationMs"] = round(init, 2)
    if taken.restore_ms is not None:
        metrics["restoreDurationMs"] = round(taken.restore_ms, 2)
        metrics["billedRestoreDurationMs"] = math.ceil(taken.restore_ms)
    return metrics
