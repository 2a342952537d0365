"""Policy documents: checked with AWS's words, compiled once for each content."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

from skyglobe.policy.conditions import Condition, find_condition
from skyglobe.policy.patterns import Outline, Test, matcher_of, outline_of
from skyglobe.policy.principals import InvalidPrincipal, Principals, compile_principals
from skyglobe.policy.statements import Candidates, Effect, Statement

Kind = Literal["identity", "resource", "trust", "boundary", "session", "scp", "rcp"]

VERSIONS = ("2008-10-17", "2012-10-17")
_WITH_PRINCIPAL = ("resource", "trust", "rcp")
_TOP = frozenset(("Version", "Id", "Statement"))
_ELEMENTS = frozenset(
    (
        *("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource"),
        *("Principal", "NotPrincipal", "Condition"),
    )
)
_SID = re.compile(r"[0-9A-Za-z]*")
_VENDOR = re.compile(r"[A-Za-z0-9-]+|\*")
_ACTION_NAME = re.compile(r"[A-Za-z0-9*?_.-]+")
_STS_ACTIONS = re.compile(r"sts:[A-Za-z*?]+", re.IGNORECASE)
_PARTITION = re.compile(r"aws[a-z-]*|\*")
_MOST_ACTIONS = 4096
"""Actions whose statements a policy remembers; far more than a service has operations."""

SYNTAX = "Syntax errors in policy."
VERSION = "Policy document must be version 2012-10-17 or greater."
PREFIX = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."


class MalformedPolicy(ValueError):
    """A document that is no policy; its text is AWS's reason."""


class Policy:
    """A compiled policy: immutable, and shared by all who hold the same document."""

    __slots__ = ("_by_action", "document", "id", "kind", "malformed", "statements", "version")

    def __init__(
        self,
        kind: Kind,
        document: str,
        statements: tuple[Statement, ...],
        version: str = VERSIONS[0],
        id_: str = "",
        malformed: str = "",
    ) -> None:
        self.kind = kind
        self.document = document
        self.statements = statements
        self.version = version
        self.id = id_
        self.malformed = malformed
        """Why the document cannot be read; such a policy denies everything. Empty for sound ones."""
        self._by_action: dict[str, Candidates] = {}

    def candidates(self, action: str) -> Candidates:
        """Return the statements that speak of ``action``, which is in lower case."""
        found = self._by_action.get(action)
        return self._find_candidates(action) if found is None else found

    def _find_candidates(self, action: str) -> Candidates:
        found = Candidates([statement for statement in self.statements if statement.speaks_of_action(action)])
        if len(self._by_action) >= _MOST_ACTIONS:
            self._by_action.clear()
        self._by_action[action] = found
        return found

    def __repr__(self) -> str:
        return f"Policy({self.kind}, {self.document[:60]!r})"


def parse_policy(
    document: str | bytes | dict[str, Any], kind: Kind, *, is_managed: bool = False, needs_resource: bool = True
) -> Policy:
    """Return the compiled policy; equal documents give the same object.

    ``is_managed`` refuses documents that do not say version 2012-10-17, as IAM does for managed policies.
    ``needs_resource=False`` is for the few resource-based policies without Resource (ECR repositories).
    Raises MalformedPolicy with AWS's reason.
    """
    try:
        text = document if isinstance(document, str) else _text(document)
    except (UnicodeDecodeError, TypeError, ValueError, RecursionError):
        raise MalformedPolicy(SYNTAX) from None
    return _parsed(text, kind, is_managed, needs_resource)


def stored_policy(document: str | bytes | dict[str, Any], kind: Kind) -> Policy:
    """Return the compiled policy for a decision; one that cannot be read denies everything, and tells why."""
    try:
        return parse_policy(document, kind, needs_resource=False)
    except MalformedPolicy as reason:
        return _closed(kind, str(reason))


@lru_cache(maxsize=1024)  # shared resources in use
def joined(documents: tuple[str, ...]) -> str:
    """Return the document that says what all of ``documents`` say, in the version of the first.

    One that cannot be read is returned instead: it denies everything.
    """
    read = []
    for document in documents:
        try:
            parse_policy(document, "resource", needs_resource=False)
        except MalformedPolicy:
            return document
        read.append(json.loads(document))
    statements = [one["Statement"] for one in read]
    every = [each for one in statements for each in (one if isinstance(one, list) else [one])]
    return json.dumps({**read[0], "Statement": every})


def _text(document: bytes | dict[str, Any]) -> str:
    return document.decode() if isinstance(document, bytes) else json.dumps(document)


@lru_cache(maxsize=64)
def _closed(kind: Kind, reason: str) -> Policy:
    everything = matcher_of(("*",), "text", variables=False)
    deny = Statement(1, "", "Deny", everything, False, None, False, None, False, (), {})
    return Policy(kind, "", (deny,), malformed=reason)


@lru_cache(maxsize=4096)
def _parsed(text: str, kind: Kind, is_managed: bool, needs_resource: bool) -> Policy:
    try:
        top = json.loads(text, object_pairs_hook=_distinct, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise MalformedPolicy(SYNTAX) from None
    if not isinstance(top, dict) or not top.keys() <= _TOP or "Statement" not in top:
        raise MalformedPolicy(SYNTAX)
    version = _version(top, kind, is_managed)
    id_ = top.get("Id", "")
    written = top["Statement"]
    if isinstance(written, dict):
        written = [written]
    if not isinstance(id_, str) or not isinstance(written, list) or not written:
        raise MalformedPolicy(SYNTAX)
    reader = _Reader(kind, version == VERSIONS[1], needs_resource)
    statements = tuple(reader.statement(number, element) for number, element in enumerate(written, 1))
    _check_sids(statements, kind)
    return Policy(kind, text, statements, version, id_)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Raises ValueError when a name stands twice."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name stands twice")
    return members


def _refuse(constant: str) -> None:
    """Raises ValueError: NaN and the infinities are no JSON."""
    raise ValueError(constant)


def _version(top: dict[str, Any], kind: Kind, is_managed: bool) -> str:
    version = top.get("Version", VERSIONS[0])
    if version not in VERSIONS:
        raise MalformedPolicy("The policy must contain a valid version string" if kind == "resource" else SYNTAX)
    if version != VERSIONS[1] and (is_managed or kind in ("boundary", "scp", "rcp")):
        raise MalformedPolicy(VERSION)
    return str(version)


def _check_sids(statements: Sequence[Statement], kind: Kind) -> None:
    sids = [statement.sid for statement in statements if statement.sid]
    if kind == "resource":
        return
    if not all(map(_SID.fullmatch, sids)):
        raise MalformedPolicy(
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression "
            "[0-9A-Za-z]*"
        )
    if len(set(sids)) != len(sids):
        raise MalformedPolicy("Statement IDs (SID) in a single policy must be unique.")


class _Reader:
    """Reads the statements of one document."""

    def __init__(self, kind: Kind, variables: bool, needs_resource: bool) -> None:
        self.kind = kind
        self.variables = variables
        self.needs_resource = needs_resource

    def statement(self, number: int, element: Any) -> Statement:
        if not isinstance(element, dict) or not element.keys() <= _ELEMENTS:
            raise MalformedPolicy(SYNTAX)
        effect = element.get("Effect")
        sid = element.get("Sid", "")
        if effect not in ("Allow", "Deny") or not isinstance(sid, str):
            raise MalformedPolicy(SYNTAX)
        principals = self._principals(element)
        action_name, actions = _either(element, "Action")
        self._check_actions(actions)
        resource_name, resources = self._resources(element)
        if self.kind == "rcp":
            self._check_rcp(element, effect, principals)
        conditions = self._conditions(element)
        return Statement(
            number,
            sid,
            effect,
            matcher_of([action.lower() for action in actions], "text", variables=False),
            action_name == "NotAction",
            None if _is_every(resource_name, resources) else self._resource_test(resources),
            resource_name == "NotResource",
            principals,
            "NotPrincipal" in element,
            conditions,
            element,
            tuple(condition.holds for condition in conditions),
            self._outline(resource_name, resources),
        )

    def _outline(self, name: str, resources: Sequence[str]) -> Outline | None:
        if name != "Resource" or "*" in resources:
            return None
        return outline_of(resources, variables=self.variables)

    def _resource_test(self, resources: Sequence[str]) -> Test:
        return matcher_of(resources, "resource", variables=self.variables)

    def _principals(self, element: dict[str, Any]) -> Principals | None:
        names = [name for name in ("Principal", "NotPrincipal") if name in element]
        if self.kind not in _WITH_PRINCIPAL:
            if names:
                raise MalformedPolicy(f"Has prohibited field {names[0]}")
            return None
        if not names:
            raise MalformedPolicy("Missing required field Principal")
        if len(names) == 2:
            raise MalformedPolicy(SYNTAX)
        written = element[names[0]]
        if written == "*":
            return Principals(everyone=True)
        if not isinstance(written, dict) or not written:
            raise MalformedPolicy(
                SYNTAX if not isinstance(written, str) else f'Invalid principal in policy: "{written}"'
            )
        try:
            return compile_principals({kind: _strings(values) for kind, values in written.items()})
        except InvalidPrincipal as reason:
            raise MalformedPolicy(str(reason)) from None
        except KeyError:
            raise MalformedPolicy(SYNTAX) from None

    def _check_actions(self, actions: Sequence[str]) -> None:
        if not actions:
            raise MalformedPolicy("Policy statement must contain actions.")
        for action in actions:
            if action != "*":
                _check_action(action)
        if self.kind == "trust" and not all(_STS_ACTIONS.fullmatch(action) for action in actions):
            raise MalformedPolicy("AssumeRole policy may only specify STS AssumeRole actions.")

    def _resources(self, element: dict[str, Any]) -> tuple[str, Sequence[str]]:
        name, resources = _either(element, "Resource")
        if self.kind == "trust":
            if name:
                raise MalformedPolicy(f"Has prohibited field {name}")
            return "", ()
        if not resources:
            if self.kind == "resource":
                if self.needs_resource or name:
                    raise MalformedPolicy("Missing required field Resource")
                return "", ()
            raise MalformedPolicy("Policy statement must contain resources.")
        for resource in resources:
            _check_resource(resource)
        return name, resources

    def _check_rcp(self, element: dict[str, Any], effect: Effect, principals: Principals | None) -> None:
        """Resource control policies name everyone, and only AWS's own RCPFullAWSAccess allows."""
        if principals is None or not principals.everyone or "NotPrincipal" in element:
            raise MalformedPolicy(SYNTAX)
        if effect == "Allow" and not (_strings(element.get("Action")) == _strings(element.get("Resource")) == ("*",)):
            raise MalformedPolicy(SYNTAX)

    def _conditions(self, element: dict[str, Any]) -> tuple[Condition, ...]:
        written = element.get("Condition", {})
        if not isinstance(written, dict):
            raise MalformedPolicy(SYNTAX)
        found: list[Condition] = []
        for operator, keys in written.items():
            if not isinstance(keys, dict):
                raise MalformedPolicy(SYNTAX)
            for key, values in keys.items():
                found.append(self._condition(operator, key, _scalars(values)))
        return tuple(found)

    def _condition(self, operator: str, key: str, expected: Sequence[str]) -> Condition:
        if ":" not in key.strip(":"):
            raise MalformedPolicy(PREFIX)
        condition = find_condition(operator, key, expected, variables=self.variables)
        if condition is None:
            raise MalformedPolicy(f"Invalid Condition type : {operator}.")
        return condition


def _is_every(name: str, resources: Sequence[str]) -> bool:
    return not name or (name == "Resource" and "*" in resources)


def _either(element: Mapping[str, Any], name: str) -> tuple[str, Sequence[str]]:
    """Return which of ``name`` and ``Notname`` stands there (empty: none), and its texts. Raises when both do."""
    names = [each for each in (name, f"Not{name}") if each in element]
    if len(names) == 2:
        raise MalformedPolicy(SYNTAX)
    return (names[0], _strings(element[names[0]])) if names else ("", ())


def _strings(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(each, str) for each in values):
        raise MalformedPolicy(SYNTAX)
    return tuple(values)


def _scalars(value: Any) -> tuple[str, ...]:
    """Return a condition's values as texts: JSON's numbers and booleans as JSON writes them."""
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(each, str | int | float) for each in values):
        raise MalformedPolicy(SYNTAX)
    return tuple(each if isinstance(each, str) else json.dumps(each) for each in values)


def _check_action(action: str) -> None:
    vendor, colon, name = action.partition(":")
    if not colon or not vendor:
        raise MalformedPolicy(PREFIX)
    if not _VENDOR.fullmatch(vendor):
        raise MalformedPolicy(f"Vendor {vendor} is not valid")
    if ":" in name:
        raise MalformedPolicy("Actions/Condition can contain only one colon.")
    if not _ACTION_NAME.fullmatch(name):
        raise MalformedPolicy(SYNTAX)


def _check_resource(resource: str) -> None:
    if resource == "*":
        return
    if not resource.startswith("arn:"):
        raise MalformedPolicy(f'Resource {resource} must be in ARN format or "*".')
    fields = resource.split(":", 5)
    if not _PARTITION.fullmatch(fields[1]):
        raise MalformedPolicy(f'Partition "{fields[1]}" is not valid for resource "{resource}".')
    if len(fields) > 3 and (not fields[2] or (fields[2] != "*" and re.search(r"[*?]", fields[2]))):
        raise MalformedPolicy("Resource vendor must be fully qualified and cannot contain regexes.")
