"""What Glacier keeps: vaults, archives and where their bytes are, uploads in progress, jobs."""

from __future__ import annotations

import msgspec

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.resources import Resource, ResourceTable
from skyglobe.kernel.tables import Counter, Record, Table

IN_PROGRESS, LOCKED = "InProgress", "Locked"


class Lock(msgspec.Struct, frozen=True, array_like=True):
    """A vault's lock policy."""

    id: str
    policy: str
    state: str
    created_at: Instant
    expires_at: Instant = 0
    """While it is in progress: when it is gone unless it was completed. 0: never."""


class Vault(Resource, frozen=True):
    """A vault, and what its last inventory counted."""

    archives: int = 0
    """In the vault now."""
    size_bytes: int = 0
    written_at: Instant = 0
    """When an archive came or went last; 0: never."""
    inventoried_at: Instant = 0
    """0: never."""
    inventoried_archives: int = 0
    inventoried_bytes: int = 0
    policy: str = ""
    lock: Lock | None = None
    topic: str = ""
    """ARN of the SNS topic that is told; empty when none is."""
    events: tuple[str, ...] = ()


class Extent(msgspec.Struct, frozen=True, array_like=True):
    """Encrypted bytes in a blob or, when ``blob`` is empty, in the store's chunk ``chunk``."""

    size_bytes: int
    blob: str = ""
    chunk: int = 0
    key: bytes = b""
    """What encrypts them, encrypted under Glacier's own key."""


class Archive(Record, frozen=True):
    """An archive; one that was deleted after the last inventory stays in it until the next."""

    vault: str
    order: int
    """Grows with every archive; part of its id."""
    id: str
    description: str
    created_at: Instant
    size_bytes: int
    tree_hash: str
    """In hexadecimal."""
    extents: list[Extent]
    is_deleted: bool | None = None
    """True or None, so that an index has the deleted ones only."""


class Chunk(Record, frozen=True):
    """Encrypted bytes small enough for the store."""

    id: int
    data: bytes


class Upload(Record, frozen=True):
    """A multipart upload; once it is completed, which archive it became."""

    vault: str
    id: str
    description: str
    part_bytes: int
    created_at: Instant
    archive_id: str = ""


class Part(Record, frozen=True):
    """A part of an upload."""

    upload: str
    start: int
    size_bytes: int
    tree_hash: str
    extents: list[Extent]


class Job(Record, frozen=True):
    """A retrieval of an archive or an inventory."""

    vault: str
    order: int
    """Grows with every job; part of its id."""
    id: str
    action: str
    """``ArchiveRetrieval`` or ``InventoryRetrieval``."""
    created_at: Instant
    description: str = ""
    topic: str = ""
    tier: str = ""
    archive_id: str = ""
    archive_description: str = ""
    archive_bytes: int = 0
    archive_tree_hash: str = ""
    start: int = 0
    """The first byte of the archive that is fetched."""
    output_bytes: int = 0
    tree_hash: str = ""
    """Of the output; empty when there is none: of inventories and of ranges that are no subtrees."""
    format: str = ""
    since: Instant = 0
    """Archives of an inventory are those made from here."""
    until: Instant = 0
    limit: int = 0
    marker: str = ""
    next_marker: str = ""
    extents: tuple[Extent, ...] = ()
    """The archive's bytes, or the inventory's text."""
    status: str = "InProgress"
    message: str = ""
    completed_at: Instant = 0


class Retrieving(Record, frozen=True):
    """How much an account may retrieve in a region."""

    name: str
    strategy: str
    bytes_per_hour: int = 0


class Capacity(Record, frozen=True):
    """A unit of provisioned capacity."""

    id: str
    started_at: Instant
    expires_at: Instant


vaults: ResourceTable[Vault] = ResourceTable("AWS::Glacier::Vault", "glacier.vaults", Vault)
vault_count = Counter("glacier.vault_count")
account_vaults = Counter("glacier.account_vaults", reach="account")
archives: Table[Archive] = Table(
    "glacier.archives", Archive, key=("vault", "order"), indexes={"deleted": ("vault", "is_deleted")}
)
chunks: Table[Chunk] = Table("glacier.chunks", Chunk, key=("id",))
uploads: Table[Upload] = Table("glacier.uploads", Upload, key=("vault", "id"))
parts: Table[Part] = Table("glacier.parts", Part, key=("upload", "start"))
jobs: Table[Job] = Table("glacier.jobs", Job, key=("vault", "order"))
retrieving: Table[Retrieving] = Table("glacier.retrieving", Retrieving, key=("name",))
retrieved = Counter("glacier.retrieved")
"""Bytes of standard retrievals, by calendar month."""
capacities: Table[Capacity] = Table("glacier.capacities", Capacity, key=("id",))
