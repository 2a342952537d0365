"""Delegation requests: what a template says with its placeholders filled in, and what may become of a request."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from itertools import product
from math import prod
from typing import Any

from skyglobe.policy import Policy
from skyglobe.policy.statements import Statement

DAY = 86_400_000  # milliseconds
LASTS_FOR = {
    # IAM user guide, "Building your integration", expiration path: what a state lasts if nobody does anything.
    "UNASSIGNED": DAY,
    "ASSIGNED": 7 * DAY,
    "PENDING_APPROVAL": 7 * DAY,
    "ACCEPTED": 7 * DAY,
    "REJECTED": 7 * DAY,
    "FINALIZED": 7 * DAY,
    "EXPIRED": 7 * DAY,  # ours: the guide says "eventually removed"
}
MAY_FOLLOW = {
    # Same page, state transitions: from which states a request gets into one.
    "ASSIGNED": ("UNASSIGNED",),
    "PENDING_APPROVAL": ("ASSIGNED", "PENDING_APPROVAL"),
    "ACCEPTED": ("ASSIGNED", "PENDING_APPROVAL"),
    "REJECTED": ("ASSIGNED", "PENDING_APPROVAL", "ACCEPTED"),
    "FINALIZED": ("ACCEPTED",),
}

_PLACEHOLDER = re.compile(r"@\{([^{}]+)\}")
MAX_TEXTS = 1_000  # that one text of a template may become; ours
_MAKING_ROLES = ("iam:createrole", "iam:putrolepermissionsboundary")


class UnfilledTemplate(ValueError):
    """Placeholders and parameters that do not belong together; its text says which."""


def fill_template(document: str, parameters: Mapping[str, Sequence[str]]) -> str:
    """Return a policy document with ``@{name}`` replaced by the parameter's value.

    A text that names a parameter of several values becomes as many texts. Raises UnfilledTemplate for placeholders
    without a parameter, and parameters without a placeholder.
    """
    used: set[str] = set()

    def texts(text: str) -> list[str]:
        names = list(dict.fromkeys(_PLACEHOLDER.findall(text)))
        for name in names:
            if name not in parameters:
                raise UnfilledTemplate(f"Parameter {name} of the policy template is missing.")
        used.update(names)
        if prod(len(parameters[name]) for name in names) > MAX_TEXTS:
            raise UnfilledTemplate(f"Parameters make more than {MAX_TEXTS} texts of {text}")
        ways = [dict(zip(names, values, strict=True)) for values in product(*(parameters[name] for name in names))]
        return [_replaced(text, way) for way in ways]

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: filled(each) for key, each in value.items()}
        if isinstance(value, list):
            return [each for item in value for each in _spread(filled(item))]
        if not isinstance(value, str):
            return value
        found = texts(value)
        return found[0] if len(found) == 1 else found

    result = json.dumps(filled(json.loads(document)))
    if unknown := set(parameters) - used:
        raise UnfilledTemplate(f"The policy template has no parameter {min(unknown)}.")
    return result


def _replaced(text: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: values[found[1]], text)


def _spread(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def boundaries_in(policy: Policy) -> list[str]:
    """Return the permissions boundaries that roles made by ``policy``'s leave must have."""
    found: dict[str, None] = {}
    for statement in policy.statements:
        if statement.effect == "Allow" and any(map(statement.speaks_of_action, _MAKING_ROLES)):
            for condition in statement.conditions:
                if condition.key.lower() == "iam:permissionsboundary":
                    found |= dict.fromkeys(condition.expected)
    return list(found)


def summary_of(policy: Policy, requestor: str, session_for: int) -> str:
    """Return in English what a request asks for."""
    lines = [f"Account {requestor} asks for temporary access for {_spoken(session_for)}. It could at most:"]
    lines += [f"- {_sentence(statement)}" for statement in policy.statements]
    return "\n".join(lines)[:10_000]  # what a summary may have; API reference


def _sentence(statement: Statement) -> str:
    written = statement.written
    verb = "do" if statement.effect == "Allow" else "not do"
    actions = _listed(written, "Action", "every action")
    resources = _listed(written, "Resource", "every resource")
    conditions = [f"{one.key} {one.operator} {', '.join(one.expected)}" for one in statement.conditions]
    return f"{verb} {actions} on {resources}" + (f", if {' and '.join(conditions)}" if conditions else "") + "."


def _listed(written: Mapping[str, Any], element: str, everything: str) -> str:
    if element in written:
        named = _spread(written[element])
        return everything if "*" in named else ", ".join(named)
    left_out = _spread(written.get(f"Not{element}", []))
    return f"{everything} but {', '.join(left_out)}" if left_out else everything


def _spoken(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    parts = [(hours, "hour"), (minutes, "minute"), (left, "second")]
    return " ".join(f"{count} {unit}{'s' if count > 1 else ''}" for count, unit in parts if count)
