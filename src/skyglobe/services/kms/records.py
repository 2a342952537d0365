"""What KMS keeps: keys, the materials they encrypt with, aliases, grants, and when a key was used last."""

from __future__ import annotations

import msgspec

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.resources import Resource, ResourceTable
from skyglobe.kernel.tables import Counter, Record, Table


class Key(Resource, frozen=True, kw_only=True):
    """A KMS key in one region. Related multi-Region keys are one of these in each of their regions."""

    policy: str
    spec: str
    """``SYMMETRIC_DEFAULT``, ``RSA_2048`` and so on, as the API has them."""
    usage: str
    origin: str = "AWS_KMS"
    state: str = "Enabled"
    description: str = ""
    manager: str = "CUSTOMER"
    """``AWS`` for the keys of services, of which each has one in an account and region."""
    material: str = ""
    """Id of the material it encrypts with now; empty as long as none was imported."""
    pending_days: int = 0
    """How long deletion waits, while the key is pending deletion."""
    deletion_at: Instant | None = None
    multi_region: str = ""
    """``PRIMARY`` or ``REPLICA``; empty for keys of one region."""
    aliases: tuple[str, ...] = ()
    """Names of its aliases; policies ask for them."""
    grants: int = 0
    """How many grants it has: nobody looks for one where there is none."""
    rotation_days: int = 0
    """The period of automatic rotation; 0 when it is off."""
    rotates_at: Instant | None = None
    on_demand_rotations: int = 0

    @property
    def is_symmetric(self) -> bool:
        return self.spec == "SYMMETRIC_DEFAULT"


keys: ResourceTable[Key] = ResourceTable("AWS::KMS::Key", "kms.keys", Key, is_hot=True)
key_count = Counter("kms.counts")
"""Customer managed keys, under ``keys``."""


class Material(Record, frozen=True):
    """Something a key encrypts or signs with. All but the current one of a key only decrypt."""

    key_id: str
    id: str
    sealed: bytes
    """Encrypted under the cloud's secret; empty when imported material was deleted or has expired."""
    made_at: Instant
    state: str = "CURRENT"
    """``CURRENT``, ``NON_CURRENT``, ``PENDING_ROTATION``, ``PENDING_MULTI_REGION_IMPORT_AND_ROTATION``."""
    rotated_at: Instant | None = None
    rotation_type: str = ""
    description: str = ""
    valid_to: Instant | None = None

    @property
    def is_there(self) -> bool:
        return bool(self.sealed)


materials: Table[Material] = Table("kms.materials", Material, key=("key_id", "id"), is_hot=True)


class Family(Record, frozen=True):
    """Which regions have a multi-Region key of an account."""

    key_id: str
    primary: str
    replicas: tuple[str, ...] = ()


families: Table[Family] = Table("kms.families", Family, key=("key_id",), reach="account")


class Alias(Resource, frozen=True, kw_only=True):
    """Another name of a key. Its id is the name, with ``alias/``."""

    key_id: str
    updated_at: Instant


aliases: ResourceTable[Alias] = ResourceTable(
    "AWS::KMS::Alias", "kms.aliases", Alias, indexes={"key": ("key_id",)}, is_hot=True
)


class Grant(Record, frozen=True):
    """Lets one principal use one key for some operations."""

    key_id: str
    id: str
    grantee: str
    operations: tuple[str, ...]
    issuer: str
    """The account that made it."""
    made_at: Instant
    retiring: str | None = None
    name: str | None = None
    context_equals: dict[str, str] | None = None
    context_subset: dict[str, str] | None = None


grants: Table[Grant] = Table(
    "kms.grants",
    Grant,
    key=("key_id", "id"),
    indexes={"grantee": ("key_id", "grantee"), "retiring": ("retiring",), "name": ("key_id", "name")},
)


class Use(Record, frozen=True):
    """The last cryptographic operation with a key."""

    key_id: str
    operation: str
    at: Instant
    """To the hour, as long as it is the same operation again and again."""
    request_id: str


uses: Table[Use] = Table("kms.uses", Use, key=("key_id",), is_hot=True)


class Ciphertext(msgspec.Struct, frozen=True):
    """What a symmetric ciphertext says of itself."""

    account: str
    key_id: str
    material: str
    head: bytes
    body: bytes
