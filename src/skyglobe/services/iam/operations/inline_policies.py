"""Inline policies: documents that are part of one user, group or role."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.iam import iam
from skyglobe.services.iam.holders import get_changeable, get_holder
from skyglobe.services.iam.paging import page
from skyglobe.services.iam.records.attachments import InlinePolicy, Kind, inline_policies
from skyglobe.services.iam.refusals import not_found
from skyglobe.services.iam.rules.documents import MAX_INLINE, check_document, shown_document, size_of


@iam.operation
def put_user_policy(call: Call, user_name: str, policy_name: str, policy_document: str) -> None:
    """Put an inline policy on a user, or another document in its place."""
    _put(call, "user", user_name, policy_name, policy_document)


@iam.operation
def put_group_policy(call: Call, group_name: str, policy_name: str, policy_document: str) -> None:
    """Put an inline policy on a group, or another document in its place."""
    _put(call, "group", group_name, policy_name, policy_document)


@iam.operation
def put_role_policy(call: Call, role_name: str, policy_name: str, policy_document: str) -> None:
    """Put an inline policy on a role, or another document in its place."""
    _put(call, "role", role_name, policy_name, policy_document)


def _put(call: Call, kind: Kind, name: str, policy_name: str, document: str) -> None:
    """Raises NoSuchEntity, UnmodifiableEntity, MalformedPolicyDocument; LimitExceeded for all documents together."""
    holder = get_changeable(call, kind, name)
    check_document(document)
    others = (one for one in inline_policies.scan(call, kind, holder.name_key) if one.name != policy_name)
    if size_of(document) + sum(size_of(one.document) for one in others) > MAX_INLINE[kind]:
        raise iam.errors.LimitExceededException(
            f"Maximum policy size of {MAX_INLINE[kind]} bytes exceeded for {kind} {holder.id}"
        )
    inline_policies.put(call, InlinePolicy(kind=kind, holder=holder.name_key, name=policy_name, document=document))


@iam.operation
def get_user_policy(call: Call, user_name: str, policy_name: str) -> dict[str, Any]:
    """Return an inline policy of a user."""
    return _get(call, "user", user_name, policy_name)


@iam.operation
def get_group_policy(call: Call, group_name: str, policy_name: str) -> dict[str, Any]:
    """Return an inline policy of a group."""
    return _get(call, "group", group_name, policy_name)


@iam.operation
def get_role_policy(call: Call, role_name: str, policy_name: str) -> dict[str, Any]:
    """Return an inline policy of a role."""
    return _get(call, "role", role_name, policy_name)


def _get(call: Call, kind: Kind, name: str, policy_name: str) -> dict[str, Any]:
    holder = get_holder(call, kind, name)
    found = _find(call, kind, holder.name_key, policy_name)
    return {
        f"{kind.capitalize()}Name": holder.id,
        "PolicyName": found.name,
        "PolicyDocument": shown_document(found.document),
    }


def _find(call: Call, kind: Kind, holder: str, policy_name: str) -> InlinePolicy:
    found = inline_policies.find(call, kind, holder, policy_name)
    if found is None:
        raise not_found(f"{kind} policy", policy_name)
    return found


@iam.operation
def delete_user_policy(call: Call, user_name: str, policy_name: str) -> None:
    """Delete an inline policy of a user."""
    _delete(call, "user", user_name, policy_name)


@iam.operation
def delete_group_policy(call: Call, group_name: str, policy_name: str) -> None:
    """Delete an inline policy of a group."""
    _delete(call, "group", group_name, policy_name)


@iam.operation
def delete_role_policy(call: Call, role_name: str, policy_name: str) -> None:
    """Delete an inline policy of a role."""
    _delete(call, "role", role_name, policy_name)


def _delete(call: Call, kind: Kind, name: str, policy_name: str) -> None:
    holder = get_changeable(call, kind, name)
    inline_policies.delete(call, _find(call, kind, holder.name_key, policy_name))


@iam.operation
def list_user_policies(
    call: Call, user_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the names of a user's inline policies."""
    return _list(call, "user", user_name, marker, max_items)


@iam.operation
def list_group_policies(
    call: Call, group_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the names of a group's inline policies."""
    return _list(call, "group", group_name, marker, max_items)


@iam.operation
def list_role_policies(
    call: Call, role_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the names of a role's inline policies."""
    return _list(call, "role", role_name, marker, max_items)


def _list(call: Call, kind: Kind, name: str, marker: str | None, max_items: int | None) -> dict[str, Any]:
    holder = get_holder(call, kind, name)
    names = (policy.name for policy in inline_policies.scan(call, kind, holder.name_key))
    found, more = page(call, f"inline:{kind}:{holder.name_key}", names, lambda one: one, marker, max_items)
    return {"PolicyNames": found, **more}


def inline_shapes(call: Call, kind: Kind, holder: str) -> list[dict[str, str]]:
    """Return a holder's inline policies with their documents, as the dump of an account shows them."""
    return [
        {"PolicyName": policy.name, "PolicyDocument": shown_document(policy.document)}
        for policy in inline_policies.scan(call, kind, holder)
    ]
