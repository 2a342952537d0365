"""Statements, compiled: what they speak of, and whether a request is meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from skyglobe.policy.conditions import Condition
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
    """None where the element is absent: the resource is the one the policy hangs on."""
    is_not_resource: bool
    principals: Principals | None
    is_not_principal: bool
    conditions: tuple[Condition, ...]
    written: Mapping[str, Any]
    """The statement as it stands in the document."""

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

    def applies(self, asked: Asked) -> Naming:
        """Return how the statement applies to a request whose action it speaks of; NONE is falsy: it does not."""
        resources = self.resources
        if resources is not None and resources(asked.resource, asked.context) is self.is_not_resource:
            return Naming.NONE
        naming = Naming.CALLER if self.principals is None else self.naming(asked.caller, asked.context)
        if naming:
            for condition in self.conditions:
                if not condition.holds(asked.context):
                    return Naming.NONE
        return naming
