"""Expressions as DAX's clients send them, parsed, put back into DynamoDB's text."""

from __future__ import annotations

from typing import Any

from skyglobe.services.dax.rules.framing import Malformed
from skyglobe.services.dax.rules.values import ORDINAL, Item, attribute_of, decode_all

_COMPARED = ("=", "<>", "<", ">=", ">", "<=")
_AND, _OR, _NOT, _BETWEEN, _IN = 6, 7, 8, 9, 10
_VARIABLE, _PATH = 17, 18
_SET, _ADD, _DELETE, _REMOVE = 19, 20, 21, 22
_PLUS, _MINUS = 25, 26
_CALLED = {
    11: ("attribute_exists", 1),
    12: ("attribute_not_exists", 1),
    13: ("attribute_type", 2),
    14: ("begins_with", 2),
    15: ("contains", 2),
    16: ("size", 1),
    23: ("if_not_exists", 2),
    24: ("list_append", 2),
}
_CLAUSES = {_SET: "SET", _REMOVE: "REMOVE", _ADD: "ADD", _DELETE: "DELETE"}
FORMAT = 1
"""Of the encoding; there is no other yet."""
Path = tuple[str | int, ...]


class Expressions:
    """The expressions of one request, and the placeholders they share."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.values: Item = {}
        self._known: dict[str, str] = {}
        self._first = 0
        self._count = 0

    def condition(self, data: bytes) -> str:
        """Return a condition, filter or key condition expression. Raises ``Malformed``."""
        return self._condition(self._open(data, 3)[1])

    def update(self, data: bytes) -> str:
        """Return an update expression. Raises ``Malformed``."""
        actions: dict[int, list[str]] = {}
        for action in _sequence(self._open(data, 3)[1]):
            kind, *rest = _sequence(action)
            if kind not in _CLAUSES or len(rest) != (1 if kind == _REMOVE else 2):
                raise Malformed("The update expression is malformed.")
            joint = " = " if kind == _SET else " "
            actions.setdefault(kind, []).append(joint.join([self._path(rest[0]), *map(self._operand, rest[1:])]))
        return " ".join(f"{_CLAUSES[kind]} {', '.join(texts)}" for kind, texts in actions.items())

    def roots(self, paths: list[Path]) -> str:
        """Return a projection expression for the attributes that ``paths`` begin in, whole."""
        return ", ".join(self._named(name) for name in dict.fromkeys(str(path[0]) for path in paths))

    def placeholders(self) -> dict[str, Any]:
        """Return the parameters that say what the placeholders stand for."""
        named = {"ExpressionAttributeNames": self.names} if self.names else {}
        return {**named, "ExpressionAttributeValues": self.values} if self.values else named

    def _open(self, data: bytes, size: int) -> list[Any]:
        parts = _parts(data, size)
        self._first += self._count
        self._count = 0
        if size == 3:
            values = _sequence(parts[2])
            self._count = len(values)
            for place, value in enumerate(values):
                self.values[f":v{self._first + place}"] = attribute_of(value)
        return parts

    def _condition(self, node: Any, around: int = -1) -> str:
        kind, *rest = _sequence(node)
        if kind in (_AND, _OR) and len(rest) == 2:
            text = f" {'AND' if kind == _AND else 'OR'} ".join(self._condition(one, kind) for one in _chain(kind, node))
            return f"({text})" if around == _NOT or (around == _AND and kind == _OR) else text
        if kind == _NOT and len(rest) == 1:
            return f"NOT {self._condition(rest[0], kind)}"
        if kind == _BETWEEN and len(rest) == 3:
            subject, low, high = map(self._operand, rest)
            return f"{subject} BETWEEN {low} AND {high}"
        if kind == _IN and len(rest) == 2:
            return f"{self._operand(rest[0])} IN ({', '.join(map(self._operand, _sequence(rest[1])))})"
        if isinstance(kind, int) and 0 <= kind < len(_COMPARED) and len(rest) == 2:
            left, right = map(self._operand, rest)
            return f"{left} {_COMPARED[kind]} {right}"
        return self._operand(node)

    def _operand(self, node: Any) -> str:
        kind, *rest = _sequence(node)
        if kind == _PATH:
            return self._path(node)
        if kind == _VARIABLE and len(rest) == 1 and isinstance(rest[0], int) and 0 <= rest[0] < self._count:
            return f":v{self._first + rest[0]}"
        if kind in (_PLUS, _MINUS) and len(rest) == 2:
            left, right = map(self._operand, rest)
            return f"{left} {'+' if kind == _PLUS else '-'} {right}"
        name, count = _CALLED.get(kind, ("", -1)) if isinstance(kind, int) else ("", -1)
        if len(rest) != count:
            raise Malformed("The expression is malformed.")
        return f"{name}({', '.join(map(self._operand, rest))})"

    def _path(self, node: Any) -> str:
        text = ""
        for element in path_of(node):
            if isinstance(element, int):
                text += f"[{element}]"
                continue
            text += f".{self._named(element)}" if text else self._named(element)
        return text

    def _named(self, name: str) -> str:
        if name not in self._known:
            self._known[name] = f"#n{len(self._known)}"
            self.names[self._known[name]] = name
        return self._known[name]


def projected_paths(data: bytes) -> list[Path]:
    """Return the paths of a projection expression in its order. Raises ``Malformed``."""
    return [path_of(node) for node in _sequence(_parts(data, 2)[1])]


def path_of(node: Any) -> Path:
    """Return a document path: names and list indexes, a name first. Raises ``Malformed``."""
    from cbor2 import CBORTag

    kind, *elements = _sequence(node)
    found: list[str | int] = []
    for element in elements:
        if isinstance(element, CBORTag) and element.tag == ORDINAL and isinstance(element.value, int) and found:
            found.append(element.value)
        elif isinstance(element, str):
            found.append(element)
        else:
            raise Malformed("The document path is malformed.")
    if kind != _PATH or not found:
        raise Malformed("The document path is malformed.")
    return tuple(found)


def _chain(kind: int, node: Any) -> list[Any]:
    """Return what ``a AND b AND c`` joins: clients nest it to the left, as deep as it is long."""
    found = []
    while (parts := _sequence(node))[:1] == [kind] and len(parts) == 3:
        found.append(parts[2])
        node = parts[1]
    return [node, *reversed(found)]


def _parts(data: bytes, size: int) -> list[Any]:
    (whole,) = decode_all(data) or [None]
    parts = _sequence(whole)
    if len(parts) != size or parts[0] != FORMAT:
        raise Malformed("The expression is malformed.")
    return parts


def _sequence(node: Any) -> list[Any]:
    if not isinstance(node, (list, tuple)) or (isinstance(node, tuple) and hasattr(node, "tag")):
        raise Malformed("The expression is malformed.")
    return list(node)
