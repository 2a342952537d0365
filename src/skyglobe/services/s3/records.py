"""What S3 keeps: where buckets live, objects, their bytes, and uploads in progress.

An object's record begins with what listings show, and ends with its details still encoded, so that a page of a
thousand decodes little. Bytes lie apart from it. Every version of an object has its own ``order``: the table of
objects holds the current one of each key, earlier ones have room in a table of their own beside it.
"""

from __future__ import annotations

import msgspec

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.resources import Resource, ResourceTable
from skyglobe.kernel.tables import Counter, Record, Table
from skyglobe.services.s3.guards import Access, Grant


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
    chunk: int = 0


class ObjectAcl(msgspec.Struct, frozen=True, array_like=True):
    """The access control list of an object, in force while its bucket takes lists."""

    owner: str
    """Account; empty for who came without a signature."""
    grants: tuple[Grant, ...]


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


class Object(Record, frozen=True):
    """The current version of an object."""

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
