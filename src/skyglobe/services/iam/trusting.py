"""Trust policies of roles against what the account holds: who may be named, and how it reads now."""

from __future__ import annotations

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.scope import Scope
from skyglobe.services.iam.finding import find_user_by_id
from skyglobe.services.iam.holders import find_role_by_id
from skyglobe.services.iam.records.providers import saml_providers
from skyglobe.services.iam.records.roles import Role, roles
from skyglobe.services.iam.records.users import users
from skyglobe.services.iam.refusals import over_quota
from skyglobe.services.iam.rules.documents import MAX_TRUST, check_document, size_of
from skyglobe.services.iam.rules.trust import plan_trust, resolve_trust


def admit_trust(scope: Scope, document: str) -> tuple[str, dict[str, str]]:
    """Return a trust policy in its short form and the unique ids of those it names.

    Raises MalformedPolicyDocument for what is no trust policy or names principals that are not there; LimitExceeded.
    """
    check_document(document, "trust")
    if size_of(document) > MAX_TRUST:
        raise over_quota("ACLSizePerRole", MAX_TRUST)
    return plan_trust(
        document,
        scope.partition,
        lambda arn: find_principal_id(scope, arn),
        lambda named: _is_there(scope, named),
    )


def trust_of(scope: Scope, role: Role) -> str:
    """Return a role's trust policy as it reads now: deleted users and roles by their unique ids."""
    ids = role.principal_ids
    if not ids:
        return role.trust_policy
    accounts = {unique_id: parse_arn(arn).account for arn, unique_id in ids.items()}
    return resolve_trust(
        role.trust_policy, ids, lambda unique_id: find_arn_of_id(scope.within(accounts[unique_id]), unique_id)
    )


def find_principal_id(scope: Scope, arn: str) -> str | None:
    """Return the unique id of the user or role with this ARN, in whatever account, or None."""
    place = parse_arn(arn)
    there = scope.within(place.account)
    table = users if place.resource.startswith("user/") else roles
    found = next(table.scan_by(there, "arn", arn, limit=1), None)
    return found.unique_id if found is not None else None


def find_arn_of_id(scope: Scope, unique_id: str) -> str | None:
    """Return the present ARN of a user or role of the account, by its unique id, or None."""
    found = find_user_by_id(scope, unique_id) or find_role_by_id(scope, unique_id)
    return found.arn if found is not None else None


def _is_there(scope: Scope, named: str) -> bool:
    """Whether a unique id or a SAML provider that a trust policy names is there."""
    if not named.startswith("arn:"):
        return find_arn_of_id(scope, named) is not None
    there = scope.within(parse_arn(named).account)
    return next(saml_providers.scan_by(there, "arn", named, limit=1), None) is not None
