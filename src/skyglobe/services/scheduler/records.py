"""What EventBridge Scheduler keeps: groups, schedules, and invocations that are being made."""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.resources import Resource, ResourceTable
from skyglobe.kernel.tables import Counter

DEFAULT_GROUP = "default"


class Group(Resource, frozen=True, kw_only=True):
    """A group of schedules. The default one is written when it is first changed."""

    changed_at: Instant
    state: str = "ACTIVE"
    token: str = ""
    """What the client called its creation by."""


groups: ResourceTable[Group] = ResourceTable("AWS::Scheduler::ScheduleGroup", "scheduler.groups", Group)


class Schedule(Resource, frozen=True, kw_only=True):
    """A schedule."""

    group: str
    number: int
    """Another after each change: timers of earlier terms mean nothing."""
    expression: str
    zone: str
    target: dict[str, Any]
    window_minutes: int
    """0 for invocations on time."""
    changed_at: Instant
    state: str = "ENABLED"
    description: str = ""
    start_at: Instant = 0
    end_at: Instant = 0
    is_deleted_after: bool = False
    """Whether it goes once its last invocation was begun."""
    token: str = ""


schedules: ResourceTable[Schedule] = ResourceTable(
    "AWS::Scheduler::Schedule", "scheduler.schedules", Schedule, key=("group", "id")
)
counts = Counter("scheduler.counts")
"""How many schedules there are, by ``schedules``."""


class Invocation(msgspec.Struct, frozen=True, kw_only=True):
    """One invocation of a target, with all it takes: its schedule may be gone before it ends."""

    id: str
    schedule_arn: str
    group: str
    target: dict[str, Any]
    scheduled_at: Instant
    began_at: Instant
    attempts: int = 0
    """That failed."""
