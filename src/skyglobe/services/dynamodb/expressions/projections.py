"""Projections: which parts of an item are returned."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

from skyglobe.services.dynamodb.expressions.binding import Binding, Steps, shown
from skyglobe.services.dynamodb.expressions.tokens import ExpressionError
from skyglobe.services.dynamodb.expressions.trees import Path
from skyglobe.services.dynamodb.rules.values import Item

Projection = Callable[[Item], Item]


def compile_projection(paths: tuple[Path, ...], binding: Binding) -> tuple[Projection, tuple[Steps, ...]]:
    """Return what takes the wanted parts out of an item, and their paths. Raises ExpressionError."""
    wanted = [binding.steps(path) for path in paths]
    check_overlaps(wanted)
    return projection_of(wanted), tuple(wanted)


def projection_of(paths: list[Steps]) -> Projection:
    """Return what takes the parts at ``paths`` out of an item."""
    if all(len(steps) == 1 for steps in paths):
        names = [str(steps[0]) for steps in paths]
        return lambda item: {name: item[name] for name in names if name in item}
    tree = _tree(paths)
    return lambda item: _project_map(item, tree)


def check_overlaps(paths: list[Steps]) -> None:
    """Raise ExpressionError when one path leads to, or through, what another leads to."""
    if len(paths) > 16 and len({steps[0] for steps in paths}) == len(paths):
        return
    for one, other in combinations(paths, 2):
        check_pair(one, other)


def check_pair(one: Steps, other: Steps) -> None:
    """Raise ExpressionError when two paths overlap, or take the same place for a list and a map."""
    for here, there in zip(one, other, strict=False):
        if here != there:
            if type(here) is not type(there):
                raise ExpressionError(
                    "Two document paths conflict with each other; must remove or rewrite one of these paths; "
                    f"path one: {shown(one)}, path two: {shown(other)}"
                )
            return
    raise ExpressionError(
        "Two document paths overlap with each other; must remove or rewrite one of these paths; "
        f"path one: {shown(one)}, path two: {shown(other)}"
    )


def _tree(paths: list[Steps]) -> dict[Any, Any]:
    root: dict[Any, Any] = {}
    for steps in paths:
        node = root
        for step in steps[:-1]:
            node = node.setdefault(step, {})
        node[steps[-1]] = None
    return root


def _project_map(members: Item, tree: dict[Any, Any]) -> Item:
    found: Item = {}
    for name, below in tree.items():
        value = members.get(name)
        part = value if value is None or below is None else _project(value, below)
        if part is not None:
            found[name] = part
    return found


def _project(value: dict[str, Any], tree: dict[Any, Any]) -> dict[str, Any] | None:
    if type(next(iter(tree))) is not int:
        members = _project_map(value["M"], tree) if "M" in value else None
        return {"M": members} if members else None
    if "L" not in value:
        return None
    elements = []
    for index in sorted(tree):
        if index < len(value["L"]):
            element = value["L"][index]
            part = element if tree[index] is None else _project(element, tree[index])
            if part is not None:
                elements.append(part)
    return {"L": elements} if elements else None
