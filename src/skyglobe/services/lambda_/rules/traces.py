"""Trace headers that Lambda makes for invocations that come without one."""

from __future__ import annotations

from skyglobe.kernel.ids import Ids


def make_trace(ids: Ids, now: int) -> str:
    """Return a trace header of its own; X-Ray developer guide, "Tracing header"."""
    return f"Root=1-{now // 1000:08x}-{ids.hex('', 24)};Parent={ids.hex('', 16)};Sampled=0"
