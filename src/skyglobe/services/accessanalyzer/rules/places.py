"""A JSON document with the place of every value, as findings point at them."""

from __future__ import annotations

import json
import re
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any, NamedTuple

_SPACE = re.compile(r"[ \t\n\r]*")
_SCALAR = re.compile(r"-?[0-9][0-9.eE+-]*|true|false|null")
MAX_DEPTH = 32
"""No policy nests deeper than eight."""


class Node(NamedTuple):
    """A value and where it stands: from the offset of its first character to behind its last."""

    value: Any
    start: int
    end: int
    members: dict[str, Node]
    """Of an object."""
    keys: dict[str, tuple[int, int]]
    """Where the names of an object's members stand."""
    elements: list[Node]
    """Of an array."""

    @property
    def each(self) -> list[Node]:
        """An array's elements, or the value itself."""
        return self.elements if isinstance(self.value, list) else [self]


class NotJson(ValueError):
    """The text is no JSON, from ``at`` on."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


def parse_places(text: str) -> Node:
    """Return the document. Raises NotJson with the offset of what does not belong there."""
    node = _value(text, _skip(text, 0), 0)
    at = _skip(text, node.end)
    if at != len(text):
        raise NotJson(at)
    return node


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    assert found is not None
    return found.end()


def _value(text: str, at: int, depth: int) -> Node:
    if depth > MAX_DEPTH:
        raise NotJson(at)
    sign = text[at : at + 1]
    if sign == "{":
        return _object(text, at, depth)
    if sign == "[":
        return _array(text, at, depth)
    if sign == '"':
        value, end = _string(text, at)
        return Node(value, at, end, {}, {}, [])
    found = _SCALAR.match(text, at)
    if found is None:
        raise NotJson(at)
    try:
        return Node(json.loads(found[0]), at, found.end(), {}, {}, [])
    except ValueError:
        raise NotJson(at) from None


def _string(text: str, at: int) -> tuple[str, int]:
    try:
        return scanstring(text, at + 1)  # type: ignore[no-any-return]
    except ValueError:
        raise NotJson(at) from None


def _object(text: str, start: int, depth: int) -> Node:
    members: dict[str, Node] = {}
    keys: dict[str, tuple[int, int]] = {}
    at = _skip(text, start + 1)
    while text[at : at + 1] != "}":
        if members:
            at = _skip(text, _expect(text, at, ","))
        if text[at : at + 1] != '"':
            raise NotJson(at)
        name, end = _string(text, at)
        keys[name] = (at, end)
        node = _value(text, _skip(text, _expect(text, _skip(text, end), ":")), depth + 1)
        members[name] = node
        at = _skip(text, node.end)
    return Node({name: node.value for name, node in members.items()}, start, at + 1, members, keys, [])


def _array(text: str, start: int, depth: int) -> Node:
    elements: list[Node] = []
    at = _skip(text, start + 1)
    while text[at : at + 1] != "]":
        if elements:
            at = _skip(text, _expect(text, at, ","))
        elements.append(_value(text, at, depth + 1))
        at = _skip(text, elements[-1].end)
    return Node([node.value for node in elements], start, at + 1, {}, {}, elements)


def _expect(text: str, at: int, sign: str) -> int:
    if text[at : at + 1] != sign:
        raise NotJson(at)
    return at + 1


def position(text: str, offset: int) -> dict[str, int]:
    """Return an offset as findings tell it: lines from 1, columns and offsets from 0."""
    line = text.count("\n", 0, offset)
    return {"line": line + 1, "column": offset - (text.rfind("\n", 0, offset) + 1), "offset": offset}
