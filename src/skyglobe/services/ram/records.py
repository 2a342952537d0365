"""What Resource Access Manager keeps: shares where they were made, and what both sides see for the whole cloud."""

from __future__ import annotations

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.resources import Resource, ResourceTable
from skyglobe.kernel.tables import Record, Table


class ResourceShare(Resource, frozen=True, kw_only=True):
    """A share; its id is the last part of its ARN."""

    name: str
    allows_external: bool
    changed_at: Instant
    status: str = "ACTIVE"


class Association(Record, frozen=True):
    """A principal that has a share, or a resource that is in it."""

    share_arn: str
    type: str
    """``PRINCIPAL``, ``RESOURCE``, or ``SOURCE``: where the calls of service principals have to come from."""
    entity: str
    status: str
    is_external: bool
    created_at: Instant
    changed_at: Instant
    resource_type: str = ""
    """As ``ec2:Subnet``; of resources only."""


class Invitation(Record, frozen=True):
    """An account outside of the organization is asked to take a share."""

    arn: str
    share_arn: str
    share_name: str
    sender: str
    receiver: str
    sent_at: Instant
    status: str = "PENDING"


class Permission(Resource, frozen=True, kw_only=True):
    """A permission of a customer's; its id is its name."""

    resource_type: str
    default: int
    """The version that shares get."""
    latest: int
    """The number of the last version that was made; numbers are not used again."""
    changed_at: Instant


class PermissionVersion(Record, frozen=True):
    """What a permission says, for good."""

    permission: str
    """Its name."""
    number: int
    template: str
    created_at: Instant


class Attachment(Record, frozen=True):
    """The permission a share has for its resources of one type."""

    share_arn: str
    resource_type: str
    permission_arn: str
    version: int
    changed_at: Instant


class Replacement(Record, frozen=True):
    """A piece of work: all shares that have one permission get another."""

    id: str
    from_arn: str
    from_version: int
    """0: whatever version."""
    to_arn: str
    to_version: int
    created_at: Instant
    changed_at: Instant
    status: str = "IN_PROGRESS"


shares: ResourceTable[ResourceShare] = ResourceTable("AWS::RAM::ResourceShare", "ram.shares", ResourceShare)
associations: Table[Association] = Table(
    "ram.associations",
    Association,
    key=("share_arn", "type", "entity"),
    indexes={"entity": ("type", "entity")},
    reach="global",
)
invitations: Table[Invitation] = Table(
    "ram.invitations",
    Invitation,
    key=("arn",),
    indexes={"receiver": ("receiver",), "share": ("share_arn", "receiver")},
    reach="global",
)
permissions: ResourceTable[Permission] = ResourceTable("AWS::RAM::Permission", "ram.permissions", Permission)
permission_versions: Table[PermissionVersion] = Table(
    "ram.permission_versions", PermissionVersion, key=("permission", "number")
)
attachments: Table[Attachment] = Table(
    "ram.attachments",
    Attachment,
    key=("share_arn", "resource_type"),
    indexes={"permission": ("permission_arn", "share_arn")},
)
replacements: Table[Replacement] = Table("ram.replacements", Replacement, key=("id",))
