"""What policies allow, held against each other without asking a question: a sound, conservative comparison.

Where it says that a policy allows nothing new, that is so for every request. Where it says that it may, it may still
be that no request exists: several conditions or statements that only together cover one are not seen through.
``docs/decisions/policy.md`` tells how far it sees.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from skyglobe.policy.conditions import Condition
from skyglobe.policy.documents import Policy
from skyglobe.policy.globs import arn_includes, arns_overlap, includes, overlap
from skyglobe.policy.operators import network_of
from skyglobe.policy.statements import Statement

Compare = Callable[[str, str], bool]
Expand = Callable[[str], Sequence[str]]
"""From a pattern of actions to the actions it means, as far as they are known."""


class Said(NamedTuple):
    """What stands in Action or Resource, or in their Not forms."""

    patterns: tuple[str, ...]
    is_not: bool


def actions_of(statement: Statement) -> Said:
    """Return the actions of a statement in lower case."""
    said = _said(statement, "Action")
    return Said(tuple(pattern.lower() for pattern in said.patterns), said.is_not)


def resources_of(statement: Statement) -> Said:
    """Return the resources of a statement; where none are written, it means all there may be."""
    said = _said(statement, "Resource")
    return said if said.patterns or said.is_not else Said(("*",), False)


def _said(statement: Statement, name: str) -> Said:
    written = statement.written
    is_not = f"Not{name}" in written
    return Said(_texts(written.get(f"Not{name}" if is_not else name, ())), is_not)


def _texts(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def allows(policy: Policy) -> list[Statement]:
    return [statement for statement in policy.statements if statement.effect == "Allow"]


def denies(policy: Policy) -> list[Statement]:
    return [statement for statement in policy.statements if statement.effect == "Deny"]


def new_access(new: Policy, existing: Policy, expand: Expand) -> list[Statement]:
    """Return the statements of ``new`` that may allow what ``existing`` does not; without any, it surely does not."""
    held = allows(existing)
    lifted = [deny for deny in denies(existing) if not any(covers(other, deny, expand) for other in denies(new))]
    return [
        statement
        for statement in allows(new)
        if not _is_held(statement, held, expand) or any(may_meet(statement, deny) for deny in lifted)
    ]


def _is_held(statement: Statement, held: list[Statement], expand: Expand) -> bool:
    """Whether statements cover ``statement``: one of them all of it, or each of its actions one of them."""
    if any(covers(other, statement, expand) for other in held):
        return True
    actions = actions_of(statement)
    if actions.is_not:
        return False
    each = [action for pattern in actions.patterns for action in (expand(pattern) or (pattern,))]
    return all(
        any(_means((action,), other) and _covers_rest(other, statement) for other in held)
        for action in dict.fromkeys(each)
    )


def _means(actions: tuple[str, ...], statement: Statement) -> bool:
    return _includes(actions_of(statement), Said(actions, False), includes, overlap)


def covers(wide: Statement, narrow: Statement, expand: Expand) -> bool:
    """Whether ``wide`` surely speaks of every request that ``narrow`` speaks of."""
    return _includes(actions_of(wide), actions_of(narrow), includes, overlap) and _covers_rest(wide, narrow)


def _covers_rest(wide: Statement, narrow: Statement) -> bool:
    return (
        _includes(resources_of(wide), resources_of(narrow), arn_includes, arns_overlap)
        and _principals_cover(wide, narrow)
        and all(any(implies(have, want) for have in narrow.conditions) for want in wide.conditions)
    )


def _includes(wide: Said, narrow: Said, include: Compare, meet: Compare) -> bool:
    if wide.is_not and narrow.is_not:
        return all(any(include(spared, left_out) for spared in narrow.patterns) for left_out in wide.patterns)
    if wide.is_not:
        return not any(meet(left_out, pattern) for left_out in wide.patterns for pattern in narrow.patterns)
    if narrow.is_not:
        return "*" in wide.patterns
    return all(any(include(pattern, one) for pattern in wide.patterns) for one in narrow.patterns)


def may_meet(one: Statement, other: Statement) -> bool:
    """Whether some request may be spoken of by both. Conditions and principals are taken not to keep them apart."""
    return _meet(actions_of(one), actions_of(other), includes, overlap) and _meet(
        resources_of(one), resources_of(other), arn_includes, arns_overlap
    )


def _meet(one: Said, other: Said, include: Compare, meet: Compare) -> bool:
    if one.is_not and other.is_not:
        return True
    if one.is_not or other.is_not:
        left_out, meant = (one, other) if one.is_not else (other, one)
        return not all(any(include(pattern, each) for pattern in left_out.patterns) for each in meant.patterns)
    return any(meet(left, right) for left in one.patterns for right in other.patterns)


def principals_of(statement: Statement) -> frozenset[str] | None:
    """Return who is named, as ``type:name``; None where everyone is, or the policy's holder is meant."""
    written = statement.written.get("Principal")
    if written is None or written == "*":
        return None
    if not isinstance(written, dict):
        return frozenset()
    named = frozenset(f"{kind}:{name}" for kind, names in written.items() for name in _texts(names))
    return None if "AWS:*" in named else named


def _principals_cover(wide: Statement, narrow: Statement) -> bool:
    if "NotPrincipal" in wide.written or "NotPrincipal" in narrow.written:
        return wide.written.get("NotPrincipal") == narrow.written.get("NotPrincipal")
    outer, inner = principals_of(wide), principals_of(narrow)
    if outer is None or inner is None:
        return outer is None
    return all(name in outer or bool(_account_forms(name) & outer) for name in inner)


def _account_forms(name: str) -> set[str]:
    """Return how a policy names the account of a principal, which means all of it."""
    if not name.startswith("AWS:arn:"):
        return {f"AWS:arn:aws:iam::{name.removeprefix('AWS:')}:root"} if name.startswith("AWS:") else set()
    fields = name.split(":")
    account = fields[5] if len(fields) > 5 else ""
    return {f"AWS:{account}", f"AWS:arn:{fields[2]}:iam::{account}:root"} if account.isdigit() else set()


_NEGATED = ("stringnot", "arnnot", "numericnot", "datenot", "notip")
_LIKE = {"stringequals": "stringlike", "arnequals": "arnlike"}


def implies(have: Condition, want: Condition) -> bool:
    """Whether a request that meets ``have`` surely meets ``want``."""
    if have.key.lower() != want.key.lower():
        return False
    given, asked = have.operator.lower(), want.operator.lower()
    if given != asked:
        # What must be there and fit fits also where it only must if it is there.
        is_weaker = asked == f"{given}ifexists" and not given.startswith(_NEGATED) and ":" not in given
        if is_weaker:
            asked = given
        if given != asked and _LIKE.get(given) != asked:
            return False
    if given.rpartition("values:")[2].rpartition("value:")[2].startswith(_NEGATED):
        return set(want.expected) <= set(have.expected)
    if asked.endswith(("stringlike", "arnlike", "arnequals")):
        include = includes if asked.endswith("stringlike") else arn_includes
        return all(any(include(wide, narrow) for wide in want.expected) for narrow in have.expected)
    if asked == "ipaddress":
        return all(any(_within(narrow, wide) for wide in want.expected) for narrow in have.expected)
    return set(have.expected) <= set(want.expected)


def _within(narrow: str, wide: str) -> bool:
    inner, outer = network_of(narrow), network_of(wide)
    if isinstance(inner, ipaddress.IPv4Network) and isinstance(outer, ipaddress.IPv4Network):
        return inner.subnet_of(outer)
    if isinstance(inner, ipaddress.IPv6Network) and isinstance(outer, ipaddress.IPv6Network):
        return inner.subnet_of(outer)
    return False


def granting(policy: Policy, actions: Sequence[str], resources: Sequence[str]) -> list[Statement]:
    """Return the statements that may allow one of ``actions`` on one of ``resources``.

    Empty ``actions`` are all, empty ``resources`` too. An unconditional Deny for everyone takes back what it covers.
    """
    asked_actions = [action.lower() for action in actions] or ["*"]
    asked_resources = list(resources) or ["*"]
    closed = [deny for deny in denies(policy) if _is_for_all(deny)]
    return [
        statement
        for statement in allows(policy)
        if any(
            _speaks(statement, action, resource)
            and not any(_closes(deny, statement, action, resource) for deny in closed)
            for action in asked_actions
            for resource in asked_resources
        )
    ]


def _is_for_all(deny: Statement) -> bool:
    return not deny.conditions and "NotPrincipal" not in deny.written and principals_of(deny) is None


def _speaks(statement: Statement, action: str, resource: str) -> bool:
    return _meet(actions_of(statement), Said((action,), False), includes, overlap) and _meet(
        resources_of(statement), Said((resource,), False), arn_includes, arns_overlap
    )


def _closes(deny: Statement, statement: Statement, action: str, resource: str) -> bool:
    """Whether a Deny covers what a statement allows of one action and resource."""
    takes_action = _means((action,), deny) or _includes(actions_of(deny), actions_of(statement), includes, overlap)
    asked = Said((resource,), False)
    takes_resource = _includes(resources_of(deny), asked, arn_includes, arns_overlap) or _includes(
        resources_of(deny), resources_of(statement), arn_includes, arns_overlap
    )
    return takes_action and takes_resource


LIMITING = frozenset(
    {
        *(
            "aws:principalaccount",
            "aws:principalarn",
            "aws:principalorgid",
            "aws:principalorgpaths",
            "aws:sourceaccount",
        ),
        *("aws:sourcearn", "aws:sourceip", "aws:sourceorgid", "aws:sourceowner", "aws:sourcevpc", "aws:sourcevpce"),
        *("aws:userid", "kms:calleraccount", "s3:dataaccesspointaccount", "s3:dataaccesspointarn"),
    }
)
"""Condition keys whose fixed values keep the public out; S3 user guide, 'The meaning of "public"'."""
_POSITIVE = ("stringequals", "stringlike", "arnequals", "arnlike", "ipaddress", "stringequalsignorecase")


def public(policy: Policy) -> list[Statement]:
    """Return the statements that allow something to everyone."""
    closed = [deny for deny in denies(policy) if _is_for_all(deny)]
    return [
        statement
        for statement in allows(policy)
        if is_public(statement) and not any(covers(deny, statement, lambda _: ()) for deny in closed)
    ]


def is_public(statement: Statement) -> bool:
    """Whether a statement of a resource's policy speaks of everyone, and no condition keeps to some."""
    everyone = "NotPrincipal" in statement.written or principals_of(statement) is None
    return everyone and not any(map(is_limiting, statement.conditions))


def is_limiting(condition: Condition) -> bool:
    """Whether a condition keeps to callers that are known: a limiting key with fixed values."""
    operator = condition.operator.lower().removeprefix("foranyvalue:")
    if operator not in _POSITIVE or condition.key.lower() not in LIMITING:
        return False
    if operator == "ipaddress":
        return not any(network.num_addresses > 2**25 for network in _networks(condition.expected))
    return all(_is_fixed(value, condition.key.lower()) for value in condition.expected)


def _networks(texts: Iterable[str]) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    return [network for network in map(network_of, texts) if isinstance(network, ipaddress.IPv4Network)]


def _is_fixed(value: str, key: str) -> bool:
    """Whether a value names somebody: no wildcards, but for an ARN's beyond its account."""
    if "${" in value:
        return False
    if key in ("aws:sourcearn", "aws:principalarn"):
        fields = value.split(":", 5)
        return len(fields) == 6 and not set("*?") & set(fields[4]) and (bool(fields[4]) or "*" not in fields[5])
    return not set("*?") & set(value)
