"""How policies of the inherited types merge into the one in effect for an account.

Organizations user guide, "Understanding management policy inheritance": policies are taken from the root down. Of those
on the same target the one attached first sets a value; what the others append and remove counts as well, and children
may use only the operators that all of them allow. A restriction on a node rules that node: what may be set in it, or
which members may be added to it; members that are there already have restrictions of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

ASSIGN, APPEND, REMOVE = "@@assign", "@@append", "@@remove"
ALLOWED = "@@operators_allowed_for_child_policies"
_SETTING = (ASSIGN, APPEND, REMOVE)
_ALL, _NONE = "@@all", "@@none"
MAX_DEPTH = 20  # far more than any type's syntax has

Document = dict[str, Any]


class InvalidOperators(ValueError):
    """A document that uses the operators as they cannot be used."""


class _Node:
    """One place in the merged document."""

    __slots__ = ("allowed", "children", "is_set", "name", "value")

    def __init__(self, name: str) -> None:
        self.name = name
        self.allowed = frozenset(_SETTING)
        self.children: dict[str, _Node] = {}
        self.value: Any = None
        self.is_set = False


def check_operators(document: Document, depth: int = 0) -> None:
    """Raise InvalidOperators where operators stand as they cannot be used, or a value has none."""
    if depth > MAX_DEPTH:
        raise InvalidOperators("too deep")
    setting = [key for key in document if key in _SETTING]
    for key, value in document.items():
        if key == ALLOWED:
            _check_allowed(value)
        elif key in _SETTING:
            _check_setting(key, value)
        elif key.startswith("@@") or setting or not isinstance(value, dict):
            raise InvalidOperators(key)
        else:
            check_operators(value, depth + 1)


def _check_allowed(value: Any) -> None:
    names = value if isinstance(value, list) else [value]
    if not names or not all(name in (*_SETTING, _ALL, _NONE) for name in names):
        raise InvalidOperators(ALLOWED)
    if (_ALL in names or _NONE in names) and len(names) > 1:
        raise InvalidOperators(ALLOWED)


def _check_setting(operator: str, value: Any) -> None:
    if isinstance(value, list):
        if not all(isinstance(each, str | int | float) for each in value):
            raise InvalidOperators(operator)
    elif operator != ASSIGN or isinstance(value, dict) or value is None:
        raise InvalidOperators(operator)


def merge_policies(levels: Iterable[Sequence[Document]]) -> Document:
    """Return the effective policy of ``levels``, from the root down, each with its policies as they were attached."""
    root = _Node("")
    for level in levels:
        _merge_level(root, level)
    shown: Document = _shown(root) or {}
    return shown


def _merge_level(node: _Node, documents: Sequence[Document]) -> None:
    """Merge what the policies of one level say of ``node``."""
    _set_value(node, documents)
    names: dict[str, list[Document]] = {}
    spelled: dict[str, str] = {}
    for document in documents:
        for key, value in document.items():
            if not key.startswith("@@") and isinstance(value, dict):
                names.setdefault(key.lower(), []).append(value)
                spelled.setdefault(key.lower(), key)
    for name, members in names.items():
        child = node.children.get(name)
        if child is None:
            if not node.allowed & {ASSIGN, APPEND}:
                continue
            child = node.children[name] = _Node(spelled[name])
        _merge_level(child, members)
    for document in documents:
        if ALLOWED in document:
            node.allowed &= _operators(document[ALLOWED])


def _set_value(node: _Node, documents: Sequence[Document]) -> None:
    usable = [{key: value for key, value in document.items() if key in node.allowed} for document in documents]
    assigned = next((document[ASSIGN] for document in usable if ASSIGN in document), None)
    if assigned is not None:
        node.value, node.is_set = assigned, True
    for document in usable:
        if APPEND in document:
            held = _listed(node.value) if node.is_set else []
            node.value = [*held, *(each for each in _listed(document[APPEND]) if each not in held)]
            node.is_set = True
    for document in usable:
        if REMOVE in document and node.is_set and isinstance(node.value, list):
            node.value = [each for each in node.value if each not in _listed(document[REMOVE])]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _operators(value: Any) -> frozenset[str]:
    names = _listed(value)
    if _ALL in names:
        return frozenset(_SETTING)
    return frozenset(name for name in names if name in _SETTING)


def _shown(node: _Node) -> Any:
    """Return the node without operators; None where nothing is set in it."""
    if node.is_set:
        return node.value
    members = {child.name: _shown(child) for child in node.children.values()}
    return {name: value for name, value in members.items() if value is not None} or None
