"""What the gateway asks IAM: whose policies speak for a caller, whom a role trusts, who an ARN is."""

from __future__ import annotations

from collections.abc import Iterator

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.principals import Principal, Session, root_of
from skyglobe.kernel.scope import Scope
from skyglobe.policy import Source, Sources, stored_policy
from skyglobe.policy.documents import Kind as PolicyKind
from skyglobe.services.iam.finding import find_user_by_id, groups_of
from skyglobe.services.iam.holders import Holder, find_role_by_id
from skyglobe.services.iam.managed import default_document, find_policy
from skyglobe.services.iam.own_passwords import find_own_password_source
from skyglobe.services.iam.records.attachments import Kind, attachments, find_boundary, inline_policies
from skyglobe.services.iam.records.groups import Group, groups
from skyglobe.services.iam.records.roles import Role, roles
from skyglobe.services.iam.records.users import User, users
from skyglobe.services.iam.records.watched import digest_of
from skyglobe.services.iam.trusting import trust_of

Held = tuple[tuple[Source, ...], Source | None]

MAX_HELD = 4_096  # callers whose policies are kept in memory, by the digest of all they were found in


def policies_of(scope: Scope, principal: Principal) -> Held:
    """Return the identity-based policies of a caller, and its permissions boundary.

    Those of a user are its own and its groups'; a session has its role's, a federated user those of the user it was
    made by. Callers that are deleted have none; neither have the root user, services and the anonymous.
    """
    if principal.type not in ("user", "assumed-role", "federated-user"):
        return (), None
    there = scope.within(principal.account)
    issuer = principal.session.issuer_id if principal.session is not None else ""
    key = (digest_of(there), principal.type, principal.user_id.partition(":")[0], issuer)
    cache = scope.kernel.caches.of("iam.held", MAX_HELD)
    held: Held | None = cache.get(key)
    if held is None:
        held = _find_policies(there, principal)
        cache.keep(key, held)
    return held


def _find_policies(there: Scope, principal: Principal) -> Held:
    holder = _holder_of(there, principal)
    if holder is None:
        return (), None
    if isinstance(holder, Role):
        return Sources(_policies_on(there, "role", holder)), _boundary_of(there, "role", holder)
    sources = list(_policies_on(there, "user", holder))
    for group in groups_of(there, holder):
        sources += _policies_on(there, "group", group)
    own_password = find_own_password_source(there, holder)
    if own_password is not None:
        sources.append(own_password)
    return Sources(sources), _boundary_of(there, "user", holder)


def policies_on_group(scope: Scope, arn: str) -> tuple[Group | None, tuple[Source, ...]]:
    """Return the group with this ARN, None when there is none, and what it gives its members."""
    group = next(groups.scan_by(scope, "arn", arn, limit=1), None)
    return group, tuple(_policies_on(scope, "group", group)) if group is not None else ()


def session_policies_of(scope: Scope, principal: Principal) -> tuple[Source, ...]:
    """Return the policies that were passed when a caller's session was made."""
    if principal.session is None:
        return ()
    there = scope.within(principal.account)
    return tuple(_session_source(there, principal, policy) for policy in principal.session.policies)


def tags_of(scope: Scope, principal: Principal) -> dict[str, str]:
    """Return the tags of a caller: those of its user or role as they are now, and over them those of its session.

    Keys that differ by case are one key. Sessions of users and roles that are deleted have their own tags only.
    """
    holder = _holder_of(scope.within(principal.account), principal)
    own = holder.tags if holder is not None else {}
    passed = dict(principal.session.tags) if principal.session is not None else {}
    if not passed:
        return own
    covered = {key.lower() for key in passed}
    return {key: value for key, value in own.items() if key.lower() not in covered} | passed


def trust_policy_of(scope: Scope, role_arn: str) -> str | None:
    """Return the trust policy of the role with this ARN as it reads now, or None when there is no such role.

    Users and roles that were deleted since stand in it by their unique ids.
    """
    role = find_role(scope, role_arn)
    return trust_of(scope.within(role.owner), role) if role is not None else None


def find_role(scope: Scope, role_arn: str) -> Role | None:
    """Return the role with this ARN, in whatever account, or None."""
    try:
        account = parse_arn(role_arn).account
    except ValueError:
        return None
    return next(roles.scan_by(scope.within(account), "arn", role_arn, limit=1), None)


def find_principal(scope: Scope, arn: str) -> Principal | None:
    """Return the root user, user or role with this ARN as a caller, or None when there is none.

    A role calls in sessions only: what is returned for it is a session without a name.
    """
    try:
        place = parse_arn(arn)
    except ValueError:
        return None
    if place.service != "iam":
        return None
    if place.resource == "root":
        return root_of(place.account)
    if place.resource.startswith("user/"):
        user = next(users.scan_by(scope.within(place.account), "arn", arn, limit=1), None)
        return Principal(user.owner, user.arn, user.unique_id, "user") if user is not None else None
    role = find_role(scope, arn)
    if role is None:
        return None
    session = Session(issuer_arn=role.arn, issued_at=scope.now)
    return Principal(role.owner, role.arn, role.unique_id, "assumed-role", session=session)


def _holder_of(scope: Scope, principal: Principal) -> User | Role | None:
    if principal.type == "user":
        return find_user_by_id(scope, principal.user_id)
    if principal.type == "assumed-role":
        return find_role_by_id(scope, principal.user_id.partition(":")[0])
    if principal.type == "federated-user" and principal.session is not None:
        return find_user_by_id(scope, principal.session.issuer_id)
    return None


def _policies_on(scope: Scope, kind: Kind, holder: Holder) -> Iterator[Source]:
    """Yield the inline policies of a holder, then those attached to it."""
    for inline in inline_policies.scan(scope, kind, holder.name_key):
        yield Source(stored_policy(inline.document, "identity"), inline.name, kind="inline", of=holder.arn)
    for attached in attachments.scan(scope, kind, holder.name_key):
        source = _managed_source(scope, attached.policy_arn, "identity", holder.arn)
        if source is not None:
            yield source


def _boundary_of(scope: Scope, kind: Kind, holder: Holder) -> Source | None:
    arn = find_boundary(scope, kind, holder.id)
    return _managed_source(scope, arn, "boundary", holder.arn) if arn is not None else None


def _session_source(scope: Scope, principal: Principal, policy: str) -> Source:
    if policy.startswith("arn:"):
        source = _managed_source(scope, policy, "session", principal.arn)
        if source is not None:
            return source
    # The ARN of a policy that was deleted since is no document: it is read as one that denies everything.
    return Source(stored_policy(policy, "session"), "session", kind="session", of=principal.arn)


def _managed_source(scope: Scope, arn: str, kind: PolicyKind, holder_arn: str) -> Source | None:
    policy = find_policy(scope, arn)
    if policy is None:
        return None
    document = default_document(scope, policy)
    return Source(stored_policy(document, kind), policy.id, policy.arn, "managed", holder_arn)
