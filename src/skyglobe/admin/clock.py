"""The cloud's clock: reading and turning it."""

from __future__ import annotations

from datetime import UTC, datetime
from time import perf_counter

import msgspec

from skyglobe.admin.dispatch import Refusal
from skyglobe.admin.durations import MAX_TURN, parse_duration, parse_instant
from skyglobe.admin.interface import Admin
from skyglobe.admin.routes import route
from skyglobe.kernel.kernel import Kernel


class ClockState(msgspec.Struct, frozen=True):
    """What the clock shows."""

    now: datetime
    """The cloud's time."""
    ahead_s: float
    """Seconds it is ahead of the machine's."""


class Turn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far to turn the clock; exactly one of the three."""

    seconds: float | None = None
    duration: str | None = None
    """E.g. ``30d``, ``4d12h``, ``90s``, ``1w``."""
    until: str | None = None
    """An instant in ISO 8601, e.g. ``2026-12-31T00:00:00Z``."""


class Turned(msgspec.Struct, frozen=True):
    """What a turn did."""

    now: datetime
    ahead_s: float
    turned_s: float
    timers_fired: int
    took_ms: float
    """Real milliseconds."""


def read_clock(kernel: Kernel) -> ClockState:
    """Return what the clock shows."""
    now = kernel.clock.now()
    return ClockState(_instant(now), (now - kernel.clock.wall()) / 1000)


@route("GET", "/_skyglobe/clock")
async def get_clock(admin: Admin) -> ClockState:
    """Read the clock."""
    return read_clock(admin.kernel)


@route("POST", "/_skyglobe/clock/turn")
async def turn_clock(admin: Admin, given: Turn) -> Turned:
    """Turn the clock forwards, firing every timer on the way at its due time."""
    kernel = admin.kernel
    by = _milliseconds(given, kernel.clock.now(), kernel.clock.wall())
    started = perf_counter()
    fired = await kernel.turn(by)
    took_ms = (perf_counter() - started) * 1000
    state = read_clock(kernel)
    return Turned(state.now, state.ahead_s, by / 1000, fired, round(took_ms, 1))


def _milliseconds(given: Turn, now: int, wall: int) -> int:
    if sum(value is not None for value in (given.seconds, given.duration, given.until)) != 1:
        raise Refusal(400, "Give one of seconds, duration and until.")
    try:
        if given.until is not None:
            by = round(parse_instant(given.until).timestamp() * 1000) - now
        elif given.duration is not None:
            by = round(parse_duration(given.duration).total_seconds() * 1000)
        else:
            by = round(min(given.seconds or 0.0, 1e12) * 1000)
    except ValueError as error:
        raise Refusal(400, str(error)) from None
    if by < 0:
        shown = _instant(now).isoformat(timespec="seconds")
        raise Refusal(400, f"The clock only turns forwards, and it shows {shown}. A reset sets it back.")
    if now + by > wall + MAX_TURN.total_seconds() * 1000:
        raise Refusal(400, f"The clock runs at most {MAX_TURN.days // 365} years ahead of the machine's.")
    return by


def _instant(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
