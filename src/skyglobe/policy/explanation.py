"""Why a decision fell as it did: every statement of every policy that had a say, and what it failed on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from skyglobe.policy.decision import Decision, Group, Source, asked_of, groups_of
from skyglobe.policy.messages import Layer
from skyglobe.policy.statements import Asked, Statement

Verdict = Literal["allows", "denies", "does not apply"]
Element = Literal["Action", "Resource", "Principal", "Condition", ""]


class Failed(NamedTuple):
    """A condition that did not hold."""

    operator: str
    key: str
    expected: tuple[str, ...]
    actual: tuple[str, ...] | None
    """The request's values; None when it has no such key."""


class Step(NamedTuple):
    """One statement held against the question."""

    layer: Layer
    level: int
    """Which level of the organization, from 0 at the root; 0 for other layers."""
    source: Source
    statement: Statement
    verdict: Verdict
    element: Element
    """The first element that did not fit; empty when all did."""
    failed: tuple[Failed, ...] = ()
    """The conditions that did not hold, when that is the element."""


def explain(decision: Decision) -> tuple[Step, ...]:
    """Return every statement that had a say in ``decision``, in the order the layers are asked.

    Made when somebody asks: the decision keeps its question and policies, and deciding has no other input.
    """
    asked = asked_of(decision.question, decision.policies)
    steps: list[Step] = []
    levels: dict[Layer, int] = {}
    for group in groups_of(decision.question, decision.policies, asked.caller):
        level = levels.get(group.layer, 0)
        levels[group.layer] = level + 1
        steps += _steps(group, level, asked)
    return tuple(steps)


def _steps(group: Group, level: int, asked: Asked) -> Iterator[Step]:
    for source in group.sources:
        for statement in source.policy.statements:
            element, failed = _first_misfit(statement, asked)
            verdict: Verdict = "does not apply"
            if not element:
                verdict = "denies" if statement.effect == "Deny" else "allows"
            yield Step(group.layer, level, source, statement, verdict, element, failed)


def _first_misfit(statement: Statement, asked: Asked) -> tuple[Element, tuple[Failed, ...]]:
    if not statement.speaks_of_action(asked.action):
        return "Action", ()
    if not statement.speaks_of_resource(asked.resource, asked.context):
        return "Resource", ()
    if not statement.naming(asked.caller, asked.context):
        return "Principal", ()
    failed = tuple(
        Failed(condition.operator, condition.key, condition.expected, condition.actual(asked.context))
        for condition in statement.conditions
        if not condition.holds(asked.context)
    )
    return ("Condition", failed) if failed else ("", ())
