"""Hanging policies on roots, units and accounts, and AWS's own policies that are everywhere."""

from __future__ import annotations

from collections.abc import Iterable

from skyglobe.kernel.scope import Scope
from skyglobe.services.organizations.records import (
    Attachment,
    Policy,
    accounts,
    attachments,
    note_change,
    policies,
    roots,
    units,
)
from skyglobe.services.organizations.refusals import no_such_policy
from skyglobe.services.organizations.rules.policy_types import FULL_ACCESS


def _aws_policy(type_: str) -> Policy:
    id_, description, content = FULL_ACCESS[type_]
    return Policy(
        arn=f"arn:aws:organizations::aws:policy/{type_.lower()}/{id_}",
        id=id_,
        owner="aws",
        created_at=0,
        name=id_.removeprefix("p-"),
        description=description,
        type=type_,
        content=content,
        changed_at=0,
    )


AWS_POLICIES: dict[str, Policy] = {policy.id: policy for policy in map(_aws_policy, FULL_ACCESS)}


def find_policy(there: Scope, policy_id: str) -> Policy | None:
    """Return a policy of the organization, or AWS's own, or None."""
    return AWS_POLICIES.get(policy_id) or policies.find(there, policy_id)


def get_policy(there: Scope, policy_id: str) -> Policy:
    """Return a policy. Raises PolicyNotFoundException."""
    policy = find_policy(there, policy_id)
    if policy is None:
        raise no_such_policy()
    return policy


def attach(there: Scope, policy: Policy, target_id: str) -> None:
    """Hang a policy on a target where it does not hang yet."""
    number = there.kernel.next_order()
    attachment = Attachment(
        target_id=target_id, policy_id=policy.id, type=policy.type, number=number, attached_at=there.now
    )
    attachments.insert(there, attachment)
    note_change(there, "attach", target_id, policy.id, policy.content)


def detach(there: Scope, attachment: Attachment) -> None:
    """Take a policy off a target."""
    attachments.delete(there, attachment)
    note_change(there, "detach", attachment.target_id, attachment.policy_id)


def list_attached(there: Scope, target_id: str, type_: str) -> list[Policy]:
    """Return the policies of a type that hang on a target, in the order in which they were attached."""
    hung = sorted(attachments.scan(there, target_id, type_), key=lambda each: each.number)
    return [policy for each in hung if (policy := find_policy(there, each.policy_id)) is not None]


def open_up(there: Scope, target_id: str, types: Iterable[str]) -> None:
    """Hang AWS's full access on a new target, for each type in force that has one."""
    for type_ in types:
        if type_ in FULL_ACCESS:
            attach(there, AWS_POLICIES[FULL_ACCESS[type_][0]], target_id)


def open_up_all(there: Scope, type_: str) -> None:
    """Hang AWS's full access on everything there is, as happens when a type is enabled."""
    for table in (roots, units, accounts):
        for node in list(table.scan(there)):
            open_up(there, node.id, (type_,))


def clear_type(there: Scope, type_: str) -> None:
    """Take all policies of a type off everything, as happens when a type is disabled."""
    for attachment in [each for each in attachments.scan(there) if each.type == type_]:
        detach(there, attachment)


def clear_target(there: Scope, target_id: str) -> None:
    """Take everything off a target that goes."""
    for attachment in list(attachments.scan(there, target_id)):
        detach(there, attachment)
