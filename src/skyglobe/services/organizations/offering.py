"""Handshakes: what one side offers and the other accepts, until their time is over."""

from __future__ import annotations

from msgspec.structs import replace

from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.services.organizations import organizations
from skyglobe.services.organizations.finding import Found
from skyglobe.services.organizations.records import Account, Handshake, accounts, handshakes, organizations_table
from skyglobe.services.organizations.refusals import handshake_violates
from skyglobe.services.organizations.rules.ids import make_id
from skyglobe.services.organizations.transferring import follow_handshake

DAY = 86_400_000  # milliseconds
OPEN_FOR = 15 * DAY  # API reference, "Handshake": invitations expire after 15 days
FEATURES_OPEN_FOR = 90 * DAY  # user guide, "Enabling all features": the process must end within 90 days
SHOWN_FOR = 30 * DAY  # API reference, ListHandshakesForOrganization: those that ended are listed for 30 days

_KINDS = {"INVITE": "invite", "ENABLE_ALL_FEATURES": "enable_all_features", "APPROVE_ALL_FEATURES": "approve_all"} | {
    "TRANSFER_RESPONSIBILITY": "transfer_responsibility"
}


def offer(
    found: Found,
    action: str,
    account: str | None,
    *,
    state: str = "OPEN",
    open_for: int = OPEN_FOR,
    email: str = "",
    parent_id: str = "",
    notes: str = "",
    tags: dict[str, str] | None = None,
    terms: tuple[str, str, int] = ("", "", 0),
) -> Handshake:
    """Make a handshake, which expires by the clock. ``terms`` are a transfer's id, type and start."""
    there, organization = found
    id_ = make_id(there.kernel.ids.random, "h-", 10)
    handshake = Handshake(
        id=id_,
        arn=f"arn:aws:organizations::{organization.owner}:handshake/{organization.id}/{_KINDS[action]}/{id_}",
        action=action,
        organization_id=organization.id,
        management=organization.owner,
        account=account,
        email=email,
        state=state,
        requested_at=there.now,
        expires_at=there.now + open_for,
        parent_id=parent_id,
        notes=notes,
        transfer_id=terms[0],
        transfer_type=terms[1],
        transfer_at=terms[2],
        tags=tags or {},
    )
    handshakes.insert(there, handshake)
    set_timer(there, "organizations", "handshake", id_, handshake.expires_at)
    return handshake


def conclude(scope: Scope, handshake: Handshake, state: str) -> Handshake:
    """Bring a handshake to its end; it is shown for 30 days more."""
    ended = replace(handshake, state=state)
    handshakes.replace(scope, handshake, ended)
    if ended.transfer_id:
        follow_handshake(scope, ended)
    there = scope.within(handshake.management)
    set_timer(there, "organizations", "handshake", handshake.id, scope.now + SHOWN_FOR)
    return ended


def get_open(handshake: Handshake, state: str) -> Handshake:
    """Return a handshake that can go over to ``state``.

    Raises HandshakeAlreadyInStateException and InvalidHandshakeTransitionException.
    """
    if handshake.state == state:
        raise organizations.errors.HandshakeAlreadyInStateException(
            f"The handshake is already in the {state} state, so this operation has no effect."
        )
    if not handshake.is_open or (handshake.state == "REQUESTED" and state == "ACCEPTED"):
        raise organizations.errors.InvalidHandshakeTransitionException(
            f"You can't perform the operation on a handshake in the {handshake.state} state."
        )
    return handshake


def list_pending_invitations(scope: Scope, organization_id: str) -> list[Handshake]:
    """Return an organization's open invitations."""
    listed = handshakes.scan_by(scope, "organization", organization_id)
    return [handshake for handshake in listed if handshake.action == "INVITE" and handshake.is_open]


def clear_handshakes(scope: Scope, organization_id: str) -> None:
    """Cancel what an organization that goes has open."""
    for handshake in list(handshakes.scan_by(scope, "organization", organization_id)):
        if handshake.is_open:
            conclude(scope, handshake, "CANCELED")


def ask_for_all_features(found: Found) -> Handshake:
    """Ask every invited account to agree to all features; with none of them the way is open at once."""
    there, organization = found
    if organization.feature_set == "ALL":
        raise handshake_violates(
            "ORGANIZATION_ALREADY_HAS_ALL_FEATURES", "The organization already has all features enabled."
        )
    if find_migration(there, organization.id) is not None:
        raise handshake_violates(
            "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION",
            "The organization is already in the process of enabling all features.",
        )
    asked = [account for account in accounts.scan(there) if _must_agree(account)]
    state = "REQUESTED" if asked else "OPEN"
    parent = offer(found, "ENABLE_ALL_FEATURES", organization.owner, state=state, open_for=FEATURES_OPEN_FOR)
    for account in asked:
        offer(found, "APPROVE_ALL_FEATURES", account.id, open_for=FEATURES_OPEN_FOR, parent_id=parent.id)
    return parent


def _must_agree(account: Account) -> bool:
    return account.joined_method == "INVITED" and account.id != account.owner and account.status == "ACTIVE"


def find_migration(scope: Scope, organization_id: str) -> Handshake | None:
    """Return the open handshake by which an organization goes over to all features, or None."""
    for handshake in handshakes.scan_by(scope, "organization", organization_id):
        if handshake.action == "ENABLE_ALL_FEATURES" and handshake.is_open:
            return handshake
    return None


def note_approval(scope: Scope, parent_id: str) -> None:
    """Open the way to all features when nobody is left to agree."""
    parent = handshakes.find(scope, parent_id)
    if parent is None or parent.state != "REQUESTED":
        return
    states = [handshake.state for handshake in handshakes.scan_by(scope, "parent", parent_id)]
    if all(state == "ACCEPTED" for state in states):
        handshakes.replace(scope, parent, replace(parent, state="OPEN"))


def give_all_features(scope: Scope, handshake: Handshake) -> None:
    """Let an organization have all features."""
    there = scope.within(handshake.management)
    organization = organizations_table.find(there, handshake.organization_id)
    assert organization is not None
    organizations_table.replace(there, organization, replace(organization, feature_set="ALL"))
