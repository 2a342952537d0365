"""What is going to happen: the timers that are due next, and those that failed too often."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from skyglobe.admin.dispatch import Refusal
from skyglobe.admin.interface import Admin
from skyglobe.admin.outbox import Limit
from skyglobe.admin.routes import route
from skyglobe.admin.status import Done
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import Timer, list_dead_timers, revive_timer, timers


class TimerKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which timer."""

    service: str
    kind: str
    account: str
    region: str
    key: str


class WaitingTimer(msgspec.Struct, frozen=True):
    """One piece of work that is to be done."""

    service: str
    kind: str
    account: str
    region: str
    key: str
    due_at: datetime | None
    """Cloud time; None when it failed too often."""
    payload: Any
    attempts: int
    error: str


class Timers(msgspec.Struct, frozen=True):
    """In the order they are due."""

    timers: list[WaitingTimer]


@route("GET", "/_skyglobe/timers")
async def list_timers(admin: Admin, given: Limit) -> Timers:
    """List the timers that are due next."""
    found = await admin.kernel.transact(lambda scope: list(timers.scan_by(scope, "due", limit=given.limit)))
    return Timers([_told(timer) for timer in found])


@route("GET", "/_skyglobe/timers/dead")
async def list_timers_that_failed(admin: Admin, given: Limit) -> Timers:
    """List timers that failed too often."""
    return Timers(
        [_told(timer) for timer in await admin.kernel.transact(lambda scope: list_dead_timers(scope, given.limit))]
    )


@route("POST", "/_skyglobe/timers/dead/revive")
async def revive_dead_timer(admin: Admin, given: TimerKey) -> Done:
    """Fire a timer that failed too often now, from its first attempt."""

    def work(scope: Scope) -> bool:
        timer = timers.find(scope, given.service, given.kind, given.account, given.region, given.key)
        if timer is None or not timer.is_dead:
            return False
        revive_timer(scope, timer)
        return True

    if not await admin.kernel.transact(work):
        raise Refusal(404, f"There is no dead timer {given.service}.{given.kind} {given.key}.")
    return Done()


def _told(timer: Timer) -> WaitingTimer:
    return WaitingTimer(
        service=timer.service,
        kind=timer.kind,
        account=timer.account,
        region=timer.region,
        key=timer.key,
        due_at=datetime.fromtimestamp(timer.due_at / 1000, UTC) if timer.due_at is not None else None,
        payload=timer.payload,
        attempts=timer.attempts,
        error=timer.error,
    )
