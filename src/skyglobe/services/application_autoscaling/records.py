"""What Application Auto Scaling keeps."""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.resources import Resource, ResourceTable
from skyglobe.kernel.tables import Counter, Record, Table
from skyglobe.services.application_autoscaling.rules.tracking import Wait

Place = tuple[str, str, str]
"""What names a scalable target: service namespace, resource id, scalable dimension."""


class Suspension(msgspec.Struct, frozen=True, array_like=True):
    """What of a target's scaling is held up."""

    scale_in: bool = False
    scale_out: bool = False
    scheduled: bool = False


class Target(Resource, frozen=True, kw_only=True):
    """A scalable target. Its ``id`` is the last part of its ARN."""

    namespace: str
    resource: str
    dimension: str
    least: int
    most: int
    suspension: Suspension = Suspension()

    @property
    def place(self) -> Place:
        return self.namespace, self.resource, self.dimension


targets: ResourceTable[Target] = ResourceTable(
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "application-autoscaling.targets",
    Target,
    key=("namespace", "resource", "dimension"),
)
target_counts = Counter("application-autoscaling.target_counts")
"""By service namespace."""


class Policy(Record, frozen=True, kw_only=True):
    """A scaling policy of a target."""

    namespace: str
    resource: str
    dimension: str
    name: str
    arn: str
    kind: str
    configuration: dict[str, Any]
    """As it was given."""
    created_at: Instant
    alarms: dict[str, tuple[str, str]] = msgspec.field(default_factory=dict)
    """Names and ARNs of the alarms that are its own, by what they are for: ``AlarmHigh``."""
    capacity: int = 0
    """The capacity that the thresholds of its alarms were made for."""
    wait: Wait = Wait()

    @property
    def place(self) -> Place:
        return self.namespace, self.resource, self.dimension


policies: Table[Policy] = Table(
    "application-autoscaling.policies",
    Policy,
    key=("namespace", "resource", "dimension", "name"),
    indexes={"arn": ("arn",)},
)


class Scheduled(Record, frozen=True, kw_only=True):
    """A scheduled action of a target."""

    namespace: str
    resource: str
    dimension: str
    name: str
    arn: str
    schedule: str
    zone: str
    created_at: Instant
    start_at: Instant | None = None
    end_at: Instant | None = None
    least: int | None = None
    most: int | None = None

    @property
    def place(self) -> Place:
        return self.namespace, self.resource, self.dimension


scheduled: Table[Scheduled] = Table(
    "application-autoscaling.scheduled",
    Scheduled,
    key=("namespace", "resource", "dimension", "name"),
    indexes={"arn": ("arn",)},
)


class Activity(Record, frozen=True, kw_only=True):
    """Something that was done to a target's capacity or bounds, or was not."""

    namespace: str
    order: int
    """Grows with time."""
    id: str
    resource: str
    dimension: str
    description: str
    cause: str
    started_at: Instant
    status: str
    message: str = ""
    ended_at: Instant | None = None
    reasons: tuple[dict[str, Any], ...] = ()
    """Why nothing was scaled; such activities are told to those who ask for them only."""
    capacity: int = 0
    """What was set; 0 where none was."""


activities: Table[Activity] = Table(
    "application-autoscaling.activities",
    Activity,
    key=("namespace", "order"),
    indexes={"resource": ("namespace", "resource", "order")},
)
