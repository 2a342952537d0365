"""Managed policies and their versions."""

from __future__ import annotations

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.resources import Resource
from skyglobe.kernel.tables import Record
from skyglobe.services.iam.records.watched import WatchedResources, WatchedTable

MAX_VERSIONS = 5  # of a policy; IAM quotas
MAX_POLICIES = 1_500  # customer managed, of an account; IAM quotas


class ManagedPolicy(Resource, frozen=True, kw_only=True):
    """A policy with an ARN of its own; ``id`` is its name. AWS's policies look the same, but are not kept."""

    unique_id: str
    """``ANPA…``"""
    path: str
    description: str
    default_version: int
    last_version: int
    updated_at: Instant

    @property
    def name_key(self) -> str:
        return self.id.lower()

    @property
    def is_ours(self) -> bool:
        """Whether this is one of AWS's policies, which nobody changes."""
        return self.owner == "aws"


class PolicyVersion(Record, frozen=True):
    """One document of a managed policy."""

    policy_id: str
    number: int
    document: str
    created_at: Instant


policies: WatchedResources[ManagedPolicy] = WatchedResources(
    "AWS::IAM::ManagedPolicy", "iam.policies", ManagedPolicy, key=("name_key",), reach="account"
)
policy_versions: WatchedTable[PolicyVersion] = WatchedTable(
    "iam.policy_versions", PolicyVersion, key=("policy_id", "number"), reach="account"
)
