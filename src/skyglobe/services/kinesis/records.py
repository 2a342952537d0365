"""What Kinesis keeps: streams, their shards, and records in chunks.

The records that one call puts into one shard lie together in chunks of bounded size, in the order of their sequence
numbers, so that writing 500 records and reading 10,000 touches few rows, and reading is one scan from wherever it
begins. When a call brings much data, that of all its chunks lies in one blob beside the store (``keeping``). Orders
are numbers that grow across the whole cloud and begin with the millisecond of writing (``Kernel.next_order``), so that
instants are positions too.
"""

from __future__ import annotations

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.resources import Resource, ResourceTable
from skyglobe.kernel.tables import Record, Table

ORDER_BITS = 20  # of an order number below the milliseconds
DEFAULT_RETENTION_HOURS = 24
DEFAULT_MAX_RECORD_KIB = 1024


class Stream(Resource, frozen=True, kw_only=True):
    """A stream and its settings."""

    number: int
    """Known to no other stream, not even a later one of the same name."""
    status: str
    mode: str
    retention_hours: int = DEFAULT_RETENTION_HOURS
    next_shard: int = 0
    encryption: str = "NONE"
    key_id: str = ""
    metrics: tuple[str, ...] = ()
    max_record_kib: int = DEFAULT_MAX_RECORD_KIB
    trimmed_to: Instant = 0
    """What arrived before is gone, also when the retention period grows."""
    warm_mib: int = 0
    scalings: tuple[Instant, ...] = ()
    """When its shard count was updated in the last day."""
    mode_switches: tuple[Instant, ...] = ()
    encryption_starts: tuple[Instant, ...] = ()

    @property
    def is_on_demand(self) -> bool:
        return self.mode == "ON_DEMAND"

    def horizon_at(self, now: Instant) -> Instant:
        """Return the instant before which records can no longer be read."""
        return max(self.trimmed_to, now - self.retention_hours * 3_600_000)


streams: ResourceTable[Stream] = ResourceTable("AWS::Kinesis::Stream", "kinesis.streams", Stream, is_hot=True)


class Shard(Record, frozen=True):
    """A range of a stream's hash keys, and its place among those it was made from."""

    stream: int
    index: int
    start: bytes
    """First hash key, sixteen bytes."""
    end: bytes
    opened: int
    """Order number."""
    parent: int | None = None
    adjacent: int | None = None
    closed: int | None = None
    """Order number."""
    children: tuple[int, ...] = ()

    @property
    def created_s(self) -> int:
        return (self.opened >> ORDER_BITS) // 1000

    @property
    def opened_at(self) -> Instant:
        return self.opened >> ORDER_BITS

    @property
    def closed_at(self) -> Instant | None:
        return self.closed >> ORDER_BITS if self.closed is not None else None


shards: Table[Shard] = Table("kinesis.shards", Shard, key=("stream", "index"), is_hot=True)


class Routing(Record, frozen=True):
    """A stream's open shards by their first hash keys: what a producer's records need to find theirs."""

    stream: int
    starts: list[bytes]
    shards: list[int]
    created: list[int]
    """Seconds since the epoch."""


routings: Table[Routing] = Table("kinesis.routings", Routing, key=("stream",), is_hot=True)


class Chunk(Record, frozen=True):
    """Records of one shard that arrived together."""

    stream: int
    shard: int
    order: int
    """Of the first."""
    last: int
    arrived_at: Instant
    encryption: str
    orders: list[int]
    keys: list[str]
    data: list[bytes]
    data_key: bytes = b""
    """What each of ``data`` is encrypted with, itself encrypted under the stream's KMS key; empty for plain ones."""
    blob: str = ""
    """Where the data lies instead of in ``data``, one record's after the other's; empty for those that lie there."""
    blob_at: int = 0
    """Where in the blob the first begins."""
    sizes: tuple[int, ...] = ()
    """Bytes of each in the blob."""

    @property
    def data_bytes(self) -> int:
        return sum(self.sizes) if self.blob else sum([len(data) for data in self.data])


chunks: Table[Chunk] = Table("kinesis.chunks", Chunk, key=("stream", "shard", "order"))


class Consumer(Resource, frozen=True, kw_only=True):
    """A registered consumer: it has records pushed to it at a rate of its own."""

    stream: int
    stream_arn: str
    status: str


consumers: ResourceTable[Consumer] = ResourceTable(
    "AWS::Kinesis::StreamConsumer", "kinesis.consumers", Consumer, key=("stream", "id")
)


class Subscription(Record, frozen=True):
    """The last subscription of a consumer to a shard."""

    consumer_arn: str
    shard: int
    id: int
    began_at: Instant


subscriptions: Table[Subscription] = Table("kinesis.subscriptions", Subscription, key=("consumer_arn", "shard"))


class Policy(Record, frozen=True):
    """The resource policy of a stream or consumer."""

    arn: str
    document: str


policies: Table[Policy] = Table("kinesis.policies", Policy, key=("arn",))


class Usage(Record, frozen=True):
    """What an on-demand stream took in since ``since``, for it to grow by."""

    stream: int
    since: Instant
    size: int = 0
    records: int = 0


usages: Table[Usage] = Table("kinesis.usages", Usage, key=("stream",), is_hot=True)


class Commitment(Record, frozen=True):
    """The account's minimum throughput billing commitment."""

    key: str
    status: str
    started_at: Instant
    earliest_end_at: Instant
    ended_at: Instant | None = None


commitments: Table[Commitment] = Table("kinesis.commitments", Commitment, key=("key",))
