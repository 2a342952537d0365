"""Statements, compiled: what they speak of, and whether a request is meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from skyglobe.policy.conditions import Check, Condition
from skyglobe.policy.patterns import Context, Outline, Test, joined_outline
from skyglobe.policy.principals import Caller, Naming, Principals

Effect = Literal["Allow", "Deny"]
NOTHING: Context = {}
_MOST_RESOURCES = 64
"""Resources for which a policy remembers, action by action, what statements may mean them."""


class Asked(NamedTuple):
    """A question as statements see it."""

    action: str
    """In lower case."""
    resource: str
    context: Context
    caller: Caller


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """One statement of a policy."""

    number: int
    """From 1, in the document's order."""
    sid: str
    effect: Effect
    actions: Test
    is_not_action: bool
    resources: Test | None
    """None where every resource is meant: by ``*``, or because the policy hangs on the one it speaks of."""
    is_not_resource: bool
    principals: Principals | None
    is_not_principal: bool
    conditions: tuple[Condition, ...]
    written: Mapping[str, Any]
    """The statement as it stands in the document."""
    checks: tuple[Check, ...] = ()
    """What the conditions check."""
    outline: Outline | None = None
    """What Resource surely does not mean; None where that cannot be told without the request."""

    def speaks_of_action(self, action: str) -> bool:
        """Whether Action or NotAction means ``action`` (in lower case)."""
        return self.actions(action, NOTHING) is not self.is_not_action

    def speaks_of_resource(self, resource: str, context: Context) -> bool:
        """Whether Resource or NotResource means ``resource``."""
        return self.resources is None or self.resources(resource, context) is not self.is_not_resource

    def naming(self, caller: Caller, context: Context) -> Naming:
        """Return how closely the statement names the caller; policies of identities name their holder."""
        if self.principals is None:
            return Naming.CALLER
        if not self.is_not_principal:
            return self.principals.naming(caller, context)
        if self.effect == "Deny":
            return Naming.NONE if self.principals.spares(caller) else Naming.CALLER
        return Naming.NONE if self.principals.leaves_out(caller) else Naming.CALLER


class Applying(NamedTuple):
    """A statement that applies, and how closely it names the caller."""

    statement: Statement
    naming: Naming


_CALLER = Naming.CALLER


def find_applying(statements: Iterable[Statement], asked: Asked, enough: Naming) -> Applying | None:
    """Return the first statement that applies and names the caller at least as closely as ``enough``.

    Failing that, the one that names it most closely; None when none applies. All speak of the action already. This is
    the loop decisions are made of: what is in it runs for each statement.
    """
    _, resource, context, caller = asked
    closest: Applying | None = None
    for statement in statements:
        resources = statement.resources
        if resources is not None and resources(resource, context) is statement.is_not_resource:
            continue
        for holds in statement.checks:
            if not holds(context):
                break
        else:
            naming = _CALLER if statement.principals is None else statement.naming(caller, context)
            if naming >= enough:
                return Applying(statement, naming)
            if naming and (closest is None or naming > closest.naming):
                closest = Applying(statement, naming)
    return closest


class Lot:
    """Statements of one policy and effect, and which of them a key's value leaves.

    Policies that list who may do what by plain ``StringEquals`` have many statements of which a request can fit few.
    Asked a second time, these are found by the values they want, and the others are not looked at.
    """

    __slots__ = ("_by_key", "_free", "_is_sorted", "_was_asked", "statements")

    def __init__(self, statements: tuple[Statement, ...]) -> None:
        self.statements = statements
        self._is_sorted = len(statements) < _FEW
        self._was_asked = False
        self._free = statements
        """Those that have to be looked at, whatever the request's values are."""
        self._by_key: list[tuple[str, dict[str, list[int]]]] = []
        """For each key of exact conditions, the values wanted, with the places of the statements that want them."""

    def likely(self, context: Context) -> Sequence[Statement]:
        """Return, in their order, the statements that may apply: all that do, and few others."""
        by_key = self._by_key
        if not by_key:
            return self.statements if self._is_sorted else self._looked_at()
        found: list[int] = []
        for key, by_value in by_key:
            value = context.get(key)
            if isinstance(value, str):
                if value in by_value:
                    found += by_value[value]
            elif value:
                for one in value:
                    found += by_value.get(one, ())
        if not found:
            return self._free
        places = {*found, *(place for place, one in enumerate(self.statements) if _guard_of(one) is None)}
        return [self.statements[place] for place in sorted(places)]

    def _looked_at(self) -> Sequence[Statement]:
        """Return all statements, for the last time: what is asked once is not worth sorting."""
        if self._was_asked:
            self._sort()
        self._was_asked = True
        return self.statements

    def _sort(self) -> None:
        self._is_sorted = True
        found: dict[str, dict[str, list[int]]] = {}
        free = []
        for place, statement in enumerate(self.statements):
            guard = _guard_of(statement)
            if guard is None or guard.exact is None:
                free.append(statement)
                continue
            by_value = found.setdefault(guard.key.lower(), {})
            for value in guard.exact:
                by_value.setdefault(value, []).append(place)
        if len(self.statements) - len(free) >= _FEW:
            self._free = tuple(free)
            self._by_key = list(found.items())


_FEW = 4  # statements, of which looking at each is as fast as finding those to look at


def _guard_of(statement: Statement) -> Condition | None:
    """Return the first condition that wants one of some texts, and nothing else."""
    for condition in statement.conditions:
        if condition.exact is not None:
            return condition
    return None


class Speaking(NamedTuple):
    """A policy's statements that may speak of an action on a resource."""

    denying: Lot
    allowing: Lot


class Candidates:
    """A policy's statements that speak of an action, and those of them that may mean a resource."""

    __slots__ = ("_by_resource", "_is_any_named", "_may_mean", "_statements", "_tests", "_unnamed")

    def __init__(self, statements: Sequence[Statement]) -> None:
        self._statements = statements
        outlines = [statement.outline for statement in statements if statement.outline is not None]
        self._may_mean = joined_outline(outlines).test()
        self._tests = [statement.outline.test() if statement.outline else None for statement in statements]
        self._unnamed = _parted([statement for statement in statements if statement.outline is None])
        self._is_any_named = bool(outlines)
        self._by_resource: dict[str, Speaking] = {}

    def speaking(self, resource: str) -> Speaking:
        """Return the statements that may mean ``resource``: all that do, and few others."""
        if not self._is_any_named:
            return self._unnamed
        found = self._by_resource.get(resource)
        return self._find(resource) if found is None else found

    def _find(self, resource: str) -> Speaking:
        found = self._unnamed
        if self._may_mean(resource):
            pairs = zip(self._statements, self._tests, strict=True)
            found = _parted([statement for statement, test in pairs if test is None or test(resource)])
        if len(self._by_resource) >= _MOST_RESOURCES:
            self._by_resource.clear()
        self._by_resource[resource] = found
        return found


def _parted(statements: Sequence[Statement]) -> Speaking:
    return Speaking(
        Lot(tuple(statement for statement in statements if statement.effect == "Deny")),
        Lot(tuple(statement for statement in statements if statement.effect == "Allow")),
    )
