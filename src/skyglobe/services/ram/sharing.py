"""Who has which share, and taking principals and resources into one."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.resources import RESOURCE_TABLES, Resource
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.shared import SharedResource, put_resource
from skyglobe.kernel.shared import resources as shared_resources
from skyglobe.kernel.standing import Standing, find_membership, is_trusted
from skyglobe.kernel.timers import set_timer
from skyglobe.services.ram import ram
from skyglobe.services.ram.granting import SERVICE, apply_share, ensure_attached
from skyglobe.services.ram.records import (
    Association,
    Invitation,
    ResourceShare,
    associations,
    invitations,
    shares,
)
from skyglobe.services.ram.rules import KEEPERS, SHAREABLE, PrincipalKind, account_of, find_kind, find_source_key

OPEN_FOR = 7 * 86_400_000  # milliseconds; user guide, "Accepting and rejecting invitations": seven days
MAX_PRINCIPALS = 5_000  # of one share; user guide, "Service quotas"
MAX_RESOURCES = 5_000  # of one share; same page
MAX_SOURCES = 100  # of one share; ours: AWS documents none


def find_share(scope: Scope, arn: str) -> ResourceShare | None:
    """Return the share with this ARN, wherever it is, or None."""
    try:
        place = parse_arn(arn)
    except ValueError as error:
        raise ram.errors.MalformedArnException(f"The specified resource ARN {arn} is not valid.") from error
    return shares.find(scope.within(place.account, place.region), place.resource.rpartition("/")[2])


def get_own_share(call: Call, arn: str) -> ResourceShare:
    """Return a share of this account and region that lives. Raises UnknownResourceException."""
    share = find_share(call, arn)
    if share is None or share.owner != call.account or share.status != "ACTIVE":
        raise ram.errors.UnknownResourceException(f"ResourceShare {arn} could not be found.")
    return share


def names_of(scope: Scope, account: str) -> list[str]:
    """Return all principals that stand for an account: itself, and its organization and units if RAM is trusted."""
    membership = find_membership(scope, account)
    if membership is None or not is_trusted(scope, membership.organization_id, SERVICE):
        return [account]
    organization, _, *units = membership.path.strip("/").split("/")
    base = f"arn:aws:organizations::{membership.management}"
    return [account, f"{base}:organization/{organization}", *(f"{base}:ou/{organization}/{unit}" for unit in units)]


def list_shared_with(scope: Scope, account: str) -> Iterator[ResourceShare]:
    """Yield the shares others gave to an account, or to users and roles of it."""
    arns: set[str] = set()
    for name in names_of(scope, account):
        arns |= {each.share_arn for each in associations.scan_by(scope, "entity", "PRINCIPAL", name) if _is_held(each)}
    identities = f"arn:aws:iam::{account}:"
    named = associations.scan_by(scope, "entity", "PRINCIPAL", starting=identities)
    arns |= {each.share_arn for each in named if _is_held(each)}
    for arn in sorted(arns):
        share = find_share(scope, arn)
        if share is not None and share.owner != account:
            yield share


def is_shared_with(scope: Scope, share: ResourceShare, account: str) -> bool:
    """Whether an account, or a user or role of it, has a share."""
    return any(each.arn == share.arn for each in list_shared_with(scope, account))


def _is_held(association: Association) -> bool:
    return association.status == "ASSOCIATED"


def add_principal(call: Call, share: ResourceShare, principal: str) -> Association:
    """Give a principal a share: at once within an organization that trusts RAM, else by invitation.

    Raises InvalidParameterException, UnknownResourceException and OperationNotPermittedException.
    """
    kind = find_kind(principal)
    if kind is None:
        raise ram.errors.InvalidParameterException(
            f"Principal ID {principal} is malformed. Verify the ID and try again."
        )
    mine = find_membership(call, call.account)
    is_inside = mine is not None and is_trusted(call, mine.organization_id, SERVICE)
    account = account_of(principal, kind)
    if kind in ("organization", "unit"):
        _check_node(mine if is_inside else None, principal, kind)
        is_external = False
    else:
        is_external = bool(account) and account != share.owner and not (is_inside and _is_fellow(call, mine, account))
    if is_external and not share.allows_external:
        raise ram.errors.OperationNotPermittedException(
            f"The resource share {share.arn} does not allow external principals, and {principal} is one."
        )
    known = associations.find(call, share.arn, "PRINCIPAL", principal)
    if known is not None and known.status in ("ASSOCIATED", "ASSOCIATING"):
        return known
    if sum(1 for _ in associations.scan(call, share.arn, "PRINCIPAL")) >= MAX_PRINCIPALS:
        raise ram.errors.ResourceShareLimitExceededException("The resource share has too many principals.")
    made = _associate(call, share, "PRINCIPAL", principal, is_external=is_external)
    if is_external:
        invite(call, share, account)
    return made


def _check_node(mine: Standing | None, principal: str, kind: PrincipalKind) -> None:
    """Refuse organizations and units that are not the caller's own, or all where RAM is not trusted."""
    own = ""
    if mine is not None:
        base = f"arn:aws:organizations::{mine.management}"
        id_ = mine.organization_id
        own = f"{base}:organization/{id_}" if kind == "organization" else f"{base}:ou/{id_}/"
    if not own or not principal.startswith(own):
        name = "Organization" if kind == "organization" else "OrganizationalUnit"
        raise ram.errors.UnknownResourceException(f"{name} {principal.rpartition('/')[2]} could not be found.")


def _is_fellow(scope: Scope, mine: Standing | None, account: str) -> bool:
    theirs = find_membership(scope, account)
    return mine is not None and theirs is not None and theirs.organization_id == mine.organization_id


def _associate(
    call: Call, share: ResourceShare, type_: str, entity: str, *, is_external: bool = False, resource_type: str = ""
) -> Association:
    association = Association(
        share_arn=share.arn,
        type=type_,
        entity=entity,
        status="ASSOCIATING" if is_external else "ASSOCIATED",
        is_external=is_external,
        created_at=call.now,
        changed_at=call.now,
        resource_type=resource_type,
    )
    associations.put(call, association)
    return association


def invite(call: Call, share: ResourceShare, account: str) -> None:
    """Ask an account to take a share; the invitation runs out after seven days."""
    region = parse_arn(share.arn).region
    arn = f"arn:aws:ram:{region}:{share.owner}:resource-share-invitation/{call.kernel.ids.uuid()}"
    invitation = Invitation(
        arn=arn,
        share_arn=share.arn,
        share_name=share.name,
        sender=share.owner,
        receiver=account,
        sent_at=call.now,
    )
    invitations.insert(call, invitation)
    set_timer(call, "ram", "invitation", arn, call.now + OPEN_FOR)


def settle_principals(scope: Scope, invitation: Invitation, status: str) -> None:
    """Bring what waits for an invitation to ``status``."""
    for each in list(associations.scan(scope, invitation.share_arn, "PRINCIPAL")):
        kind = find_kind(each.entity)
        if each.status == "ASSOCIATING" and kind and account_of(each.entity, kind) == invitation.receiver:
            associations.replace(scope, each, replace(each, status=status, changed_at=scope.now))
    share = find_share(scope, invitation.share_arn)
    if share is not None:
        apply_share(scope, share)


def add_resource(call: Call, share: ResourceShare, arn: str) -> Association:
    """Put a resource of this account into a share.

    Raises MalformedArnException, UnknownResourceException and OperationNotPermittedException.
    """
    try:
        place = parse_arn(arn)
    except ValueError as error:
        raise ram.errors.MalformedArnException(f"The specified resource ARN {arn} is not valid.") from error
    type_name, resource = _find_shareable(call, arn)
    if resource is None:
        raise ram.errors.UnknownResourceException(f"Resource {arn} could not be found.")
    if place.account != call.account:
        raise ram.errors.OperationNotPermittedException(f"You are not the owner of the resource {arn}.")
    known = associations.find(call, share.arn, "RESOURCE", arn)
    if known is not None:
        return known
    if sum(1 for _ in associations.scan(call, share.arn, "RESOURCE")) >= MAX_RESOURCES:
        raise ram.errors.ResourceShareLimitExceededException("The resource share has too many resources.")
    resource_type = SHAREABLE[type_name]
    put_resource(call, SharedResource(arn=arn, share=share.arn, kind=resource_type))
    ensure_attached(call, share, resource_type)
    return _associate(call, share, "RESOURCE", arn, resource_type=resource_type)


def add_source(call: Call, share: ResourceShare, source: str) -> Association:
    """Limit a share's service principals to calls for one more source. Raises InvalidParameterException."""
    if find_source_key(source) is None:
        raise ram.errors.InvalidParameterException(f"The source {source} is not valid.")
    known = associations.find(call, share.arn, "SOURCE", source)
    if known is not None:
        return known
    if sum(1 for _ in associations.scan(call, share.arn, "SOURCE")) >= MAX_SOURCES:
        raise ram.errors.ResourceShareLimitExceededException("The resource share has too many sources.")
    return _associate(call, share, "SOURCE", source)


def find_type(scope: Scope, arn: str) -> str:
    """Return what RAM calls the type of a resource that can be shared; empty for others."""
    try:
        parse_arn(arn)
    except ValueError:
        return ""
    return SHAREABLE.get(_find_shareable(scope, arn)[0], "")


def _find_shareable(scope: Scope, arn: str) -> tuple[str, Resource | None]:
    """Return the resource of this ARN with its type, of the types that can be shared and are built."""
    service = arn.split(":")[2]
    scope.kernel.services.find_known(KEEPERS.get(service, service))
    for type_name in SHAREABLE:
        table = RESOURCE_TABLES.get(type_name)
        found = table.find_by_arn(scope, arn) if table is not None else None
        if found is not None:
            return type_name, found
    return "", None


def remove(scope: Scope, association: Association) -> Association:
    """Take a principal, resource or source out of a share; ``apply_share`` makes it count."""
    associations.delete(scope, association)
    if association.type == "RESOURCE":
        shared_resources.drop(scope, association.entity, association.share_arn)
    return replace(association, status="DISASSOCIATED", changed_at=scope.now)
