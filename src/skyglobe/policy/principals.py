"""The Principal and NotPrincipal elements: whom a statement speaks of, and how closely it names the caller.

How closely matters: within one account a resource-based policy that names the caller itself opens the door alone, one
that names the caller's role leaves the boundary and session policies in force, and one that names the account only
delegates to identity-based policies. IAM user guide, "Policy evaluation for requests within a single account".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

from skyglobe.kernel.principals import Principal
from skyglobe.policy.conditions import values_of
from skyglobe.policy.patterns import Context


class Naming(IntEnum):
    """How a Principal element names the caller, from not at all to the caller itself."""

    NONE = 0
    ACCOUNT = 1
    ISSUER = 2
    """The role or user the caller's session was made from."""
    CALLER = 3
    """The user, session or service itself, or everyone."""


class Caller(NamedTuple):
    """A principal under all the names a policy may give it."""

    arn: str
    account: str
    account_arn: str
    issuer_arn: str
    """ARN of the role or user behind a session; empty for others."""
    ids: frozenset[str]
    """Unique ids (AIDA…, AROA…) a policy may show after a principal was deleted and made anew."""
    type: str
    """A principal's, or ``token``: who comes with an identity provider's token, to assume a role."""
    canonical_user: str = ""
    is_bounded: bool = False
    """Whether a permissions boundary is attached to the user or role."""

    @property
    def chain(self) -> tuple[str, ...]:
        """The principals a NotPrincipal must all list to spare this caller: account, role, session."""
        if self.type == "assumed-role":
            return (self.account_arn, self.issuer_arn, self.arn)
        return (self.arn,) if self.arn == self.account_arn or not self.account_arn else (self.account_arn, self.arn)


def caller_of(principal: Principal, canonical_user: str = "") -> Caller:
    """Return ``principal`` under its names. A session that does not tell its role is read from its ARN."""
    issuer = principal.session.issuer_arn if principal.session else ""
    partition = principal.arn.split(":", 2)[1] if principal.arn.startswith("arn:") else "aws"
    if not issuer and principal.type == "assumed-role":
        role = principal.arn.partition("/")[2].rpartition("/")[0]
        issuer = f"arn:{partition}:iam::{principal.account}:role/{role}"
    is_token = principal.type == "federated-user" and ":federated-user/" not in principal.arn
    has_account = principal.account and not is_token and principal.type not in ("service", "anonymous")
    return Caller(
        principal.arn,
        principal.account,
        f"arn:{partition}:iam::{principal.account}:root" if has_account else "",
        issuer if principal.type in ("assumed-role", "federated-user") else "",
        frozenset((principal.user_id, principal.user_id.partition(":")[0])) - {""},
        "token" if is_token else principal.type,
        canonical_user,
    )


class Principals(NamedTuple):
    """A compiled Principal element."""

    everyone: bool = False
    accounts: frozenset[str] = frozenset()
    """Account numbers."""
    names: frozenset[str] = frozenset()
    """ARNs and unique ids of users, roles and sessions."""
    services: frozenset[str] = frozenset()
    federated: frozenset[str] = frozenset()
    canonical_users: frozenset[str] = frozenset()

    def naming(self, caller: Caller, context: Context) -> Naming:
        """Return how closely this names ``caller``."""
        if self.everyone or (caller.arn in self.names and caller.arn != caller.issuer_arn):
            return Naming.CALLER
        if caller.type in ("service", "anonymous", "token"):
            named = self.federated if caller.type == "token" else self.services
            return Naming.CALLER if caller.arn in named else Naming.NONE
        if caller.issuer_arn in self.names:
            return Naming.ISSUER
        if self.names & caller.ids:
            return Naming.ISSUER if caller.issuer_arn else Naming.CALLER
        if self.federated and self.federated.intersection(values_of(context, "aws:federatedprovider") or ()):
            return Naming.ISSUER
        if caller.account in self.accounts:
            return Naming.CALLER if caller.type == "root" else Naming.ACCOUNT
        if caller.canonical_user and caller.canonical_user in self.canonical_users:
            return Naming.ACCOUNT
        return Naming.NONE

    def lists(self, arn: str) -> bool:
        """Whether ``arn`` itself is written here (an account's root ARN stands for its number)."""
        return (
            self.everyone
            or arn in self.names
            or arn in self.services
            or arn in self.federated
            or (arn.endswith(":root") and arn.split(":")[4] in self.accounts)
        )

    def spares(self, caller: Caller) -> bool:
        """Whether, as NotPrincipal of a Deny, this spares ``caller``: every name in its chain must be listed.

        Who has a permissions boundary is never spared. IAM user guide, "Permissions boundaries for IAM entities".
        """
        return not caller.is_bounded and all(self.lists(arn) for arn in caller.chain)

    def leaves_out(self, caller: Caller) -> bool:
        """Whether, as NotPrincipal of an Allow, this leaves ``caller`` out: one name in its chain suffices."""
        return any(self.lists(arn) for arn in caller.chain)


_ACCOUNT = re.compile(r"[0-9]{12}")
_ROOT = re.compile(r"arn:[a-z-]+:iam::([0-9]{12}):root")
_USER_OR_ROLE = r"iam::(?:[0-9]{12}|cloudfront):(?:user|role)/[^*?]+"  # CloudFront's origin access identities
_SESSION = r"sts::[0-9]{12}:(?:assumed-role/[^/*?]+/[^/*?]+|federated-user/[^*?]+)"
_NAMED = re.compile(rf"arn:[a-z-]+:(?:{_USER_OR_ROLE}|{_SESSION})")
_UNIQUE_ID = re.compile(r"(?:AIDA|AROA)[A-Z0-9]{12,}")
_SERVICE = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_CANONICAL_USER = re.compile(r"[0-9a-f]{64}|[0-9A-Z]{12,16}")


class InvalidPrincipal(ValueError):
    """A principal no policy can name; its text is AWS's reason."""

    def __init__(self, kind: str, value: str) -> None:
        super().__init__(f'Invalid principal in policy: "{kind}":"{value}"')


def compile_principals(written: Mapping[str, Sequence[str]]) -> Principals:
    """Compile a Principal element's lists by type. Raises InvalidPrincipal, and KeyError on unknown types."""
    everyone = False
    accounts: set[str] = set()
    names: set[str] = set()
    for value in written.get("AWS", ()):
        if value == "*":
            everyone = True
        elif _ACCOUNT.fullmatch(value):
            accounts.add(value)
        elif root := _ROOT.fullmatch(value):
            accounts.add(root[1])
        elif _NAMED.fullmatch(value) or _UNIQUE_ID.fullmatch(value):
            names.add(value)
        else:
            raise InvalidPrincipal("AWS", value)
    _check(written, "Service", _SERVICE)
    _check(written, "CanonicalUser", _CANONICAL_USER)
    if unknown := set(written) - {"AWS", "Service", "Federated", "CanonicalUser"}:
        raise KeyError(min(unknown))
    lists: dict[str, Any] = {kind: frozenset(values) for kind, values in written.items()}
    return Principals(
        everyone,
        frozenset(accounts),
        frozenset(names),
        lists.get("Service", frozenset()),
        lists.get("Federated", frozenset()),
        lists.get("CanonicalUser", frozenset()),
    )


def _check(written: Mapping[str, Sequence[str]], kind: str, form: re.Pattern[str]) -> None:
    for value in written.get(kind, ()):
        if not form.fullmatch(value):
            raise InvalidPrincipal(kind.upper(), value)
