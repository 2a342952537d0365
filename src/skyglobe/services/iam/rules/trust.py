"""Trust policies: whom they name, and what becomes of those who are deleted.

IAM keeps a user or role that a trust policy names by its unique id: the policy shows its present ARN while it lives,
and the bare id afterwards, which no later user of the same name matches.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from skyglobe.services.iam.refusals import malformed_policy

FindId = Callable[[str], str | None]
"""Returns the unique id of the user or role with an ARN, or None."""
IsThere = Callable[[str], bool]
"""Whether a root, session, provider or unique id may be named."""

_ACCOUNT = re.compile(r"\d{12}")
_ROOT = re.compile(r"arn:(aws[a-z-]*):iam::\d{12}:root")
_IDENTITY = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(user|role)/[^*?]+")
_SESSION = re.compile(r"arn:aws[a-z-]*:sts::\d{12}:(assumed-role/[^*?/]+/[^*?/]+|federated-user/[^*?/]+)")
_UNIQUE_ID = re.compile(r"(AIDA|AROA)[A-Z2-7]{12,}")
_SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws\.com(\.cn)?|amazon\.com|aws\.internal)")
_PROVIDER = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(saml-provider|oidc-provider)/\S+")
_WEB_IDENTITY = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


def plan_trust(document: str, partition: str, find_id: FindId, is_there: IsThere) -> tuple[str, dict[str, str]]:
    """Return a valid trust policy in its short form, and the unique ids its ARNs stand for now.

    Raises MalformedPolicyDocument for principals that are none.
    """
    policy = json.loads(document)
    ids: dict[str, str] = {}

    def plan(kind: str, named: str) -> str:
        if kind == "AWS":
            return _plan_aws(named, partition, find_id, is_there, ids)
        known = _is_service(named) if kind == "Service" else _is_federated(kind, named, is_there)
        if not known:
            raise _invalid(kind, named)
        return named

    for statement in _statements(policy):
        for element in ("Principal", "NotPrincipal"):
            if element in statement:
                statement[element] = _each(statement[element], plan)
    return json.dumps(policy, separators=(",", ":"), ensure_ascii=False), ids


def resolve_trust(document: str, ids: dict[str, str], find_arn: Callable[[str], str | None]) -> str:
    """Return a trust policy as it reads now: present ARNs of those who live, unique ids of those who do not."""
    present = {arn: find_arn(unique_id) or unique_id for arn, unique_id in ids.items()}
    if all(arn == now for arn, now in present.items()):
        return document
    policy = json.loads(document)
    for statement in _statements(policy):
        for element in ("Principal", "NotPrincipal"):
            if element in statement:
                statement[element] = _each(statement[element], lambda _, named: present.get(named, named))
    return json.dumps(policy, separators=(",", ":"), ensure_ascii=False)


def _statements(policy: dict[str, Any]) -> Iterator[dict[str, Any]]:
    statements = policy.get("Statement", [])
    yield from [statements] if isinstance(statements, dict) else statements


def _each(principal: Any, plan: Callable[[str, str], str]) -> Any:
    """Return a Principal element with each name in it planned anew."""
    if isinstance(principal, str):
        return plan("AWS", principal)
    planned: dict[str, Any] = {}
    for kind, named in principal.items():
        planned[kind] = plan(kind, named) if isinstance(named, str) else [plan(kind, one) for one in named]
    return planned


def _plan_aws(named: str, partition: str, find_id: FindId, is_there: IsThere, ids: dict[str, str]) -> str:
    if named == "*" or _ROOT.fullmatch(named):
        return named
    if _ACCOUNT.fullmatch(named):
        return f"arn:{partition}:iam::{named}:root"
    if _IDENTITY.fullmatch(named):
        unique_id = find_id(named)
        if unique_id is None:
            raise _invalid("AWS", named)
        ids[named] = unique_id
        return named
    if _SESSION.fullmatch(named):
        return named
    if _UNIQUE_ID.fullmatch(named) and is_there(named):
        return named
    raise _invalid("AWS", named)


def _is_service(named: str) -> bool:
    return _SERVICE.fullmatch(named) is not None


def _is_federated(kind: str, named: str, is_there: IsThere) -> bool:
    if kind == "CanonicalUser":
        return False
    if _PROVIDER.fullmatch(named):
        # The IdP of an OIDC trust may be registered later, as EKS's tools do; that of a SAML trust may not.
        return ":oidc-provider/" in named or is_there(named)
    return _WEB_IDENTITY.fullmatch(named) is not None


def _invalid(kind: str, named: str) -> Exception:
    return malformed_policy(f'Invalid principal in policy: "{kind.upper()}":"{named}"')
