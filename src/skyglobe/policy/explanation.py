"""Why a decision fell as it did: every statement of every policy that had a say, and what it failed on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from skyglobe.policy.conditions import Condition
from skyglobe.policy.decision import Decision, Group, Source, asked_of, groups_of
from skyglobe.policy.messages import Layer
from skyglobe.policy.statements import Asked, Statement

Verdict = Literal["allows", "denies", "does not apply"]
Element = Literal["Action", "Resource", "Principal", "Condition", ""]


class Failed(NamedTuple):
    """A condition, and what it was held against."""

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
    met: tuple[Failed, ...] = ()
    """Those that did, where the statement applies: what in the request it speaks of."""


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
            met = () if element else _tested(statement.conditions, asked)
            yield Step(group.layer, level, source, statement, verdict, element, failed, met)


def _tested(conditions: Iterable[Condition], asked: Asked) -> tuple[Failed, ...]:
    return tuple(
        Failed(condition.operator, condition.key, condition.expected, condition.actual(asked.context))
        for condition in conditions
    )


def place_of(node: str) -> str:
    """Return in words where in an organization policies hang: ``account 111122223333``, ``unit ou-…``, ``root r-…``."""
    kind = "account" if node.isdigit() else "unit" if node.startswith("ou-") else "root"
    return f"{kind} {node}"


def spoken(source: Source) -> str:
    """Return in words which policy this is: by its name, or by what it belongs to where it has none."""
    if source.kind == "trust":
        return f"the trust policy of {source.of}"
    return f"the policy of {source.of}" if source.kind == "resource" and source.of else source.name


def _first_misfit(statement: Statement, asked: Asked) -> tuple[Element, tuple[Failed, ...]]:
    if not statement.speaks_of_action(asked.action):
        return "Action", ()
    if not statement.speaks_of_resource(asked.resource, asked.context):
        return "Resource", ()
    if not statement.naming(asked.caller, asked.context):
        return "Principal", ()
    failed = _tested((one for one in statement.conditions if not one.holds(asked.context)), asked)
    return ("Condition", failed) if failed else ("", ())
