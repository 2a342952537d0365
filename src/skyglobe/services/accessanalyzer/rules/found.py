"""Findings of policy validation, and the places in a document they point at."""

from __future__ import annotations

from typing import NamedTuple

from skyglobe.services.accessanalyzer.rules.places import Node


class Found(NamedTuple):
    """A finding: its code and type, AWS's words for it, and what it points at."""

    kind: str
    code: str
    text: str
    path: tuple[str | int, ...]
    start: int
    end: int


def at_node(node: Node, path: tuple[str | int, ...], kind: str, code: str, text: str) -> Found:
    """Return a finding about a value."""
    return Found(kind, code, text, path, node.start, node.end)


def at_key(node: Node, name: str, path: tuple[str | int, ...], kind: str, code: str, text: str) -> Found:
    """Return a finding about the name of a member."""
    return Found(kind, code, text, (*path, name), *node.keys[name])


def listed(node: Node, path: tuple[str | int, ...]) -> list[tuple[Node, tuple[str | int, ...]]]:
    """Return the values of a list with their paths; a single value as a list of one."""
    if not isinstance(node.value, list):
        return [(node, path)]
    return [(one, (*path, number)) for number, one in enumerate(node.elements)]
