"""What guards a bucket: policy, blocks against public access, ownership, access control list, who pays.

What decides about a call is told on the record of the bucket's home, which every call reads anyway. A bucket that was
never given anything has nothing there, and costs nothing. Long documents lie beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from skyglobe.kernel.tables import Record, Table

if TYPE_CHECKING:
    from skyglobe.kernel.scope import Scope

ENFORCED, PREFERRED, WRITER = "BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"

DocumentKind = Literal["policy", "cors", "website", "notification", "logging", "lifecycle", "tiering", "replication"]


class Blocks(msgspec.Struct, frozen=True, array_like=True):
    """The four settings of a public access block."""

    acls: bool = False
    """BlockPublicAcls"""
    ignored_acls: bool = False
    """IgnorePublicAcls"""
    policy: bool = False
    """BlockPublicPolicy"""
    restricted: bool = False
    """RestrictPublicBuckets"""

    def __or__(self, other: Blocks) -> Blocks:
        """Return the stricter of both, setting by setting."""
        return Blocks(
            self.acls or other.acls,
            self.ignored_acls or other.ignored_acls,
            self.policy or other.policy,
            self.restricted or other.restricted,
        )


NO_BLOCKS = Blocks()
ALL_BLOCKS = Blocks(True, True, True, True)
"""Of new buckets since April 2023; S3 user guide, "Blocking public access to your Amazon S3 storage"."""


class Grant(msgspec.Struct, frozen=True, array_like=True):
    """A permission in an access control list."""

    grantee: str
    """A canonical user id, or the URI of a group."""
    permission: str
    """``READ``, ``WRITE``, ``READ_ACP``, ``WRITE_ACP`` or ``FULL_CONTROL``."""


class Keeping(msgspec.Struct, frozen=True, array_like=True):
    """In how many versions, and for how long, a bucket keeps its objects."""

    versioning: str = ""
    """``Enabled`` or ``Suspended``; empty while it was never set."""
    mfa_delete: bool = False
    has_lock: bool = False
    lock_mode: str = ""
    """Of new objects that name none; empty when there is no default retention."""
    lock_days: int = 0
    lock_years: int = 0
    has_lifecycle: bool = False
    has_tiering: bool = False
    has_replication: bool = False
    is_analyzed: bool = False
    """Whether reads are counted for storage class analysis."""
    is_measured: bool = False
    """Whether requests are counted for CloudWatch."""


FOR_EVER_ONE = Keeping()
"""Of a bucket that was never told: one version of each object, until it is deleted."""


class Encrypting(msgspec.Struct, frozen=True, array_like=True):
    """How a bucket encrypts objects whose requests do not say."""

    algorithm: str = "AES256"
    key: str = ""
    """The KMS key as it was named; empty for the one AWS manages."""
    has_bucket_key: bool = False
    takes_customer_keys: bool = False
    """Whether SSE-C is let in. Not in new buckets since April 2026; S3 user guide, "Blocking or unblocking SSE-C"."""


WITH_S3_KEYS = Encrypting()
"""Of new buckets since January 2023; S3 user guide, "Setting default server-side encryption behavior"."""


class Access(msgspec.Struct, frozen=True, array_like=True):
    """What of a bucket decides who may do what. The defaults are those of a new bucket."""

    has_policy: bool = False
    binds_root: bool = False
    """Whether the policy was put with x-amz-confirm-remove-self-bucket-access: the owner's root has no way around."""
    blocks: Blocks | None = ALL_BLOCKS
    """None once the configuration was deleted."""
    ownership: str = ENFORCED
    """Empty once the controls were deleted: as ObjectWriter."""
    grants: tuple[Grant, ...] | None = None
    """The access control list; None: full control for the owner, nothing else."""
    requester_pays: bool = False
    has_cors: bool = False
    has_website: bool = False
    notifies: bool = False
    """Whether somebody is told of events."""
    logs: bool = False
    """Whether requests are logged."""
    acceleration: str = ""
    """``Enabled``, ``Suspended``, or empty while it was never set."""
    keeping: Keeping = FOR_EVER_ONE
    encrypting: Encrypting = WITH_S3_KEYS
    tags_decide: bool = False
    """Whether attribute-based access control is enabled: policies see the bucket's tags."""

    @property
    def takes_acls(self) -> bool:
        return self.ownership != ENFORCED


NEW = Access()


def encrypting_of(access: Access | None) -> Encrypting:
    """Return how a bucket encrypts, given what its home tells of it."""
    return WITH_S3_KEYS if access is None else access.encrypting


def keeping_of(access: Access | None) -> Keeping:
    """Return how a bucket keeps objects, given what its home tells of it."""
    return FOR_EVER_ONE if access is None else access.keeping


class Document(Record, frozen=True):
    """A long setting of a bucket, as text."""

    partition: str
    bucket: str
    kind: str
    text: str


class AccountBlocks(Record, frozen=True):
    """The public access block of an account, over those of its buckets."""

    name: str
    blocks: Blocks


documents: Table[Document] = Table("s3.documents", Document, key=("partition", "bucket", "kind"), reach="global")
account_blocks: Table[AccountBlocks] = Table("s3.account_blocks", AccountBlocks, key=("name",), reach="account")


def document_of(scope: Scope, bucket: str, kind: DocumentKind) -> str:
    """Return a document of a bucket; empty when it has none."""
    found = documents.find(scope, scope.partition, bucket, kind)
    return found.text if found is not None else ""


def blocks_of_account(scope: Scope, account: str) -> Blocks | None:
    """Return the public access block of an account, None when it was never given one."""
    found = account_blocks.find(scope.within(account), "")
    return found.blocks if found is not None else None


def blocks_of(scope: Scope, owner: str, access: Access) -> Blocks:
    """Return what is blocked on a bucket, by its own setting or its owner's account's."""
    own = access.blocks or NO_BLOCKS
    return own if own == ALL_BLOCKS else own | (blocks_of_account(scope, owner) or NO_BLOCKS)
