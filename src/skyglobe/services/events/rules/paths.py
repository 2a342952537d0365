"""The JSON paths that EventBridge takes: dots, brackets, indexes and wildcards.

User guide, "Amazon EventBridge input transformation": that is all of JSON Path that is supported.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

ABSENT = object()
"""What a path leads to that leads nowhere."""

_STEP = re.compile(
    r"""\.(?P<name>[\w/-]+)|\[(?P<index>[0-9]{1,9})\]|\[(?P<quote>['"])(?P<quoted>.+?)(?P=quote)\]|(?P<all>\.\*|\[\*\])"""
)
_EVERY = object()


class BadPath(ValueError):
    """The text is no path."""


@lru_cache(maxsize=4096)  # paths in use
def parse_path(text: str) -> tuple[Any, ...]:
    """Return the steps of a path: names, numbers, and a mark for wildcards. Raises BadPath."""
    if not text.startswith("$"):
        raise BadPath(f"{text} does not start with $")
    steps: list[Any] = []
    at = 1
    while at < len(text):
        found = _STEP.match(text, at)
        if found is None:
            raise BadPath(f"{text} is no path from character {at} on")
        if found["all"]:
            steps.append(_EVERY)
        elif found["index"]:
            steps.append(int(found["index"]))
        else:
            steps.append(found["name"] or found["quoted"])
        at = found.end()
    return tuple(steps)


def follow(path: str, document: Any) -> Any:
    """Return what a path leads to within a document, a list where it has wildcards; ``ABSENT`` for nothing."""
    steps = parse_path(path)
    found = [document]
    for step in steps:
        found = [inner for value in found for inner in _step(value, step)]
    if _EVERY in steps:
        return found
    return found[0] if found else ABSENT


def _step(value: Any, step: Any) -> list[Any]:
    if step is _EVERY:
        return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    if isinstance(step, int):
        return [value[step]] if isinstance(value, list) and step < len(value) else []
    return [value[step]] if isinstance(value, dict) and step in value else []
