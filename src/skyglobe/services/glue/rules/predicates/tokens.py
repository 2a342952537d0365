"""Expressions taken apart into words, texts, numbers and signs."""

from __future__ import annotations

import re
from typing import NamedTuple


class BadExpression(ValueError):
    """An expression cannot be understood; says why."""


class Token(NamedTuple):
    """One piece of an expression."""

    kind: str
    """``word``, ``name`` (a word in quotes, which is no keyword), ``text``, ``number``, ``sign`` or ``end``."""
    text: str
    at: int


_TOKEN = re.compile(
    r"""\s*(?:
      (?P<text>'(?:[^']|'')*')
    | (?P<name>`[^`]+`|"[^"]+")
    | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<word>[^\W\d]\w*)
    | (?P<sign><>|!=|<=|>=|[=<>(),+-])
    )""",
    re.VERBOSE,
)


def tokens_of(expression: str) -> list[Token]:
    """Return the pieces of an expression, and one for its end. Raises BadExpression."""
    found: list[Token] = []
    at, end = 0, len(expression.rstrip())
    while at < end:
        match = _TOKEN.match(expression, at)
        if match is None:
            raise BadExpression(f"unexpected character at position {at}: {expression[at : at + 10].strip()!r}")
        kind = match.lastgroup
        assert kind is not None
        found.append(Token(kind, _content(kind, match[kind]), match.start(kind)))
        at = match.end()
    return [*found, Token("end", "", end)]


def _content(kind: str, text: str) -> str:
    if kind == "text":
        return text[1:-1].replace("''", "'")
    return text[1:-1] if kind == "name" else text
