"""What Firehose keeps: delivery streams, the records they have not delivered yet, and where their sources stand."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.resources import Resource, ResourceTable
from skyglobe.kernel.tables import Record, Table


class DeliveryStream(Resource, frozen=True, kw_only=True):
    """A delivery stream and its one destination, in the API's names."""

    number: int
    """Known to no other stream, not even a later one of the same name."""
    status: str
    type: str
    kind: str
    """Of destination: ``S3``, ``ExtendedS3`` or ``HttpEndpoint``."""
    destination: dict[str, Any]
    version: int = 1
    updated_at: Instant = 0
    source_arn: str = ""
    source_role: str = ""
    throughput_hint: int = 0
    key_type: str = ""
    key_arn: str = ""
    encryption: str = "DISABLED"

    @property
    def is_sourced(self) -> bool:
        return bool(self.source_arn)


delivery_streams: ResourceTable[DeliveryStream] = ResourceTable(
    "AWS::KinesisFirehose::DeliveryStream", "firehose.streams", DeliveryStream, is_hot=True
)


class Buffer(Record, frozen=True):
    """What a stream has taken in and not yet set about delivering."""

    stream: int
    first: int
    """Order of its first batch."""
    since: Instant
    size: int = 0


buffers: Table[Buffer] = Table("firehose.buffers", Buffer, key=("stream",), is_hot=True)


class Batch(Record, frozen=True):
    """Records that were taken in together; they lie here until they are delivered."""

    stream: int
    order: int
    arrived_at: Instant
    data: list[bytes]


batches: Table[Batch] = Table("firehose.batches", Batch, key=("stream", "order"))


class Held(Record, frozen=True):
    """How many bytes of a stream lie in batches."""

    stream: int
    size: int


holdings: Table[Held] = Table("firehose.holdings", Held, key=("stream",), is_hot=True)


class Checkpoint(Record, frozen=True):
    """How far a shard of a stream's source was read; an empty ``sequence`` is its beginning."""

    stream: int
    shard: str
    sequence: str = ""
    is_done: bool = False


checkpoints: Table[Checkpoint] = Table("firehose.checkpoints", Checkpoint, key=("stream", "shard"))
