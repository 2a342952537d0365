"""Managed policies, whether the account's or AWS's: finding them, reading them, counting their uses."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.scope import Scope
from skyglobe.services.iam.aws_policies import aws_policy_version, find_aws_policy
from skyglobe.services.iam.records.attachments import attachments, boundaries
from skyglobe.services.iam.records.policies import ManagedPolicy, PolicyVersion, policies, policy_versions
from skyglobe.services.iam.refusals import invalid_input, no_such_entity
from skyglobe.services.iam.rules.tags import shown_tags

_SERVICE_LINKED = "/aws-service-role/"


def find_policy(scope: Scope, arn: str) -> ManagedPolicy | None:
    """Return the policy with this ARN: one of the account's own, or of AWS's."""
    if ":iam::aws:policy/" in arn:
        return find_aws_policy(arn)
    if f":{scope.account}:" not in arn:
        return None
    return next(policies.scan_by(scope, "arn", arn, limit=1), None)


def get_policy(scope: Scope, arn: str) -> ManagedPolicy:
    """As ``find_policy``. Raises InvalidInput for what is no ARN, NoSuchEntity when there is none."""
    if not arn.startswith("arn:"):
        raise invalid_input(f"ARN {arn} is not valid.")
    policy = find_policy(scope, arn)
    if policy is None:
        raise no_such_entity(f"Policy {arn} was not found.")
    return policy


def get_attachable_policy(scope: Scope, arn: str) -> ManagedPolicy:
    """Return the policy of an attachment to be. Raises InvalidInput and NoSuchEntity."""
    if not arn.startswith("arn:"):
        raise invalid_input(f"ARN {arn} is not valid.")
    policy = find_policy(scope, arn)
    if policy is None:
        raise no_such_entity(f"Policy {arn} does not exist or is not attachable.")
    return policy


def is_for_services_only(policy: ManagedPolicy) -> bool:
    """Whether this is a policy of service-linked roles, which nobody attaches."""
    return policy.is_ours and policy.path.startswith(_SERVICE_LINKED)


def find_version(scope: Scope, policy: ManagedPolicy, number: int) -> PolicyVersion | None:
    """Return one version of a policy. Of AWS's policies there is the default one only."""
    if policy.is_ours:
        return aws_policy_version(policy) if number == policy.default_version else None
    return policy_versions.find(scope, policy.unique_id, number)


def default_document(scope: Scope, policy: ManagedPolicy) -> str:
    """Return the document of a policy that counts."""
    version = find_version(scope, policy, policy.default_version)
    assert version is not None, f"{policy.arn} has no default version"
    return version.document


def attachment_count(scope: Scope, arn: str) -> int:
    """Return to how many users, groups and roles of the account a policy is attached."""
    return attachments.count_by(scope, "policy", arn)


def boundary_count(scope: Scope, arn: str) -> int:
    """Return how many users and roles of the account a policy bounds."""
    return boundaries.count_by(scope, "policy", arn)


def policy_shape(scope: Scope, policy: ManagedPolicy, *, whole: bool = False) -> dict[str, Any]:
    """Return a policy as lists show it; ``whole`` adds description and tags."""
    shown: dict[str, Any] = {
        "PolicyName": policy.id,
        "PolicyId": policy.unique_id,
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": f"v{policy.default_version}",
        "AttachmentCount": attachment_count(scope, policy.arn),
        "PermissionsBoundaryUsageCount": boundary_count(scope, policy.arn),
        "IsAttachable": not is_for_services_only(policy),
        "CreateDate": policy.created_at // 1000,
        "UpdateDate": policy.updated_at // 1000,
    }
    if whole:
        if policy.description:
            shown["Description"] = policy.description
        shown["Tags"] = shown_tags(policy.tags)
    return shown
