"""What is in a share, and who has it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.ram import ram
from skyglobe.services.ram.granting import apply_share
from skyglobe.services.ram.paging import page
from skyglobe.services.ram.records import Association, ResourceShare, associations, shares
from skyglobe.services.ram.shapes import association_shape, source_shape
from skyglobe.services.ram.sharing import add_principal, add_resource, add_source, get_own_share, remove


@ram.operation(unused=("clientToken",))
def associate_resource_share(
    call: Call,
    resource_share_arn: str,
    resource_arns: list[str] | None = None,
    principals: list[str] | None = None,
    sources: list[str] | None = None,
) -> dict[str, Any]:
    """Add principals and resources to a share, and sources that its service principals are limited to."""
    share = get_own_share(call, resource_share_arn)
    _check_given(resource_arns, principals, sources)
    added = [add_resource(call, share, arn) for arn in resource_arns or ()]
    added += [add_principal(call, share, principal) for principal in principals or ()]
    added += [add_source(call, share, source) for source in sources or ()]
    apply_share(call, share)
    return _answer(share, added)


@ram.operation(unused=("clientToken",))
def disassociate_resource_share(
    call: Call,
    resource_share_arn: str,
    resource_arns: list[str] | None = None,
    principals: list[str] | None = None,
    sources: list[str] | None = None,
) -> dict[str, Any]:
    """Take principals, resources and sources out of a share."""
    share = get_own_share(call, resource_share_arn)
    _check_given(resource_arns, principals, sources)
    named = [("RESOURCE", arn) for arn in resource_arns or ()] + [("PRINCIPAL", each) for each in principals or ()]
    named += [("SOURCE", each) for each in sources or ()]
    removed = []
    for type_, entity in named:
        association = associations.find(call, share.arn, type_, entity)
        if association is None:
            raise ram.errors.UnknownResourceException(f"{entity} is not associated with {share.arn}.")
        removed.append(remove(call, association))
    apply_share(call, share)
    return _answer(share, removed)


def _check_given(*given: list[str] | None) -> None:
    if not any(given):
        raise ram.errors.InvalidParameterException("You must specify at least one resource or principal.")


def _answer(share: ResourceShare, changed: list[Association]) -> dict[str, Any]:
    return {"resourceShareAssociations": [association_shape(each, share.name) for each in changed]}


@ram.operation
def get_resource_share_associations(
    call: Call,
    association_type: str,
    resource_share_arns: list[str] | None = None,
    resource_arn: str | None = None,
    principal: str | None = None,
    association_status: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, Any]:
    """List what is in this account's shares, or who has them."""
    if (resource_arn is not None and association_type != "RESOURCE") or (
        principal is not None and association_type != "PRINCIPAL"
    ):
        raise ram.errors.InvalidParameterException(
            f"You can't filter associations of the type {association_type} by what is of another type."
        )
    wanted = resource_arn or principal
    own = [get_own_share(call, arn) for arn in resource_share_arns] if resource_share_arns else shares.scan(call)
    listed = [
        (share, each)
        for share in own
        for each in _of(call, share, association_type)
        if wanted in (None, each.entity) and association_status in (None, each.status)
    ]
    listing = f"associations:{association_type}"
    rows, more = page(call, listing, listed, lambda row: f"{row[1].share_arn} {row[1].entity}", next_token, max_results)
    return {"resourceShareAssociations": [association_shape(each, share.name) for share, each in rows], **more}


@ram.operation
def list_source_associations(
    call: Call,
    resource_share_arns: list[str] | None = None,
    source_id: str | None = None,
    source_type: str | None = None,
    association_status: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, Any]:
    """List the sources that service principals of this account's shares are limited to."""
    own = [get_own_share(call, arn) for arn in resource_share_arns] if resource_share_arns else shares.scan(call)
    shown = [source_shape(each) for share in list(own) for each in _of(call, share, "SOURCE")]
    listed = [
        each
        for each in shown
        if source_id in (None, each["sourceId"])
        and source_type in (None, each["sourceType"])
        and association_status in (None, each["status"])
    ]
    rows, more = page(
        call, "sources", listed, lambda row: f"{row['resourceShareArn']} {row['sourceId']}", next_token, max_results
    )
    return {"sourceAssociations": rows, **more}


def _of(call: Call, share: ResourceShare, type_: str) -> Iterator[Association]:
    return associations.scan(call, share.arn, type_)
