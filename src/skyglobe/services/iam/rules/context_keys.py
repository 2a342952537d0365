"""Which context keys policies ask for: in their conditions, and in their variables."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from skyglobe.policy import Policy, Statement

_VARIABLE = re.compile(r"\$\{\s*([^{},'*?$\s]+)\s*(?:,[^{}]*)?\}")


def keys_of_policies(policies: Iterable[Policy]) -> list[str]:
    """Return the keys that any statement of the policies asks for, each once, in alphabetical order."""
    return _distinct(
        key
        for policy in policies
        for statement in policy.statements
        for key in keys_of(statement, variables=policy.version == "2012-10-17")
    )


def missing_keys(policies: Iterable[Policy], action: str, resource: str, context: dict[str, Any]) -> list[str]:
    """Return the keys that the statements on this action and resource ask for and the context has not."""
    asked = (
        key
        for policy in policies
        for statement in policy.statements
        if statement.speaks_of_action(action.lower()) and _may_speak_of(statement, resource, context)
        for key in keys_of(statement, variables=policy.version == "2012-10-17")
    )
    return [key for key in _distinct(asked) if key.lower() not in context]


def keys_of(statement: Statement, *, variables: bool) -> Iterator[str]:
    """Yield the keys one statement asks for, as they are written there."""
    for condition in statement.conditions:
        yield condition.key
    if variables:
        spoken = [statement.written.get(name) for name in ("Resource", "NotResource", "Condition")]
        yield from _VARIABLE.findall(json.dumps(spoken))


def _may_speak_of(statement: Statement, resource: str, context: dict[str, Any]) -> bool:
    """Whether a statement speaks of a resource; one whose resources hang on variables may."""
    has_variables = "${" in json.dumps([statement.written.get("Resource"), statement.written.get("NotResource")])
    return has_variables or statement.speaks_of_resource(resource, context)


def _distinct(keys: Iterable[str]) -> list[str]:
    """Return keys without those that differ from another in case only."""
    found: dict[str, str] = {}
    for key in keys:
        found.setdefault(key.lower(), key)
    return [found[lower] for lower in sorted(found)]
