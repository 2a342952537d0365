"""What S3 keeps: where buckets live, objects, their bytes, and uploads in progress.

An object's record begins with what listings show, and ends with its details still encoded, so that a page of a
thousand decodes little. Bytes lie apart from it. Every version of an object has its own ``order``: the table of
objects holds the current one of each key, the table beside it earlier ones and delete markers.
"""

from __future__ import annotations

import msgspec

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.resources import Resource, ResourceTable
from skyglobe.kernel.tables import Counter, Record, Table
from skyglobe.services.s3.guards import Access, Grant

MAX_ORDER = (1 << 64) - 1


class Home(Record, frozen=True):
    """Where the bucket of a name lives. Names are unique in a partition, across accounts and regions."""

    partition: str
    name: str
    owner: str
    region: str
    created_at: Instant
    access: Access | None = None
    """Who may do what, as far as the bucket tells; None for what a new bucket has."""


class Bucket(Resource, frozen=True):
    """A bucket's own settings."""

    constraint: str | None = None
    """The location constraint it was made with; None in us-east-1."""


class Span(msgspec.Struct, frozen=True, array_like=True):
    """Bytes in a blob or, when ``blob`` is empty, in the store's chunk ``chunk``."""

    size_bytes: int
    blob: str = ""
    offset: int = 0
    """In the plain text."""
    chunk: int = 0
    key: bytes = b""
    """The key the bytes are encrypted with, encrypted as the object's ``Encryption`` says; two for what is encrypted
    twice. Empty for plain bytes: what was written before objects were encrypted."""


class Encryption(msgspec.Struct, frozen=True, array_like=True):
    """How an object is encrypted: under what the keys of its bytes are."""

    algorithm: str = "AES256"
    """As ``x-amz-server-side-encryption`` says it, or ``SSE-C``."""
    key_arn: str = ""
    """The KMS key."""
    data_key: bytes = b""
    """What the KMS key encrypts, and the keys of the bytes are encrypted with."""
    context: str = ""
    """The encryption context the client gave, as JSON."""
    has_bucket_key: bool = False
    salt: bytes = b""
    """With SSE-C: what the client's key is made into others with."""
    proof: bytes = b""
    """With SSE-C: by which the client's key is known again. The key itself is not kept."""


class ObjectAcl(msgspec.Struct, frozen=True, array_like=True):
    """The access control list of an object, in force while its bucket takes lists."""

    owner: str
    """Account; empty for who came without a signature."""
    grants: tuple[Grant, ...]


class Lock(msgspec.Struct, frozen=True, array_like=True):
    """What keeps a version from being deleted."""

    mode: str = ""
    """``GOVERNANCE`` or ``COMPLIANCE``; empty when no retention was ever set."""
    until: Instant = 0
    hold: str = ""
    """``ON`` or ``OFF``; empty when a legal hold was never set."""


class Restoral(msgspec.Struct, frozen=True, array_like=True):
    """A copy of an archived object that can be read for a while."""

    tier: str
    ready_at: Instant
    days: int
    expires_at: Instant
    """Midnight UTC; 0 for Intelligent-Tiering, whose objects come back for good."""


class Replicating(msgspec.Struct, frozen=True, array_like=True):
    """How far the replication of a version to one bucket is."""

    bucket: str
    rule: str
    """Id of the rule that asked for it."""
    begun_at: Instant
    status: str = "PENDING"
    """``PENDING``, ``COMPLETED`` or ``FAILED``."""
    is_late: bool = False
    """Whether it took longer than Replication Time Control allows, and that was told."""


class Replication(msgspec.Struct, frozen=True, array_like=True):
    """Where a version is replicated to, and whether it is a replica itself."""

    to: tuple[Replicating, ...] = ()
    is_replica: bool = False

    @property
    def status(self) -> str:
        """``x-amz-replication-status``: COMPLETED once all destinations have it, FAILED when one never will."""
        statuses = {one.status for one in self.to}
        for status in ("PENDING", "FAILED"):
            if status in statuses:
                return status
        return "REPLICA" if self.is_replica else "COMPLETED"


class Details(msgspec.Struct, frozen=True, array_like=True):
    """What of an object only its own requests need."""

    spans: list[Span] | None = None
    """Where the bytes are; None when they are those of the parts of ``upload``."""
    checksum: str = ""
    """In base64, composite ones with the number of parts."""
    entity: dict[str, str] = {}
    """Entity headers by member name, and WebsiteRedirectLocation."""
    metadata: dict[str, str] = {}
    tags: dict[str, str] = {}
    upload: str = ""
    """The upload that made the object, and whose parts hold the bytes."""
    parts: int = 0
    """Of how many parts S3 says it consists; 0 for one that was put or copied whole."""
    acl: ObjectAcl | None = None
    """None: the bucket's owner has full control, nobody else anything."""
    lock: Lock | None = None
    restoral: Restoral | None = None
    accessed_at: Instant = 0
    """Of an object in Intelligent-Tiering: when it was read last, to the day. 0: not since it was written."""
    encryption: Encryption | None = None
    """None: it was written before objects were encrypted."""
    replication: Replication | None = None
    """None: it is no replica, and no rule asked for one when it was written."""


class Object(Record, frozen=True):
    """A version of an object, or a delete marker: one without ETag."""

    bucket: str
    key: str
    order: int
    """Grows with every version of every object."""
    modified_at: Instant
    size_bytes: int
    etag: str
    """Without quotes."""
    storage_class: str
    algorithm: str
    checksum_type: str
    details: msgspec.Raw
    version: str = ""
    """Empty for the null version: what was written while versioning was not enabled."""

    @property
    def rank(self) -> str:
        """Its place among the versions of its key, newest first."""
        return rank_of(self.order)

    @property
    def is_null(self) -> bool | None:
        return None if self.version else True

    @property
    def is_marker(self) -> bool:
        return not self.etag


def rank_of(order: int) -> str:
    """Return the place of a version among those of its key: text that sorts the newest first."""
    return f"{MAX_ORDER - order:016x}"


class Chunk(Record, frozen=True):
    """Bytes small enough for the store."""

    id: int
    data: bytes


class Upload(Record, frozen=True):
    """A multipart upload in progress. Ids grow with time."""

    bucket: str
    key: str
    id: str
    initiated_at: Instant
    initiator: str
    """ARN of who began it."""
    storage_class: str
    algorithm: str
    """Empty when the client named none."""
    checksum_type: str
    details: Details
    """What the object will be given."""


class Part(Record, frozen=True):
    """A part of an upload, or of the object it has become."""

    upload: str
    number: int
    size_bytes: int
    etag: str
    modified_at: Instant
    spans: list[Span]
    checksum: str = ""
    """By the upload's algorithm, in base64; empty when it has none."""
    crc64: bytes = b""
    """By which the whole object's checksum is made when the upload names no algorithm."""


class Layout(Record, frozen=True):
    """Which parts an object consists of, and where each ends, in bytes from the beginning of the object."""

    upload: str
    numbers: list[int]
    ends: list[int]


homes: Table[Home] = Table(
    "s3.homes",
    Home,
    key=("partition", "name"),
    indexes={"owner": ("partition", "owner", "name")},
    reach="global",
    is_hot=True,
)
buckets: ResourceTable[Bucket] = ResourceTable("AWS::S3::Bucket", "s3.buckets", Bucket, is_hot=True)
bucket_count = Counter("s3.bucket_count", reach="account")
objects: Table[Object] = Table("s3.objects", Object, key=("bucket", "key"))
past: Table[Object] = Table(
    "s3.past", Object, key=("bucket", "key", "rank"), indexes={"null": ("bucket", "key", "is_null")}
)
"""Versions that are not current, and every delete marker. A key whose newest version is a marker has no current
object: listings and reads pass over it without a look in here."""
chunks: Table[Chunk] = Table("s3.chunks", Chunk, key=("id",))
uploads: Table[Upload] = Table("s3.uploads", Upload, key=("bucket", "key", "id"))
parts: Table[Part] = Table("s3.parts", Part, key=("upload", "number"))
layouts: Table[Layout] = Table("s3.layouts", Layout, key=("upload",))

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Details).decode


def pack_details(details: Details) -> msgspec.Raw:
    """Return details as an object's record holds them."""
    return msgspec.Raw(_encode(details))


def details_of(found: Object) -> Details:
    """Return what of an object only its own requests need."""
    return _decode(found.details)
