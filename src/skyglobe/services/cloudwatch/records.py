"""What CloudWatch keeps besides the points: alarms, their history, dashboards, anomaly detectors."""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.resources import Resource, ResourceTable
from skyglobe.kernel.tables import Record, Table


class State(Record, frozen=True):
    """What an alarm says."""

    value: str = "INSUFFICIENT_DATA"
    reason: str = "Unchecked: Initial alarm creation"
    data: str = ""
    updated_at: Instant = 0
    """When value, reason or data changed last."""
    changed_at: Instant = 0
    """When the value changed last."""


class Alarm(Resource, frozen=True):
    """A metric alarm or a composite alarm."""

    kind: str = "MetricAlarm"
    settings: dict[str, Any] = msgspec.field(default_factory=dict)
    """The members of PutMetricAlarm or PutCompositeAlarm, in the API's names, names and tags aside."""
    configured_at: Instant = 0
    state: State = msgspec.field(default_factory=State)
    acted: str = ""
    """Of a composite alarm: the state whose actions were taken last; another one's may be held back."""
    held_by: str = ""
    """Why actions are held back: ``WaitPeriod``, ``Alarm`` or ``ExtensionPeriod``; empty when they are not."""

    @property
    def state_value(self) -> str:
        return self.state.value


class Child(Record, frozen=True):
    """That a composite alarm's rule, or its suppressor, speaks of an alarm."""

    child: str
    parent: str


class Occurrence(Record, frozen=True):
    """What happened to an alarm."""

    number: int
    """In the order in which things happened."""
    alarm: str
    alarm_kind: str
    at: Instant
    kind: str
    summary: str
    data: str


class Dashboard(Resource, frozen=True):
    """A dashboard. Its body is kept as it came."""

    body: str = ""
    modified_at: Instant = 0


class Detector(Record, frozen=True):
    """An anomaly detector of a single metric."""

    key: str
    namespace: str
    name: str
    dimensions: list[dict[str, str]]
    statistic: str
    configuration: dict[str, Any]
    characteristics: dict[str, Any]
    created_at: Instant


class MetricStream(Resource, frozen=True):
    """A metric stream, and until when it has sent what was measured."""

    settings: dict[str, Any] = msgspec.field(default_factory=dict)
    """The members of PutMetricStream, in the API's names, name and tags aside."""
    updated_at: Instant = 0
    state: str = "running"
    sent_until: Instant = 0


alarms: ResourceTable[Alarm] = ResourceTable(
    "AWS::CloudWatch::Alarm", "cloudwatch.alarms", Alarm, indexes={"state": ("state_value",), "kind": ("kind",)}
)
children: Table[Child] = Table("cloudwatch.children", Child, key=("child", "parent"))
occurrences: Table[Occurrence] = Table("cloudwatch.history", Occurrence, key=("number",), indexes={"alarm": ("alarm",)})
dashboards: ResourceTable[Dashboard] = ResourceTable(
    "AWS::CloudWatch::Dashboard", "cloudwatch.dashboards", Dashboard, reach="account"
)
detectors: Table[Detector] = Table("cloudwatch.detectors", Detector, key=("key",))
metric_streams: ResourceTable[MetricStream] = ResourceTable(
    "AWS::CloudWatch::MetricStream", "cloudwatch.metric_streams", MetricStream
)
