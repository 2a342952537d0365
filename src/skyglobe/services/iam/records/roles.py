"""Roles, instance profiles, and the tasks that delete service-linked roles."""

from __future__ import annotations

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.resources import Resource, ResourceTable
from skyglobe.kernel.tables import Record, Table
from skyglobe.services.iam.records.watched import WatchedResources

MAX_ROLES = 1_000  # of an account; IAM quotas
MAX_INSTANCE_PROFILES = 1_000  # of an account; IAM quotas
DEFAULT_SESSION_FOR = 3_600  # seconds; API reference of CreateRole
SERVICE_LINKED_PATH = "/aws-service-role/"


class Role(Resource, frozen=True, kw_only=True):
    """A role; ``id`` is its name."""

    unique_id: str
    """``AROA…``"""
    path: str
    description: str
    trust_policy: str
    """As it was given, in short form: ``rules/trust.py``."""
    principal_ids: dict[str, str]
    """The unique ids that the ARNs of users and roles in the trust policy stood for when it was written."""
    session_for: int
    """The longest session in seconds."""

    @property
    def name_key(self) -> str:
        return self.id.lower()

    @property
    def is_service_linked(self) -> bool:
        return self.path.startswith(SERVICE_LINKED_PATH)


class InstanceProfile(Resource, frozen=True, kw_only=True):
    """What hands a role to an EC2 instance; ``id`` is its name."""

    unique_id: str
    """``AIPA…``"""
    path: str
    role: str | None = None
    """The name of its role in lower case."""

    @property
    def name_key(self) -> str:
        return self.id.lower()


class DeletionTask(Record, frozen=True):
    """The deletion of a service-linked role."""

    id: str
    role: str
    status: str
    started_at: Instant


roles: WatchedResources[Role] = WatchedResources(
    "AWS::IAM::Role", "iam.roles", Role, key=("name_key",), indexes={"unique_id": ("unique_id",)}, reach="account"
)
instance_profiles: ResourceTable[InstanceProfile] = ResourceTable(
    "AWS::IAM::InstanceProfile",
    "iam.instance_profiles",
    InstanceProfile,
    key=("name_key",),
    indexes={"role": ("role",)},
    reach="account",
)
deletion_tasks: Table[DeletionTask] = Table("iam.deletion_tasks", DeletionTask, key=("id",), reach="account")
