"""What SQS keeps: queues, and their messages by where they are in their life.

A queue's messages lie in a *lot*, known by a number that no other queue ever gets. Purging a queue gives it a new lot;
the old one is emptied later, piece by piece. Of each message the content (``Body``) is written once; where it is in
its life is one small entry beside it: ready, waiting (ready, in a group), delayed or in flight. Entries are ordered by
what they wait for, so that no operation looks at more messages than it hands out.
"""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.resources import Resource, ResourceTable
from skyglobe.kernel.tables import Record, Table
from skyglobe.services.sqs.rules.fairness import fading_rank

RECENTLY_DELETED_FOR = 60_000  # milliseconds; API reference of DeleteQueue
PURGE_PAUSE_FOR = 60_000  # milliseconds; API reference of PurgeQueue
DEFAULT_MAX_BYTES = 1_048_576  # SQS quotas, "Message size"


class Redrive(msgspec.Struct, frozen=True, array_like=True):
    """Where messages go that were received too often."""

    target_arn: str
    max_receives: int


class Queue(Resource, frozen=True, kw_only=True):
    """A queue and its attributes. Durations are seconds, as clients set them."""

    number: int
    """Known to no other queue, not even a later one of the same name."""
    lot: int
    """Where its messages lie."""
    changed_at: Instant
    is_fifo: bool = False
    visible_after: int = 30
    delay_for: int = 0
    retention_for: int = 345_600
    wait_for: int = 0
    max_bytes: int = DEFAULT_MAX_BYTES
    policy: str = ""
    redrive: Redrive | None = None
    redrive_policy: str = ""
    redrive_allow_policy: str = ""
    kms_key: str = ""
    kms_reuse_for: int = 300
    is_sse_on: bool = True
    """Encrypted with keys SQS owns (SSE-SQS)."""
    deduplicates_content: bool = False
    deduplication_scope: str = "queue"
    throughput_limit: str = "perQueue"
    purged_at: Instant = 0

    @property
    def dead_letters_to(self) -> str | None:
        return self.redrive.target_arn if self.redrive is not None else None

    @property
    def is_high_throughput(self) -> bool:
        return self.throughput_limit == "perMessageGroupId"


queues: ResourceTable[Queue] = ResourceTable(
    "AWS::SQS::Queue", "sqs.queues", Queue, indexes={"dead_letters": ("dead_letters_to",)}, is_hot=True
)


class DeletedName(Record, frozen=True):
    """A name that cannot be given to a queue yet."""

    name: str
    deleted_at: Instant


deleted_names: Table[DeletedName] = Table("sqs.deleted", DeletedName, key=("name",))


class Tally(msgspec.Struct, array_like=True, kw_only=True):
    """What is known of a lot without looking at its messages.

    The one mutable record: a piece of work reads it, counts in it and writes it back (see ``backlog``).
    """

    lot: int
    ready: int = 0
    """Ready messages of standard queues that belong to no group."""
    waiting: int = 0
    """Ready messages that belong to a group."""
    delayed: int = 0
    in_flight: int = 0
    flight_due: Instant | None = None
    """No flight ends earlier. It is a bound: the flight it was taken from may be over already."""
    delay_due: int | None = None
    """No delay ends earlier, in the terms of ``Delayed.due``."""
    sweep_at: Instant | None = None
    """When the retention sweep is due; None when none is set."""
    busy_for: float = 0.0
    """Milliseconds consumers recently spent on messages of any group, fading (see ``rules.fairness``)."""
    busy_at: Instant = 0
    """When ``busy_for`` was last brought up to date."""
    forgets_at: Instant | None = None
    """When deduplication ids are next forgotten; None when there are none."""


tallies: Table[Tally] = Table("sqs.tallies", Tally, key=("lot",))


class Sealed(Record, frozen=True):
    """Text and attributes of a message, encrypted under a data key of KMS."""

    data: bytes
    data_key: bytes
    """Encrypted under the KMS key."""
    arn: str
    """Of the queue it was sent to, which the data key is bound to; dead letters are elsewhere."""


class Body(Record, frozen=True):
    """A message's content. ``order`` grows with the time of sending and is the message's name within its lot."""

    lot: int
    order: int
    id: str
    text: str
    md5: str
    sender: str
    sent_at: Instant
    attributes: dict[str, dict[str, Any]] | None = None
    """As the API has them: ``{"color": {"DataType": "String", "StringValue": "red"}}``."""
    group: str | None = None
    deduplication: str | None = None
    trace: str | None = None
    source_arn: str | None = None
    """The queue it was dead-lettered from."""
    sealed: Sealed | None = None
    """What of it is encrypted; text and attributes are empty then."""


bodies: Table[Body] = Table("sqs.bodies", Body, key=("lot", "order"))


class Ready(Record, frozen=True):
    """A message of a standard queue, outside any group, that can be received."""

    lot: int
    order: int
    receives: int = 0
    first_at: Instant = 0


readies: Table[Ready] = Table("sqs.ready", Ready, key=("lot", "order"))


class Waiting(Record, frozen=True):
    """A message of a group that can be received when its turn comes."""

    lot: int
    group: str
    order: int
    receives: int = 0
    first_at: Instant = 0


waitings: Table[Waiting] = Table("sqs.waiting", Waiting, key=("lot", "group", "order"))


class Group(Record, frozen=True):
    """A message group that has messages waiting or in flight."""

    lot: int
    name: str
    head: int | None = None
    """Order of the first waiting message."""
    in_flight: int = 0
    is_ordered: bool = False
    """Of a FIFO queue: nothing is handed out while something is in flight."""
    is_noisy: bool = False
    """Of a standard queue: it takes more than its share, and comes after the others."""
    busy_for: float = 0.0
    busy_at: Instant = 0

    @property
    def rank(self) -> int | None:
        """0 for groups to serve, 1 for those to serve when there is no other, None for those not to serve now."""
        if self.head is None or (self.is_ordered and self.in_flight):
            return None
        return 1 if self.is_noisy else 0

    @property
    def turn(self) -> int | None:
        """Smaller is served sooner among groups of one rank: the oldest message, or who was served least lately."""
        return fading_rank(self.busy_for, self.busy_at) if self.is_noisy else self.head


groups: Table[Group] = Table("sqs.groups", Group, key=("lot", "name"), indexes={"open": ("lot", "rank", "turn")})


class Delayed(Record, frozen=True):
    """A message that cannot be received yet."""

    lot: int
    due: int
    """Standard queues: the instant. FIFO queues: when it was sent, since a changed delay applies to all messages."""
    order: int
    group: str | None = None


delayeds: Table[Delayed] = Table("sqs.delayed", Delayed, key=("lot", "due", "order"))


class Flight(Record, frozen=True):
    """A message that a consumer has received and not deleted yet."""

    lot: int
    until: Instant
    order: int
    receives: int
    first_at: Instant
    received_at: Instant
    group: str | None = None
    is_moved: bool = False
    """Whether a ``Pointer`` tells where it is, because an older receipt handle does not."""


flights: Table[Flight] = Table("sqs.flights", Flight, key=("lot", "until", "order"))


class Pointer(Record, frozen=True):
    """When the flight ends that older receipt handles do not know of."""

    lot: int
    order: int
    until: Instant


pointers: Table[Pointer] = Table("sqs.pointers", Pointer, key=("lot", "order"))


class Deduplication(Record, frozen=True):
    """A deduplication id in use. Kept by spans of five minutes so that whole spans can be forgotten."""

    queue: int
    span: int
    scope: str
    """The message group, or empty when ids hold for the whole queue."""
    id: str
    at: Instant
    message_id: str
    order: int


deduplications: Table[Deduplication] = Table("sqs.deduplications", Deduplication, key=("queue", "span", "scope", "id"))


class Attempt(Record, frozen=True):
    """What a ReceiveMessage call with a ``ReceiveRequestAttemptId`` handed out. Kept like deduplication ids."""

    queue: int
    span: int
    id: str
    at: Instant
    lot: int
    flights: tuple[tuple[int, int, int, str], ...]
    """Order, receive count, end of the flight and receipt handle of each message."""


attempts: Table[Attempt] = Table("sqs.attempts", Attempt, key=("queue", "span", "id"))


class MoveTask(Record, frozen=True):
    """The redrive of a dead-letter queue."""

    source_arn: str
    order: int
    """Later tasks have larger ones. Messages that were sent later than the task began are left alone."""
    id: str
    source: str
    """The source queue's name."""
    destination_arn: str | None
    rate: int | None
    """Messages a second."""
    started_at: Instant
    to_move: int
    moved: int = 0
    status: str = "RUNNING"
    failure: str = ""

    @property
    def is_active(self) -> bool | None:
        return True if self.status in ("RUNNING", "CANCELLING") else None


move_tasks: Table[MoveTask] = Table(
    "sqs.moves", MoveTask, key=("source_arn", "order"), indexes={"active": ("is_active",)}
)
