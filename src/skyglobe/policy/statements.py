"""Statements, compiled: what they speak of, and whether a request is meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from skyglobe.policy.conditions import Check, Condition
from skyglobe.policy.patterns import Context, Test
from skyglobe.policy.principals import Caller, Naming, Principals

Effect = Literal["Allow", "Deny"]
NOTHING: Context = {}


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
