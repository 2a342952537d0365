"""What CloudWatch Logs keeps: groups, streams, and their events.

Events come in small batches and are asked for by time. What came last into a stream lies as it came (``Fresh``), a few
rows of it; when there is enough, all of it is sorted by time, packed and written as ``Chunk``s, which hold the events
of one stream within one slot of five minutes. So an hour of a stream is a dozen slots, however much there is of other
hours, and of other streams. Which streams have something in a slot is kept for the whole group (``Slot``), so that a
group is searched slot by slot.

Every event has an order, which grows across the whole cloud and begins with the millisecond of ingestion
(``Kernel.next_orders``). Time and order together are its position, and its id.
"""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.resources import Resource, ResourceTable
from skyglobe.kernel.tables import Counter, Record, Table

SLOT_FOR = 300_000  # milliseconds
DAY = 86_400_000  # milliseconds
ORDER_BITS = 20  # of an order number below the milliseconds

Masks = dict[int, list[tuple[int, int]]]
"""By the event's place in its batch: where in its text sensitive data begin and end."""


class LogGroup(Resource, frozen=True, kw_only=True):
    """A log group and its settings."""

    number: int
    """Known to no other group, not even a later one of the same name."""
    kind: str = "STANDARD"
    retention_days: int | None = None
    is_undeletable: bool = False
    """Whether deletion protection is on."""
    protection: str = ""
    """The data protection policy."""
    protection_at: Instant = 0
    was_protected: bool = False
    kms_key: str = ""
    """ARN of its KMS key; empty without one."""
    data_key: bytes = b""
    """What KMS must open for CloudWatch Logs, encrypted under ``kms_key``."""

    def horizon_at(self, now: Instant) -> Instant:
        """Return the instant before which events are gone."""
        days = 1 if self.kind == "DELIVERY" else self.retention_days
        return now - days * DAY if days is not None else 0


groups: ResourceTable[LogGroup] = ResourceTable("AWS::Logs::LogGroup", "logs.groups", LogGroup, is_hot=True)
counts = Counter("logs.counts")
"""How many groups there are: ``groups``."""


class LogStream(Record, frozen=True):
    """A log stream: what is known of its events, and how much of them is not packed yet."""

    group: int
    id: str
    number: int
    created_at: Instant
    first_at: Instant | None = None
    last_at: Instant = 0
    """0 while there is no event."""
    ingested_at: Instant = 0
    fresh: int = 0
    fresh_bytes: int = 0


streams: Table[LogStream] = Table(
    "logs.streams",
    LogStream,
    key=("group", "id"),
    indexes={"last": ("group", "last_at"), "number": ("number",)},
)


class Fresh(Record, frozen=True):
    """A batch of events as it came; their orders follow upon the first's."""

    stream: int
    order: int
    times: list[int]
    texts: list[str]
    masks: Masks = msgspec.field(default_factory=dict)


fresh: Table[Fresh] = Table("logs.fresh", Fresh, key=("stream", "order"))


class Chunk(Record, frozen=True):
    """Events of one stream within one slot, sorted and packed (``packing``)."""

    stream: int
    first: Instant
    order: int
    """Of the first."""
    last: Instant
    count: int
    size: int
    """As ``Usage`` counts."""
    packed: bytes


chunks: Table[Chunk] = Table("logs.chunks", Chunk, key=("stream", "first", "order"))


class Slot(Record, frozen=True):
    """A stream has events, fresh or packed, in the slot that begins ``slot`` times ``SLOT_FOR`` after the epoch."""

    group: int
    slot: int
    stream: int


slots: Table[Slot] = Table("logs.slots", Slot, key=("group", "slot", "stream"))


class Usage(Record, frozen=True):
    """How many bytes a group stores: messages, and 26 for each event."""

    group: int
    size: int


usages: Table[Usage] = Table("logs.usages", Usage, key=("group",), is_hot=True)


class MetricFilter(Record, frozen=True):
    """What makes metrics of events."""

    name: str
    pattern: str
    transformation: dict[str, Any]
    created_at: Instant


class SubscriptionFilter(Record, frozen=True):
    """What passes events on."""

    name: str
    pattern: str
    destination: str
    role: str
    distribution: str
    created_at: Instant


class Taps(Record, frozen=True):
    """A group's filters, all in one place: every batch of events looks at them."""

    group: int
    group_name: str
    metrics: list[MetricFilter] = msgspec.field(default_factory=list)
    subscriptions: list[SubscriptionFilter] = msgspec.field(default_factory=list)


taps: Table[Taps] = Table("logs.taps", Taps, key=("group",), is_hot=True)


class AccountPolicy(Record, frozen=True):
    """A policy for all log groups of an account in a region. There is one of each kind."""

    kind: str
    name: str
    document: str
    updated_at: Instant
    excluded: list[str] = msgspec.field(default_factory=list)
    """Log groups that a subscription filter policy leaves out."""
    criteria: str = ""
    subscription: SubscriptionFilter | None = None


account_policies: Table[AccountPolicy] = Table("logs.account_policies", AccountPolicy, key=("kind",), is_hot=True)


class Destination(Resource, frozen=True, kw_only=True):
    """Where other accounts may send their logs."""

    target: str
    role: str
    policy: str = ""


destinations: ResourceTable[Destination] = ResourceTable("AWS::Logs::Destination", "logs.destinations", Destination)


class ResourcePolicy(Record, frozen=True):
    """Lets services write logs: into any group of the account, or into one."""

    group: str
    """ARN of the group; empty for the account's policies."""
    name: str
    document: str
    updated_at: Instant
    revision: str = ""


resource_policies: Table[ResourcePolicy] = Table("logs.resource_policies", ResourcePolicy, key=("group", "name"))


class ExportTask(Record, frozen=True):
    """A group's events on their way to a bucket."""

    id: str
    name: str
    group: int
    group_name: str
    prefix: str
    """Of streams; empty for all."""
    starts_at: Instant
    ends_at: Instant
    bucket: str
    key_prefix: str
    status: str
    message: str
    created_at: Instant
    completed_at: Instant | None = None

    @property
    def is_active(self) -> bool:
        return self.status in ("PENDING", "RUNNING")

    @property
    def active(self) -> bool | None:
        return True if self.is_active else None


export_tasks: Table[ExportTask] = Table("logs.export_tasks", ExportTask, key=("id",), indexes={"active": ("active",)})
