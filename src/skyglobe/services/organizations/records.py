"""What Organizations keeps: in the management account, but for what both sides of an invitation see."""

from __future__ import annotations

import hashlib

import msgspec

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.resources import Resource, ResourceTable
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Record, Table


class Organization(Resource, frozen=True, kw_only=True):
    """An organization; its owner is the management account."""

    feature_set: str
    root_id: str


class Root(Resource, frozen=True, kw_only=True):
    """The top of an organization's tree."""

    policy_types: tuple[str, ...] = ()
    """Those enabled, in the order of enabling."""


class Unit(Resource, frozen=True, kw_only=True):
    """An organizational unit."""

    name: str
    parent_id: str
    path: str
    """From the organization down to itself, ``o-…/r-…/ou-…/``; units never move."""


class Account(Resource, frozen=True, kw_only=True):
    """A member of an organization, the management account among them. Its id is the account's number."""

    name: str
    email: str
    parent_id: str
    joined_method: str
    joined_at: Instant
    status: str = "ACTIVE"


class Policy(Resource, frozen=True, kw_only=True):
    """A policy of any type, written by a customer."""

    name: str
    description: str
    type: str
    content: str
    changed_at: Instant


class Attachment(Record, frozen=True):
    """A policy hangs on a root, unit or account."""

    target_id: str
    policy_id: str
    type: str
    number: int
    """In the order of attaching, which decides between policies on the same target."""
    attached_at: Instant


class CreateRequest(Record, frozen=True):
    """An account that was asked for."""

    id: str
    account_name: str
    email: str
    role_name: str
    tags: dict[str, str]
    state: str
    requested_at: Instant
    account_id: str
    """Chosen at once, told when the account is there."""
    completed_at: Instant | None = None
    failure: str = ""


class Handshake(Record, frozen=True):
    """An offer between the management account and another one."""

    id: str
    arn: str
    action: str
    organization_id: str
    management: str
    account: str | None
    """Who may accept; None as long as nobody has the address it was sent to."""
    email: str
    """Address of the invited, where it was invited by one."""
    state: str
    requested_at: Instant
    expires_at: Instant
    parent_id: str = ""
    notes: str = ""
    transfer_id: str = ""
    transfer_type: str = ""
    transfer_at: Instant = 0
    """When the transfer that is offered would start."""
    tags: dict[str, str] = msgspec.field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        return self.state in ("REQUESTED", "OPEN")


class Transfer(Resource, frozen=True, kw_only=True):
    """A responsibility of one organization that another one takes over. Its owner is who offered that."""

    name: str
    type: str
    status: str
    target: str
    """Management account that takes it over."""
    source: str | None
    """Management account whose organization's it is; None as long as nobody has the address it was offered to."""
    email: str
    """Where it was offered by address."""
    starts_at: Instant
    ends_at: Instant | None = None
    handshake_id: str = ""
    """Of the open handshake; empty once it ended."""


class Identity(Record, frozen=True):
    """An account's name and address, which stay its own when it leaves."""

    account: str
    name: str
    email: str

    @property
    def address(self) -> str:
        return self.email.lower()


class Delegation(Record, frozen=True):
    """A member account that administers an AWS service for the organization."""

    account_id: str
    service_principal: str
    enabled_at: Instant


class ResourcePolicy(Resource, frozen=True, kw_only=True):
    """What the management account delegates to members."""

    content: str


class Digest(Record, frozen=True):
    """The one row of ``organizations.digest``."""

    key: str
    value: bytes


organizations_table: ResourceTable[Organization] = ResourceTable(
    "AWS::Organizations::Organization", "organizations.organizations", Organization, reach="account"
)
roots: ResourceTable[Root] = ResourceTable("AWS::Organizations::Root", "organizations.roots", Root, reach="account")
units: ResourceTable[Unit] = ResourceTable(
    "AWS::Organizations::OrganizationalUnit",
    "organizations.units",
    Unit,
    indexes={"parent": ("parent_id",), "name": ("parent_id", "name")},
    reach="account",
)
accounts: ResourceTable[Account] = ResourceTable(
    "AWS::Organizations::Account",
    "organizations.accounts",
    Account,
    indexes={"parent": ("parent_id",)},
    reach="account",
)
policies: ResourceTable[Policy] = ResourceTable(
    "AWS::Organizations::Policy",
    "organizations.policies",
    Policy,
    indexes={"type": ("type",), "name": ("type", "name")},
    reach="account",
)
resource_policies: ResourceTable[ResourcePolicy] = ResourceTable(
    "AWS::Organizations::ResourcePolicy", "organizations.resource_policies", ResourcePolicy, reach="account"
)
attachments: Table[Attachment] = Table(
    "organizations.attachments",
    Attachment,
    key=("target_id", "type", "policy_id"),
    indexes={"policy": ("policy_id",)},
    reach="account",
)
create_requests: Table[CreateRequest] = Table(
    "organizations.create_requests", CreateRequest, key=("id",), indexes={"state": ("state",)}, reach="account"
)
delegations: Table[Delegation] = Table(
    "organizations.delegations",
    Delegation,
    key=("account_id", "service_principal"),
    indexes={"service": ("service_principal",)},
    reach="account",
)
handshakes: Table[Handshake] = Table(
    "organizations.handshakes",
    Handshake,
    key=("id",),
    indexes={"organization": ("organization_id",), "account": ("account",), "parent": ("parent_id",)},
    reach="global",
)
transfers: ResourceTable[Transfer] = ResourceTable(
    "AWS::Organizations::ResponsibilityTransfer",
    "organizations.transfers",
    Transfer,
    indexes={"target": ("target",), "source": ("source",)},
    reach="global",
)
identities: Table[Identity] = Table(
    "organizations.identities", Identity, key=("account",), indexes={"address": ("address",)}, reach="global"
)
digests: Table[Digest] = Table("organizations.digest", Digest, key=("key",), reach="account", is_hot=True)


def digest_of(there: Scope) -> bytes:
    """Return what stands for all control policies of the organization managed from ``there``, and where they hang."""
    found = digests.find(there, "")
    return found.value if found is not None else b""


def note_change(there: Scope, *change: object) -> None:
    """Take a change of policies, of where they hang, or of the types in force into the organization's digest.

    The digest covers the whole history: two organizations, or clouds, with the same digest hold the same.
    """
    before = digest_of(there) or there.account.encode()
    value = hashlib.blake2b(before + msgspec.msgpack.encode(change), digest_size=16).digest()
    digests.insert(there, Digest(key="", value=value))
