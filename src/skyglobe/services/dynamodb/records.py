"""What DynamoDB keeps of tables. Their items lie beside it, as ``layout`` and ``items`` have it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import msgspec

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.clock import Instant
from skyglobe.kernel.resources import Resource, ResourceTable
from skyglobe.kernel.tables import Counter, Record, Table
from skyglobe.services.dynamodb.layout import Attribute, Index, Layout, Primary, attribute, place


class KeyElement(msgspec.Struct, frozen=True, array_like=True):
    """One attribute of a key schema."""

    name: str
    role: str
    """HASH or RANGE."""


class Throughput(msgspec.Struct, frozen=True, array_like=True):
    """Provisioned capacity, units a second; 0 when on demand."""

    reads: int = 0
    writes: int = 0
    increased_at: Instant = 0
    decreased_at: Instant = 0
    decreases: int = 0
    """Of the UTC day of ``decreased_at``."""


class OnDemand(msgspec.Struct, frozen=True, array_like=True):
    """The most units a second on demand; -1 for no bound."""

    reads: int = -1
    writes: int = -1


class Insights(msgspec.Struct, frozen=True, array_like=True):
    """Contributor Insights of a table or index: whether and since when keys are counted."""

    mode: str
    is_enabled: bool
    since: Instant
    """When they were enabled, as the names of their rules have it."""
    changed_at: Instant
    ready_at: Instant
    """When ENABLING and DISABLING end."""
    failure: str = ""

    @property
    def counts_accesses(self) -> bool:
        return self.is_enabled and not self.failure and self.mode == "ACCESSED_AND_THROTTLED_KEYS"

    @property
    def counts_throttles(self) -> bool:
        return self.is_enabled and not self.failure


class SecondaryIndex(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """A secondary index as described by its table."""

    name: str
    number: int
    """Its place in the store beside the table's items: known to no other index of the table."""
    keys: tuple[KeyElement, ...]
    projection: str
    """ALL, KEYS_ONLY or INCLUDE."""
    extra: tuple[str, ...] = ()
    """NonKeyAttributes."""
    is_local: bool = False
    status: str = "ACTIVE"
    is_backfilling: bool = False
    throughput: Throughput = Throughput()
    on_demand: OnDemand | None = None
    warm: tuple[int, int] | None = None
    insights: Insights | None = None


class Stream(msgspec.Struct, frozen=True, array_like=True):
    """A table's stream: a view of the table's changes from one instant on, until another."""

    label: str
    """The instant it was enabled, as its ARN has it."""
    view: str
    since: int
    """Order of the first change it has."""
    until: int | None = None
    """Order of the first change it has no more; None while it is enabled."""


class Ttl(msgspec.Struct, frozen=True, array_like=True):
    """Time to live: which attribute says when an item expires."""

    attribute: str
    is_enabled: bool
    changed_at: Instant


class Recovery(msgspec.Struct, frozen=True, array_like=True):
    """Point-in-time recovery."""

    since: Instant
    days: int = 35


class Destination(msgspec.Struct, frozen=True, array_like=True):
    """A Kinesis stream that a table's changes are put into."""

    arn: str
    precision: str = "MILLISECOND"
    is_enabled: bool = True


class DynamoTable(Resource, frozen=True, kw_only=True, dict=True):
    """A table."""

    number: int
    """Known to no other table, not even a later one of the same name."""
    uid: str
    status: str
    ready_at: Instant
    """When it leaves CREATING or UPDATING."""
    attributes: dict[str, str]
    """Types of the key attributes."""
    keys: tuple[KeyElement, ...]
    indexes: tuple[SecondaryIndex, ...] = ()
    billing: str = "PROVISIONED"
    billing_changed_at: Instant | None = None
    """When it was last switched to on-demand; None if never."""
    billing_switches: tuple[Instant, ...] = ()
    throughput: Throughput = Throughput()
    on_demand: OnDemand | None = None
    warm: tuple[int, int] | None = None
    table_class: str = ""
    class_changed_at: Instant | None = None
    is_protected: bool = False
    kms_key: str = ""
    """ARN of the key of SSE-KMS; empty when encrypted with a key that DynamoDB owns."""
    stream: Stream | None = None
    """The current stream, or the last one."""
    ttl: Ttl | None = None
    recovery: Recovery | None = None
    policy: str = ""
    policy_revision: str = ""
    restored_from: tuple[str, str, Instant] | None = None
    """Backup's ARN (or nothing), source table's ARN, instant."""
    next_index: int = 1
    """Number of the next index to be made."""
    destinations: tuple[Destination, ...] = ()
    replicas: tuple[str, ...] = ()
    """The other regions of a global table."""
    is_legacy: bool = False
    """Whether it is a replica of a global table of the version 2017.11.29, as ``GlobalTable`` has it."""
    is_strong: bool = False
    """Whether its replicas are the same at every moment (multi-region strong consistency)."""
    witness: str = ""
    """The region that takes a third replica's place in a strong global table."""
    insights: Insights | None = None
    copies: int = 0
    """How many copies of it are being made: backups and restores, which need its changes meanwhile."""
    table_key: bytes = b""
    """What KMS must open for whoever uses the table, encrypted under ``kms_key``; empty without one."""

    @cached_property
    def dimensions(self) -> tuple[tuple[str, str], ...]:
        """What metrics of the table are told apart by."""
        return (("TableName", self.id),)

    @cached_property
    def has_insights(self) -> bool:
        """Whether Contributor Insights of the table or an index count keys."""
        return self.insights is not None or any(index.insights is not None for index in self.indexes)

    @property
    def is_streaming(self) -> bool:
        return self.stream is not None and self.stream.until is None

    @property
    def keeps_changes(self) -> bool:
        """Whether every write is put in the table's change log."""
        return self.recovery is not None or self.copies > 0 or self.is_streaming

    def status_at(self, now: Instant) -> str:
        """Return the status clients see. CREATING and UPDATING end by themselves at ``ready_at``."""
        if self.status in ("CREATING", "UPDATING") and now >= self.ready_at:
            if any(index.status != "ACTIVE" for index in self.indexes):
                return "UPDATING"
            return "ACTIVE"
        return self.status

    @cached_property
    def layout(self) -> Layout:
        """Where its items and index entries lie. Compiled once for each decoded description."""
        region, account = (fields := parse_arn(self.arn)).region, fields.account
        types = self.attributes

        def parts(keys: tuple[KeyElement, ...], role: str) -> tuple[Attribute, ...]:
            return tuple(attribute(key.name, types[key.name]) for key in keys if key.role == role)

        (hash_,) = parts(self.keys, "HASH")
        sorts = parts(self.keys, "RANGE")
        primary = Primary(place(account, region, self.number, 0), hash_, sorts[0] if sorts else None)
        kept = [index for index in self.indexes if index.status != "DELETING"]
        indexes = tuple(
            Index(
                index.name,
                place(account, region, self.number, index.number),
                parts(index.keys, "HASH"),
                parts(index.keys, "RANGE"),
                primary,
                None if index.projection == "ALL" else index.extra,
                is_local=index.is_local,
                is_filling=index.status == "CREATING",
            )
            for index in kept
        )
        return Layout(primary, indexes, tuple(index.number for index in kept))

    def find_index(self, name: str) -> SecondaryIndex | None:
        return next((index for index in self.indexes if index.name == name), None)


tables: ResourceTable[DynamoTable] = ResourceTable("AWS::DynamoDB::Table", "dynamodb.tables", DynamoTable, is_hot=True)
table_count = Counter("dynamodb.table_count")


class GlobalTable(Record, frozen=True):
    """A global table of the version 2017.11.29: tables of one name that were made alike in each region."""

    name: str
    created_at: Instant
    regions: tuple[str, ...]


global_tables: Table[GlobalTable] = Table("dynamodb.global_tables", GlobalTable, key=("name",), reach="account")


class Tally(Record, frozen=True):
    """How much is in a table and its indexes."""

    table: int
    items: int = 0
    size: int = 0
    """Bytes."""
    indexes: dict[int, tuple[int, int]] = msgspec.field(default_factory=dict)
    """Items and bytes, by number of the index."""


tallies: Table[Tally] = Table("dynamodb.tallies", Tally, key=("table",))


class Change(Record, frozen=True):
    """One change of one item, as streams and point-in-time recovery read it."""

    table: int
    order: int
    """Grows with time: its upper bits are the instant."""
    old: dict[str, dict[str, Any]] | None
    new: dict[str, dict[str, Any]] | None
    is_expiry: bool = False
    """Made by DynamoDB itself when the item's time to live was over."""


changes: Table[Change] = Table("dynamodb.changes", Change, key=("table", "order"))
ORDER_BITS = 20
"""Bits of ``Change.order`` below the milliseconds."""


class Collection(Record, frozen=True):
    """The bytes of one item collection of a table with local indexes, its entries in them included."""

    table: int
    partition: bytes
    size: int


collections: Table[Collection] = Table("dynamodb.collections", Collection, key=("table", "partition"))


class StreamRecord(Record, frozen=True):
    """A stream, current or past. It outlives its table, and goes when its last change is 24 hours old."""

    table_name: str
    label: str
    arn: str
    number: int
    """Of its table: whose changes it shows."""
    view: str
    keys: tuple[KeyElement, ...]
    since: int
    until: int | None = None


streams: Table[StreamRecord] = Table("dynamodb.streams", StreamRecord, key=("table_name", "label"))


class TransactionToken(Record, frozen=True):
    """A ClientRequestToken of the last ten minutes. Kept by spans so that whole spans can be forgotten."""

    span: int
    token: str
    digest: bytes
    """Of the transaction's items."""
    at: Instant
    until: Instant = 0
    """When the transaction, still in flight, will be performed; 0 when it was."""


tokens: Table[TransactionToken] = Table("dynamodb.tokens", TransactionToken, key=("span", "token"))
TOKEN_SPAN = 600_000
"""Milliseconds of one span: a token's ten minutes reach into one span more than its own."""


class Flight(Record, frozen=True):
    """An item that a transaction in flight holds."""

    item: bytes
    """Where it lies."""
    transaction: int
    until: Instant


flights: Table[Flight] = Table("dynamodb.flights", Flight, key=("item",), reach="global")


class Expiry(Record, frozen=True):
    """When an item of a table with time to live expires. There is one for each item that does."""

    table: int
    at: Instant
    key: bytes
    """Where the item lies."""


expiries: Table[Expiry] = Table("dynamodb.expiries", Expiry, key=("table", "at", "key"))


class Backup(Resource, frozen=True, kw_only=True):
    """A backup of a table. Its items lie as a table's would, under its own number."""

    name: str
    table_name: str
    kind: str
    """USER or SYSTEM."""
    status: str
    """CREATING, AVAILABLE."""
    number: int
    size: int
    items: int
    expires_at: Instant | None
    table: DynamoTable
    """As the table was described then."""


backups: Table[Backup] = Table(
    "dynamodb.backups", Backup, key=("id",), indexes={"table": ("table_name",), "arn": ("arn",)}
)


class Transfer(Resource, frozen=True, kw_only=True):
    """An export to S3, or an import from it."""

    is_import: bool
    table_arn: str
    table_id: str
    token: str
    digest: bytes
    """Of the request, so that a token is not used for another one."""
    given: dict[str, Any]
    """The request's members that are shown again."""
    status: str = "IN_PROGRESS"
    at: Instant = 0
    """The instant of an export's items."""
    ended_at: Instant | None = None
    number: int = 0
    """Where the copy lies that an export is made of; 0 when there is none."""
    table: DynamoTable | None = None
    items: int = 0
    processed: int = 0
    size: int = 0
    errors: int = 0
    manifest: str = ""
    failure: tuple[str, str] | None = None

    @property
    def kept_token(self) -> str | None:
        return self.token or None


transfers: Table[Transfer] = Table(
    "dynamodb.transfers",
    Transfer,
    key=("id",),
    indexes={"kind": ("is_import", "id"), "token": ("is_import", "kept_token"), "arn": ("arn",)},
)


class Stamp(Record, frozen=True):
    """Who wrote an item of a global table last, and when. Outlives the item, as long as the table has replicas."""

    table: int
    key: bytes
    """Where the item lies, behind its table's prefix."""
    order: int
    region: str


stamps: Table[Stamp] = Table("dynamodb.stamps", Stamp, key=("table", "key"))
