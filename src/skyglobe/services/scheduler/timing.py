"""When a schedule is due: its timer, which sets the next, and its end."""

from __future__ import annotations

from msgspec.structs import replace

from skyglobe.kernel.schedules import At, Schedule, parse_schedule
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import cancel_timer, set_timer
from skyglobe.services.scheduler import records
from skyglobe.services.scheduler.records import counts, schedules

MINUTE_FOR = 60_000  # milliseconds


def parsed(schedule: records.Schedule) -> Schedule:
    """Return a schedule's expression. Rates count from its start, else from when it was given its terms."""
    return parse_schedule(schedule.expression, schedule.zone, schedule.start_at or schedule.changed_at)


def next_time(schedule: records.Schedule, after: int) -> int | None:
    """Return when a schedule is due next, within its dates; they mean nothing to one that comes once."""
    expression = parsed(schedule)
    if isinstance(expression, At):
        return expression.next_after(after)
    due_at = expression.next_after(max(after, schedule.start_at - 1))
    return due_at if due_at is not None and (not schedule.end_at or due_at <= schedule.end_at) else None


def key_of(schedule: records.Schedule) -> str:
    return f"{schedule.group}/{schedule.id}"


def reschedule(scope: Scope, schedule: records.Schedule, after: int) -> bool:
    """Set the timer of a schedule for its next time after an instant; return whether there is one.

    With a flexible window the invocation is somewhere within it.
    """
    cancel_timer(scope, "scheduler", "due", key_of(schedule))
    if schedule.state != "ENABLED":
        return True
    due_at = next_time(schedule, after)
    if due_at is None:
        return False
    late_by = 0
    if schedule.window_minutes:
        late_by = int.from_bytes(scope.kernel.ids.token(4)) % (schedule.window_minutes * MINUTE_FOR)
    payload = {"number": schedule.number, "at": due_at}
    set_timer(scope, "scheduler", "due", key_of(schedule), due_at + late_by, payload)
    return True


def remove(scope: Scope, schedule: records.Schedule) -> None:
    """Delete a schedule and its timer."""
    cancel_timer(scope, "scheduler", "due", key_of(schedule))
    schedules.delete(scope, schedule)
    counts.add(scope, "schedules", -1)


def renewed(scope: Scope, schedule: records.Schedule) -> records.Schedule:
    """Return a schedule as one that earlier timers do not mean."""
    return replace(schedule, number=scope.kernel.next_order())
