"""Resource shares: making, listing, changing and deleting them; sharing within an organization."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.arns import make_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.standing import find_membership
from skyglobe.kernel.timers import set_timer
from skyglobe.services.ram import ram
from skyglobe.services.ram.granting import SERVICE, apply_share, attach, get_known
from skyglobe.services.ram.operations.tags import merged_tags
from skyglobe.services.ram.paging import page
from skyglobe.services.ram.records import ResourceShare, associations, attachments, invitations, shares
from skyglobe.services.ram.shapes import share_shape
from skyglobe.services.ram.sharing import (
    add_principal,
    add_resource,
    add_source,
    get_own_share,
    list_shared_with,
    remove,
)

MAX_SHARES = 5_000  # of an account in a region; user guide, "Service quotas"
SHOWN_FOR = 2 * 3_600_000  # milliseconds; user guide, "Deleting a resource share": visible for two hours


@ram.operation(unused=("clientToken", "resourceShareConfiguration"))
def create_resource_share(
    call: Call,
    name: str,
    resource_arns: list[str] | None = None,
    principals: list[str] | None = None,
    tags: list[dict[str, str]] | None = None,
    allow_external_principals: bool = True,
    permission_arns: list[str] | None = None,
    sources: list[str] | None = None,
) -> dict[str, Any]:
    """Make a share of resources for principals; both may be added later, and so may permissions."""
    if sum(1 for _ in shares.scan(call)) >= MAX_SHARES:
        raise ram.errors.ResourceShareLimitExceededException("You have reached the limit of resource shares.")
    id_ = call.kernel.ids.uuid()
    share = ResourceShare(
        arn=make_arn(call, "ram", f"resource-share/{id_}"),
        id=id_,
        owner=call.account,
        created_at=call.now,
        tags=merged_tags({}, tags),
        name=name,
        allows_external=allow_external_principals,
        changed_at=call.now,
    )
    shares.insert(call, share)
    for arn in permission_arns or ():
        known = get_known(call, arn)
        if attachments.find(call, share.arn, known.resource_type) is not None:
            raise ram.errors.InvalidParameterException(
                f"You can specify only one permission for the resource type {known.resource_type}."
            )
        attach(call, share, known)
    for arn in resource_arns or ():
        add_resource(call, share, arn)
    for principal in principals or ():
        add_principal(call, share, principal)
    for source in sources or ():
        add_source(call, share, source)
    apply_share(call, share)
    return {"resourceShare": share_shape(share)}


@ram.operation
def get_resource_shares(
    call: Call,
    resource_owner: str,
    resource_share_arns: list[str] | None = None,
    resource_share_status: str | None = None,
    name: str | None = None,
    tag_filters: list[dict[str, Any]] | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
    permission_arn: str | None = None,
    permission_version: int | None = None,
) -> dict[str, Any]:
    """List the shares this account made, or those others gave it."""
    known = list(shares.scan(call)) if resource_owner == "SELF" else _given(call)
    listed = [
        share
        for share in known
        if (not resource_share_arns or share.arn in resource_share_arns)
        and resource_share_status in (None, share.status)
        and name in (None, share.name)
        and all(_has_tag(share, each) for each in tag_filters or ())
        and (permission_arn is None or _has_permission(call, share, permission_arn, permission_version))
    ]
    missing = set(resource_share_arns or ()) - {share.arn for share in known}
    if missing:
        raise ram.errors.UnknownResourceException(f"ResourceShare {min(missing)} could not be found.")
    rows, more = page(call, f"shares:{resource_owner}", listed, lambda share: share.arn, next_token, max_results)
    return {"resourceShares": [share_shape(share) for share in rows], **more}


def _given(call: Call) -> list[ResourceShare]:
    return [share for share in list_shared_with(call, call.account) if f":{call.region}:" in share.arn]


def _has_tag(share: ResourceShare, wanted: dict[str, Any]) -> bool:
    value, values = share.tags.get(wanted.get("tagKey", "")), wanted.get("tagValues")
    return value is not None and (not values or value in values)


def _has_permission(call: Call, share: ResourceShare, arn: str, version: int | None) -> bool:
    there = call.within(share.owner)
    held = attachments.scan(there, share.arn)
    return any(each.permission_arn == arn and version in (None, each.version) for each in held)


@ram.operation(unused=("clientToken",))
def update_resource_share(
    call: Call, resource_share_arn: str, name: str | None = None, allow_external_principals: bool | None = None
) -> dict[str, Any]:
    """Give a share another name, or close it to principals from outside."""
    share = get_own_share(call, resource_share_arn)
    allows = share.allows_external if allow_external_principals is None else allow_external_principals
    held = list(associations.scan(call, share.arn, "PRINCIPAL"))
    if not allows and any(each.is_external for each in held):
        raise ram.errors.OperationNotPermittedException(
            "The resource share has external principals. Disassociate them before you disallow them."
        )
    changed = replace(share, name=share.name if name is None else name, allows_external=allows, changed_at=call.now)
    shares.replace(call, share, changed)
    return {"resourceShare": share_shape(changed)}


@ram.operation(unused=("clientToken",))
def delete_resource_share(call: Call, resource_share_arn: str) -> dict[str, Any]:
    """Delete a share: nobody has it any more. It is shown as deleted for two hours."""
    share = get_own_share(call, resource_share_arn)
    for association in list(associations.scan(call, share.arn)):
        remove(call, association)
    for attached in list(attachments.scan(call, share.arn)):
        attachments.delete(call, attached)
    apply_share(call, share)
    for invitation in list(invitations.scan_by(call, "share", share.arn)):
        invitations.delete(call, invitation)
    shares.replace(call, share, replace(share, status="DELETED", changed_at=call.now))
    set_timer(call, "ram", "forget", share.id, call.now + SHOWN_FOR)
    return {"returnValue": True}


@ram.operation
def enable_sharing_with_aws_organization(call: Call) -> Coroutine[Any, Any, dict[str, Any]]:
    """Have the organization trust RAM, so that its accounts get shares without invitations."""
    membership = find_membership(call, call.account)
    if membership is None or not membership.is_management:
        raise ram.errors.OperationNotPermittedException(
            "The account calling this operation must be the management account of an organization."
        )
    return _enable_sharing(call)


async def _enable_sharing(call: Call) -> dict[str, Any]:
    try:
        await call.as_service("ram").organizations.enable_aws_service_access(ServicePrincipal=SERVICE)
    except ServiceError as error:
        raise ram.errors.OperationNotPermittedException(error.message) from error
    return {"returnValue": True}
