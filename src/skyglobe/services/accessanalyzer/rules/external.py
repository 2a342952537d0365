"""Who outside an account a resource's policy lets in. IAM user guide, "How IAM Access Analyzer findings work"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from skyglobe.policy import Policy, Statement
from skyglobe.policy.subsumption import LIMITING, actions_of, covers, is_limiting, is_public

_OWNERS = frozenset({"aws:principalaccount", "aws:sourceaccount", "aws:sourceowner", "kms:calleraccount"})
_OWN_ARNS = frozenset({"aws:principalarn", "aws:sourcearn"})


class Access(NamedTuple):
    """What one principal may do under one set of conditions."""

    principal: tuple[str, str]
    """``("AWS", "222222222222")``"""
    condition: tuple[tuple[str, str], ...]
    actions: tuple[str, ...]
    is_public: bool


def external_access(policy: Policy, account: str) -> list[Access]:
    """Return what a policy lets in that is not of ``account``: for each principal and its conditions, the actions."""
    closed = [
        statement
        for statement in policy.statements
        if statement.effect == "Deny" and not statement.conditions and statement.written.get("Principal") == "*"
    ]
    found: dict[tuple[tuple[str, str], tuple[tuple[str, str], ...]], Access] = {}
    for statement in policy.statements:
        if statement.effect != "Allow" or any(covers(deny, statement, lambda _: ()) for deny in closed):
            continue
        for one in _access(statement, account):
            before = found.get((one.principal, one.condition))
            actions = sorted({*one.actions, *(before.actions if before is not None else ())})
            found[one.principal, one.condition] = one._replace(actions=tuple(actions))
    return list(found.values())


def _access(statement: Statement, account: str) -> Iterator[Access]:
    if any(
        _keeps_to(condition.key.lower(), condition.expected, account)
        for condition in statement.conditions
        if is_limiting(condition)
    ):
        return
    condition = tuple(
        sorted((one.key, ",".join(one.expected)) for one in statement.conditions if one.key.lower() in LIMITING)
    )
    actions = actions_of(statement)
    written = ("*",) if actions.is_not else tuple(_spelled(statement))
    for principal in _principals(statement, account):
        yield Access(principal, condition, written, principal == ("AWS", "*") and is_public(statement))


def _spelled(statement: Statement) -> list[str]:
    written = statement.written["Action"]
    return [written] if isinstance(written, str) else list(written)


def _keeps_to(key: str, expected: tuple[str, ...], account: str) -> bool:
    """Whether a condition lets in nobody but the account itself."""
    if key in _OWNERS:
        return set(expected) == {account}
    return key in _OWN_ARNS and all(value.split(":", 5)[4:5] == [account] for value in expected)


def _principals(statement: Statement, account: str) -> Iterator[tuple[str, str]]:
    """Yield who is named and is outside. AWS's services are not."""
    written = statement.written.get("Principal", "*")  # NotPrincipal means all but a few
    if not isinstance(written, dict):
        yield ("AWS", "*")
        return
    for kind, names in written.items():
        if kind == "Service":
            continue
        for name in [names] if isinstance(names, str) else names:
            if kind == "AWS" and name != "*":
                owner = name.split(":")[4] if name.startswith("arn:") else name
                if owner == account or not owner.isdigit():
                    continue
                yield (kind, owner if name.endswith(":root") else name)
            else:  # identity providers are outside, even where the account has registered them
                yield (kind, name)
