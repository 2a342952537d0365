"""Which shares have which permissions, and the policies that come of it."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace as changed

from skyglobe.kernel import shared
from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.outbox import post
from skyglobe.kernel.scope import Scope
from skyglobe.services.ram import ram
from skyglobe.services.ram.granting import Known, apply_share, attach, get_known, template_of, update
from skyglobe.services.ram.paging import page
from skyglobe.services.ram.records import Attachment, Replacement, associations, attachments, replacements, shares
from skyglobe.services.ram.shapes import attachment_shape, permission_summary, work_shape
from skyglobe.services.ram.sharing import find_share, get_own_share, is_shared_with
from skyglobe.services.ram.templates import with_resource


@ram.operation(unused=("clientToken",))
def associate_resource_share_permission(
    call: Call,
    resource_share_arn: str,
    permission_arn: str,
    replace: bool = False,
    permission_version: int | None = None,
) -> dict[str, Any]:
    """Give a share a permission for its resources of one type, in place of another with ``replace``."""
    share = get_own_share(call, resource_share_arn)
    known = get_known(call, permission_arn)
    if permission_version not in (None, known.default):
        raise ram.errors.InvalidParameterException(
            f"Version {permission_version} is not the default version of the permission {permission_arn}."
        )
    if attachments.find(call, share.arn, known.resource_type) is not None and not replace:
        raise ram.errors.InvalidParameterException(
            f"The resource share already has a permission for the resource type {known.resource_type}."
        )
    attach(call, share, known)
    apply_share(call, share)
    return {"returnValue": True}


@ram.operation(unused=("clientToken",))
def disassociate_resource_share_permission(call: Call, resource_share_arn: str, permission_arn: str) -> dict[str, Any]:
    """Take a permission from a share that has no resources of its type."""
    share = get_own_share(call, resource_share_arn)
    known = get_known(call, permission_arn)
    attached = attachments.find(call, share.arn, known.resource_type)
    if attached is None or attached.permission_arn != known.arn:
        raise ram.errors.UnknownResourceException(f"{permission_arn} is not associated with {share.arn}.")
    if any(each.resource_type == known.resource_type for each in associations.scan(call, share.arn, "RESOURCE")):
        raise ram.errors.OperationNotPermittedException(
            f"The resource share has resources of the type {known.resource_type}."
        )
    attachments.delete(call, attached)
    apply_share(call, share)
    return {"returnValue": True}


@ram.operation
def list_resource_share_permissions(
    call: Call, resource_share_arn: str, next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    """List the permissions of a share that is the account's own, or shared with it."""
    share = find_share(call, resource_share_arn)
    if share is None or (share.owner != call.account and not is_shared_with(call, share, call.account)):
        raise ram.errors.UnknownResourceException(f"ResourceShare {resource_share_arn} could not be found.")
    there = call.within(share.owner, parse_arn(share.arn).region)
    found = [(each, get_known(there, each.permission_arn)) for each in attachments.scan(there, share.arn)]
    listing = f"share permissions:{share.arn}"
    rows, more = page(call, listing, found, lambda row: row[0].resource_type, next_token, max_results)
    summaries = [permission_summary(known, each.version, status="ASSOCIATED") for each, known in rows]
    return {"permissions": summaries, **more}


@ram.operation
def list_permission_associations(
    call: Call,
    permission_arn: str | None = None,
    permission_version: int | None = None,
    association_status: str | None = None,
    resource_type: str | None = None,
    feature_set: str | None = None,
    default_version: bool | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, Any]:
    """List which of the account's shares have which version of a permission."""
    found = []
    for each in attachments.scan(call) if permission_arn is None else _with(call, permission_arn):
        known = get_known(call, each.permission_arn)
        is_default = each.version == known.default
        if (
            permission_version in (None, each.version)
            and association_status in (None, "ASSOCIATED")
            and (resource_type is None or resource_type.lower() == each.resource_type.lower())
            and feature_set in (None, "STANDARD")
            and default_version in (None, is_default)
        ):
            found.append((each, is_default))
    rows, more = page(
        call,
        f"permission associations:{permission_arn}",
        found,
        lambda row: f"{row[0].permission_arn} {row[0].share_arn}",
        next_token,
        max_results,
    )
    return {"permissions": [attachment_shape(*row) for row in rows], **more}


def _with(scope: Scope, permission_arn: str, version: int = 0) -> list[Attachment]:
    """Return where a permission is used, in one version or in any."""
    found = attachments.scan_by(scope, "permission", permission_arn)
    return [each for each in found if version in (0, each.version)]


@ram.operation(unused=("clientToken",))
def replace_permission_associations(
    call: Call, from_permission_arn: str, to_permission_arn: str, from_permission_version: int | None = None
) -> dict[str, Any]:
    """Have all shares that have one permission get the default version of another, or of the same."""
    known, wanted = get_known(call, from_permission_arn), get_known(call, to_permission_arn)
    if known.resource_type != wanted.resource_type:
        raise ram.errors.InvalidParameterException(
            f"The permissions are for different resource types: {known.resource_type} and {wanted.resource_type}."
        )
    if from_permission_version is not None:
        template_of(call, known, from_permission_version)
    work = Replacement(
        id=call.kernel.ids.uuid(),
        from_arn=known.arn,
        from_version=from_permission_version or 0,
        to_arn=wanted.arn,
        to_version=wanted.default,
        created_at=call.now,
        changed_at=call.now,
    )
    replacements.insert(call, work)
    post(call, "ram", "replace", {"id": work.id}, lane=f"ram.replace:{call.account}:{call.region}")
    return {"replacePermissionAssociationsWork": work_shape(work)}


@ram.consumer("replace")
def replace_everywhere(scope: Scope, payload: dict[str, Any]) -> None:
    """Do the work; done again it finds nothing to do."""
    work = replacements.find(scope, payload["id"])
    if work is None or work.status != "IN_PROGRESS":
        return
    wanted = _find_known(scope, work.to_arn)
    if wanted is not None:
        for attached in _with(scope, work.from_arn, work.from_version):
            update(scope, attached, wanted)
            share = find_share(scope, attached.share_arn)
            if share is not None:
                apply_share(scope, share)
    status = "COMPLETED" if wanted is not None else "FAILED"
    replacements.replace(scope, work, changed(work, status=status, changed_at=scope.now))


def _find_known(scope: Scope, arn: str) -> Known | None:
    try:
        return get_known(scope, arn)
    except ram.errors.UnknownResourceException:
        return None  # deleted since


@ram.operation
def list_replace_permission_associations_work(
    call: Call,
    work_ids: list[str] | None = None,
    status: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, Any]:
    """List the replacements that were asked for, and how far they are."""
    found = [
        work
        for work in replacements.scan(call)
        if (not work_ids or work.id in work_ids) and status in (None, work.status)
    ]
    rows, more = page(call, f"replacements:{status}", found, lambda work: work.id, next_token, max_results)
    return {"replacePermissionAssociationsWorks": [work_shape(work) for work in rows], **more}


@ram.operation
def get_resource_policies(
    call: Call,
    resource_arns: list[str],
    principal: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, Any]:
    """Return the policies that the account's shares put on its resources."""
    found = []
    for arn in dict.fromkeys(resource_arns):
        for resource in shared.resources.scan(call, arn):
            share = find_share(call, resource.share)
            if share is None or share.owner != call.account or shares.find(call, share.id) is None:
                continue
            if principal is not None and associations.find(call, share.arn, "PRINCIPAL", principal) is None:
                continue
            policy = shared.policies.find(call, share.arn, resource.kind)
            document = shared.document_of(call, policy) if policy is not None else ""
            if document:
                found.append((f"{arn} {share.arn}", with_resource(document, arn)))
    rows, more = page(call, f"policies:{principal}", found, lambda row: row[0], next_token, max_results)
    return {"policies": [document for _, document in rows], **more}
