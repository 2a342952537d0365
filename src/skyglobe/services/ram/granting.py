"""Permissions, AWS's and customers', and what shares let their principals do by them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from msgspec.structs import replace

from skyglobe.kernel import shared
from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.clock import Instant
from skyglobe.kernel.scope import Scope
from skyglobe.services.ram import ram
from skyglobe.services.ram.managed import MANAGED, find_default
from skyglobe.services.ram.records import (
    Attachment,
    Permission,
    ResourceShare,
    associations,
    attachments,
    permission_versions,
    permissions,
)
from skyglobe.services.ram.templates import policy_of

SERVICE = "ram.amazonaws.com"


class Known(NamedTuple):
    """A permission, whoever made it."""

    arn: str
    name: str
    resource_type: str
    default: int
    created_at: Instant
    changed_at: Instant
    is_type_default: bool = False
    type: str = "AWS_MANAGED"
    tags: dict[str, str] | None = None


def list_known(scope: Scope) -> Iterator[Known]:
    """Yield AWS's permissions, then those of this account and region."""
    for one in MANAGED.values():
        yield Known(one.arn, one.name, one.resource_type, 1, one.created_at, one.created_at, one.is_type_default)
    for made in permissions.scan(scope):
        yield known_of(made)


def known_of(made: Permission) -> Known:
    """Return a customer's permission."""
    return Known(
        made.arn,
        made.id,
        made.resource_type,
        made.default,
        made.created_at,
        made.changed_at,
        type="CUSTOMER_MANAGED",
        tags=made.tags,
    )


def get_known(scope: Scope, arn: str) -> Known:
    """Return a permission that can be used here. Raises MalformedArnException and UnknownResourceException."""
    managed = MANAGED.get(arn)
    if managed is not None:
        at = managed.created_at
        return Known(arn, managed.name, managed.resource_type, 1, at, at, managed.is_type_default)
    return known_of(get_own(scope, arn))


def get_own(scope: Scope, arn: str) -> Permission:
    """Return a customer's permission of this account and region.

    Raises MalformedArnException, OperationNotPermittedException for AWS's, and UnknownResourceException.
    """
    try:
        place = parse_arn(arn)
    except ValueError as error:
        raise ram.errors.MalformedArnException(f"The specified permission ARN {arn} is not valid.") from error
    if arn in MANAGED:
        raise ram.errors.OperationNotPermittedException(f"The permission {arn} is managed by AWS.")
    made = permissions.find(scope, place.resource.partition("/")[2])
    if made is None or made.arn != arn:
        raise ram.errors.UnknownResourceException(f"Permission {arn} could not be found.")
    return made


def template_of(scope: Scope, known: Known, number: int) -> tuple[str, Instant]:
    """Return what a version of a permission says, and when it was made. Raises UnknownResourceException."""
    managed = MANAGED.get(known.arn)
    if managed is not None and number == 1:
        return managed.template, managed.created_at
    version = permission_versions.find(scope, known.name, number) if managed is None else None
    if version is None:
        raise ram.errors.UnknownResourceException(f"Version {number} of permission {known.arn} could not be found.")
    return version.template, version.created_at


def attach(scope: Scope, share: ResourceShare, known: Known) -> None:
    """Give a share of this account the default version of a permission for its resources of one type."""
    attached = Attachment(
        share_arn=share.arn,
        resource_type=known.resource_type,
        permission_arn=known.arn,
        version=known.default,
        changed_at=scope.now,
    )
    attachments.put(scope, attached)


def ensure_attached(scope: Scope, share: ResourceShare, resource_type: str) -> None:
    """Give a share AWS's default permission for a type of resources unless it has one."""
    if attachments.find(scope, share.arn, resource_type) is None:
        default = find_default(resource_type)
        if default is not None:
            attach(scope, share, get_known(scope, default.arn))


def apply_share(scope: Scope, share: ResourceShare) -> None:
    """Let a share's principals do what its permissions say, and nobody anything else."""
    there = scope.within(share.owner, parse_arn(share.arn).region)
    held = [each.entity for each in associations.scan(scope, share.arn, "PRINCIPAL") if each.status == "ASSOCIATED"]
    sources = [each.entity for each in associations.scan(scope, share.arn, "SOURCE")]
    for before in list(shared.policies.scan(scope, share.arn)):
        shared.policies.drop(scope, share.arn, before.kind)
    for attached in list(attachments.scan(there, share.arn)):
        template, _ = template_of(there, get_known(there, attached.permission_arn), attached.version)
        made = policy_of(template, held, sources)
        if made.document:
            policy = shared.SharedPolicy(
                share=share.arn,
                kind=attached.resource_type,
                document=made.document,
                document_outside=made.outside,
                organization_id=made.organization_id,
                trusted=SERVICE,
            )
            shared.policies.put(scope, policy)


def update(scope: Scope, attached: Attachment, known: Known) -> None:
    """Have a share use the default version of a permission for resources of its type."""
    changed = replace(attached, permission_arn=known.arn, version=known.default, changed_at=scope.now)
    attachments.replace(scope, attached, changed)
