"""Attaching managed policies to users, groups and roles, and taking them off."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.iam import iam
from skyglobe.services.iam.holders import get_changeable, get_holder
from skyglobe.services.iam.managed import find_policy, get_attachable_policy, is_for_services_only
from skyglobe.services.iam.paging import page
from skyglobe.services.iam.records.attachments import Attachment, Kind, attachments
from skyglobe.services.iam.refusals import invalid_input, no_such_entity, over_quota

MAX_ATTACHED = 10  # managed policies of one user, group or role; IAM quotas


@iam.operation
def attach_user_policy(call: Call, user_name: str, policy_arn: str) -> None:
    """Attach a managed policy to a user."""
    _attach(call, "user", user_name, policy_arn)


@iam.operation
def attach_group_policy(call: Call, group_name: str, policy_arn: str) -> None:
    """Attach a managed policy to a group."""
    _attach(call, "group", group_name, policy_arn)


@iam.operation
def attach_role_policy(call: Call, role_name: str, policy_arn: str) -> None:
    """Attach a managed policy to a role."""
    _attach(call, "role", role_name, policy_arn)


def _attach(call: Call, kind: Kind, name: str, policy_arn: str) -> None:
    """Attach a policy once; again is no error. Raises LimitExceeded, PolicyNotAttachable, NoSuchEntity."""
    holder = get_changeable(call, kind, name)
    policy = get_attachable_policy(call, policy_arn)
    if is_for_services_only(policy):
        raise iam.errors.PolicyNotAttachableException("Cannot attach a Service Role Policy to a Customer Role.")
    if attachments.find(call, kind, holder.name_key, policy.arn) is not None:
        return
    if len(list(attachments.scan(call, kind, holder.name_key))) >= MAX_ATTACHED:
        raise over_quota(f"PoliciesPer{kind.capitalize()}", MAX_ATTACHED)
    attachments.insert(call, Attachment(kind=kind, holder=holder.name_key, policy_arn=policy.arn))


@iam.operation
def detach_user_policy(call: Call, user_name: str, policy_arn: str) -> None:
    """Take a managed policy off a user."""
    _detach(call, "user", user_name, policy_arn)


@iam.operation
def detach_group_policy(call: Call, group_name: str, policy_arn: str) -> None:
    """Take a managed policy off a group."""
    _detach(call, "group", group_name, policy_arn)


@iam.operation
def detach_role_policy(call: Call, role_name: str, policy_arn: str) -> None:
    """Take a managed policy off a role."""
    _detach(call, "role", role_name, policy_arn)


def _detach(call: Call, kind: Kind, name: str, policy_arn: str) -> None:
    holder = get_changeable(call, kind, name)
    if not policy_arn.startswith("arn:"):
        raise invalid_input(f"ARN {policy_arn} is not valid.")
    attached = attachments.find(call, kind, holder.name_key, policy_arn)
    if attached is None:
        raise no_such_entity(f"Policy {policy_arn} was not found.")
    attachments.delete(call, attached)


@iam.operation
def list_attached_user_policies(
    call: Call, user_name: str, path_prefix: str = "/", marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the managed policies attached to a user."""
    return _list(call, "user", user_name, path_prefix, marker, max_items)


@iam.operation
def list_attached_group_policies(
    call: Call, group_name: str, path_prefix: str = "/", marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the managed policies attached to a group."""
    return _list(call, "group", group_name, path_prefix, marker, max_items)


@iam.operation
def list_attached_role_policies(
    call: Call, role_name: str, path_prefix: str = "/", marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the managed policies attached to a role."""
    return _list(call, "role", role_name, path_prefix, marker, max_items)


def _list(
    call: Call, kind: Kind, name: str, path_prefix: str, marker: str | None, max_items: int | None
) -> dict[str, Any]:
    holder = get_holder(call, kind, name)
    rows = attached_shapes(call, kind, holder.name_key, path_prefix)
    listing = f"attached:{kind}:{holder.name_key}:{path_prefix}"
    found, more = page(call, listing, rows, lambda shown: shown["PolicyArn"], marker, max_items)
    return {"AttachedPolicies": found, **more}


def attached_shapes(call: Call, kind: Kind, holder: str, path_prefix: str = "/") -> list[dict[str, str]]:
    """Return the managed policies attached to a holder, as the API shows them, by ARN."""
    shown = []
    for attached in attachments.scan(call, kind, holder):
        policy = find_policy(call, attached.policy_arn)
        if policy is not None and policy.path.startswith(path_prefix):
            shown.append({"PolicyName": policy.id, "PolicyArn": policy.arn})
    return shown
