"""Patterns held against patterns: whether one means all that another does, or anything of it.

A variable (``${aws:username}``) is one sign that nobody knows the text of: it is included by itself and by ``*`` only,
and may be the same as anything.
"""

from __future__ import annotations

import re
from functools import lru_cache

_SIGNS = re.compile(r"\$\{[^{}]*\}|.", re.DOTALL)
_FIELDS = 6


@lru_cache(maxsize=4096)
def signs_of(pattern: str) -> tuple[str, ...]:
    """Return a pattern's signs: characters, wildcards and variables."""
    return tuple(_SIGNS.findall(pattern))


def includes(wide: str, narrow: str) -> bool:
    """Whether ``wide`` surely matches all that ``narrow`` does. Sound; a union of ways is not looked for."""
    outer, inner = signs_of(wide), signs_of(narrow)
    reached = _skipping(outer, {0})
    for sign in inner:
        after: set[int] = set()
        for at in reached:
            if at == len(outer):
                continue
            if outer[at] == "*":
                after.add(at)
            elif outer[at] == sign or (outer[at] == "?" and (len(sign) == 1 and sign != "*")):
                after.add(at + 1)
        if not after:
            return False
        reached = _skipping(outer, after)
    return len(outer) in reached


def _skipping(signs: tuple[str, ...], reached: set[int]) -> set[int]:
    """Return ``reached`` and what stands behind the stars there."""
    found = set(reached)
    for at in reached:
        while at < len(signs) and signs[at] == "*":
            at += 1
            found.add(at)
    return found


def overlap(left: str, right: str) -> bool:
    """Whether some text may be matched by both."""
    one, other = _open(left), _open(right)
    reached = {(0, 0)}
    seen = set(reached)
    while reached:
        here, there = reached.pop()
        if here == len(one) and there == len(other):
            return True
        for pair in _steps(one, other, here, there):
            if pair not in seen:
                seen.add(pair)
                reached.add(pair)
    return False


def _open(pattern: str) -> tuple[str, ...]:
    return tuple("*" if len(sign) > 1 else sign for sign in signs_of(pattern))


def _steps(one: tuple[str, ...], other: tuple[str, ...], here: int, there: int) -> list[tuple[int, int]]:
    left = one[here] if here < len(one) else ""
    right = other[there] if there < len(other) else ""
    found: list[tuple[int, int]] = []
    if left == "*":
        found.append((here + 1, there))
        if right and right != "*":
            found.append((here, there + 1))
    if right == "*":
        found.append((here, there + 1))
        if left and left != "*":
            found.append((here + 1, there))
    if left and right and "*" not in (left, right) and (left == right or "?" in (left, right)):
        found.append((here + 1, there + 1))
    return found


def arn_includes(wide: str, narrow: str) -> bool:
    """As ``includes``, for ARNs: wildcards stay within their field, but for the last."""
    if wide == "*" or narrow == "*":
        return wide == "*"
    return all(map(includes, _fields(wide), _fields(narrow)))


def arns_overlap(left: str, right: str) -> bool:
    """As ``overlap``, for ARNs."""
    return "*" in (left, right) or all(map(overlap, _fields(left), _fields(right)))


def _fields(arn: str) -> list[str]:
    fields = arn.split(":", _FIELDS - 1)
    return fields + ["*"] * (_FIELDS - len(fields))
