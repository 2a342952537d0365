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
    """``PRINCIPAL`` or ``RESOURCE``."""
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
