"""CreateGrant, ListGrants, ListRetirableGrants, RetireGrant, RevokeGrant."""

from __future__ import annotations

import re
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.access import Need
from skyglobe.kernel.call import Call
from skyglobe.kernel.resources import find_resource
from skyglobe.kernel.scope import Scope
from skyglobe.services.kms import kms, refusals
from skyglobe.services.kms.describing import page
from skyglobe.services.kms.finding import check_enabled, get_key
from skyglobe.services.kms.granting import check_tokens, find_allowing, is_party, place_of, token_of
from skyglobe.services.kms.records import Grant, Key, grants, keys
from skyglobe.services.kms.rules.conditions import known_of
from skyglobe.services.kms.rules.grants import MAX_CONTEXT_PAIRS, MAX_GRANTS, is_as_strict, operations_for

_PRINCIPAL = re.compile(r"arn:[a-z-]+:(iam|sts)::\d{12}:(root|(user|role|assumed-role|federated-user)/.+)")
_SERVICE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com")


@kms.operation
def create_grant(
    call: Call,
    key_id: str,
    grantee_principal: str,
    operations: list[str],
    retiring_principal: str | None = None,
    constraints: dict[str, dict[str, str]] | None = None,
    grant_tokens: list[str] | None = None,
    name: str | None = None,
    dry_run: bool | None = None,
) -> dict[str, Any]:
    """Let a principal use a key, at once. Asked again under the same name, it returns the same grant."""
    check_tokens(call, grant_tokens)
    scope, key, _ = get_key(call, key_id)
    check_enabled(key)
    _check_operations(key, operations)
    given = constraints or {}
    _check_constraints(key, operations, given)
    for principal in (grantee_principal, retiring_principal):
        if principal is not None:
            _check_principal(call, principal)
    planned = Grant(
        key_id=key.id,
        id=call.kernel.ids.hex("", 64),
        grantee=grantee_principal,
        operations=tuple(dict.fromkeys(operations)),
        issuer=call.principal.account,
        made_at=call.now,
        retiring=retiring_principal,
        name=name,
        context_equals=given.get("EncryptionContextEquals"),
        context_subset=given.get("EncryptionContextSubset"),
    )
    _check_parent(call, scope, key, planned)
    if dry_run:
        raise refusals.dry_run()
    kept = _keep(scope, key, planned)
    return {"GrantToken": token_of(scope, kept), "GrantId": kept.id}


def _keep(scope: Scope, key: Key, planned: Grant) -> Grant:
    if planned.name is not None:
        for known in grants.scan_by(scope, "name", key.id, planned.name):
            if replace(known, id=planned.id, made_at=planned.made_at) == planned:
                return known
    if key.grants >= MAX_GRANTS:
        raise kms.errors.LimitExceededException(f"{key.arn} has {MAX_GRANTS} grants already.")
    grants.insert(scope, planned)
    keys.replace(scope, key, replace(key, grants=key.grants + 1))
    return planned


def _check_operations(key: Key, operations: list[str]) -> None:
    unfit = sorted(set(operations) - operations_for(key.spec, key.usage))
    if unfit:
        raise refusals.invalid(
            f"The operations {', '.join(unfit)} are not supported by grants on a key of KeySpec {key.spec} and "
            f"KeyUsage {key.usage}."
        )


def _check_constraints(key: Key, operations: list[str], constraints: dict[str, dict[str, str]]) -> None:
    if not constraints:
        return
    if not key.is_symmetric:
        raise refusals.invalid("Encryption context constraints are supported on symmetric encryption KMS keys only.")
    if len(constraints) > 1:
        raise refusals.invalid("A grant can have either EncryptionContextEquals or EncryptionContextSubset.")
    if any(len(context) > MAX_CONTEXT_PAIRS for context in constraints.values()):
        raise refusals.invalid(f"A constraint can have at most {MAX_CONTEXT_PAIRS} encryption context pairs.")


def _check_principal(call: Call, arn: str) -> None:
    """Raise InvalidArnException unless a principal is there, as far as KMS can know."""
    if _SERVICE.fullmatch(arn):
        return
    is_known = _PRINCIPAL.fullmatch(arn) is not None
    if is_known and (":user/" in arn or ":role/" in arn) and call.kernel.services.find("iam") is not None:
        is_known = find_resource(call, arn) is not None
    if not is_known:
        raise kms.errors.InvalidArnException(f"The ARN of the principal is not valid: {arn}")


def _check_parent(call: Call, scope: Scope, key: Key, planned: Grant) -> None:
    """Whoever makes a grant by leave of a grant alone can hand on no more than that one gives."""
    parent = find_allowing(scope, key, call.principal, "CreateGrant", {})
    if parent is None or is_as_strict(planned, parent):
        return
    facts = known_of(call.principal, call.region, key)
    refusal = call.refusal(Need("kms:CreateGrant", key.arn, key.owner, facts, key.policy))
    if refusal is not None:
        raise refusal


@kms.operation
def list_grants(
    call: Call,
    key_id: str,
    limit: int = 50,
    marker: str | None = None,
    grant_id: str | None = None,
    grantee_principal: str | None = None,
) -> dict[str, Any]:
    """List a key's grants, or those to one principal."""
    scope, key, _ = get_key(call, key_id)

    def rows(past: tuple[str, ...] | None, most: int) -> Any:
        if grant_id is not None:
            one = grants.find(scope, key.id, grant_id)
            wanted = one is not None and grantee_principal in (None, one.grantee)
            return [one] if wanted and past is None else []
        if grantee_principal is not None:
            behind = (key.id, *past) if past is not None else None
            return grants.scan_by(scope, "grantee", key.id, grantee_principal, past=behind, limit=most)
        return grants.scan(scope, key.id, past=past, limit=most)

    listing = f"grants:{key.id}:{grant_id}:{grantee_principal}"
    found, more = page(call, listing, rows, lambda grant: (grant.id,), marker, limit)
    return {"Grants": [_listed(key.arn, grant) for grant in found], **more}


@kms.operation
def list_retirable_grants(
    call: Call, retiring_principal: str, limit: int = 50, marker: str | None = None
) -> dict[str, Any]:
    """List the grants in this account and region that a principal can retire."""

    def rows(past: tuple[str, ...] | None, most: int) -> Any:
        return grants.scan_by(call, "retiring", retiring_principal, past=past, limit=most)

    def place(grant: Grant) -> tuple[str, ...]:
        return (grant.key_id, grant.id)

    found, more = page(call, f"retirable:{retiring_principal}", rows, place, marker, limit)
    listed = []
    for grant in found:
        key = keys.find(call, grant.key_id)
        assert key is not None, "grants go with their key"
        listed.append(_listed(key.arn, grant))
    return {"Grants": listed, **more}


def _listed(key_arn: str, grant: Grant) -> dict[str, Any]:
    told: dict[str, Any] = {
        "KeyId": key_arn,
        "GrantId": grant.id,
        "Name": grant.name,
        "CreationDate": grant.made_at / 1000,
        "GranteePrincipal": grant.grantee,
        "RetiringPrincipal": grant.retiring,
        "IssuingAccount": f"arn:aws:iam::{grant.issuer}:root",
        "Operations": list(grant.operations),
    }
    if grant.context_equals is not None:
        told["Constraints"] = {"EncryptionContextEquals": grant.context_equals}
    elif grant.context_subset is not None:
        told["Constraints"] = {"EncryptionContextSubset": grant.context_subset}
    return {name: value for name, value in told.items() if value is not None}


@kms.operation
def revoke_grant(call: Call, key_id: str, grant_id: str, dry_run: bool | None = None) -> None:
    """Take back what a grant allows, at once."""
    scope, key, _ = get_key(call, key_id)
    grant = grants.find(scope, key.id, grant_id)
    if grant is None:
        raise kms.errors.NotFoundException(f"Grant ID {grant_id} not found")
    _end(scope, key, grant, dry_run)


@kms.operation
def retire_grant(
    call: Call,
    grant_token: str | None = None,
    key_id: str | None = None,
    grant_id: str | None = None,
    dry_run: bool | None = None,
) -> None:
    """Give up what a grant allows: for the retiring principal, a grantee that may, and the account that made it."""
    if grant_token is not None:
        scope, found_key, found_grant = place_of(call, grant_token)
        key = keys.find(scope, found_key)
    elif key_id is not None and grant_id is not None:
        scope, key, _ = get_key(call, key_id)
        found_grant = grant_id
    else:
        raise refusals.invalid("You must specify either a grant token, or both a key ID and a grant ID.")
    grant = grants.find(scope, key.id, found_grant) if key is not None else None
    if key is None or grant is None:
        raise kms.errors.NotFoundException(f"Grant ID {found_grant} not found")
    _check_may_retire(call, key, grant)
    _end(scope, key, grant, dry_run)


def _check_may_retire(call: Call, key: Key, grant: Grant) -> None:
    """Developer guide, "Retiring and revoking grants"."""
    principal = call.principal
    if is_party(principal, grant.retiring):
        return
    if "RetireGrant" in grant.operations and is_party(principal, grant.grantee):
        return
    if principal.is_root and principal.account == grant.issuer:
        return
    facts = known_of(principal, call.region, key)
    refusal = call.refusal(Need("kms:RetireGrant", key.arn, key.owner, facts, key.policy))
    if refusal is not None:
        raise refusal


def _end(scope: Scope, key: Key, grant: Grant, dry_run: bool | None) -> None:
    if dry_run:
        raise refusals.dry_run()
    grants.delete(scope, grant)
    keys.replace(scope, key, replace(key, grants=key.grants - 1))
