"""Where the statements of a policy stand in its text, as the simulator points at them."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import NamedTuple

_SPACE = re.compile(r"[ \t\n\r]*")
_decoder = json.JSONDecoder()


class Position(NamedTuple):
    """A line and a column, both from 1."""

    line: int
    column: int


class Span(NamedTuple):
    """From the first character of a statement to behind its last."""

    start: Position
    end: Position


@lru_cache(maxsize=1024)
def spans_of_statements(document: str) -> tuple[Span, ...]:
    """Return where each statement of a valid policy stands, in the document's order."""
    at = _skip(document, _find_statements(document))
    spans: list[tuple[int, int]] = []
    if document[at] == "{":
        _, end = _decoder.raw_decode(document, at)
        spans.append((at, end))
    else:
        at = _skip(document, at + 1)
        while document[at] != "]":
            _, end = _decoder.raw_decode(document, at)
            spans.append((at, end))
            at = _skip(document, end)
            at = _skip(document, at + 1) if document[at] == "," else at
    return tuple(Span(_position(document, start), _position(document, end)) for start, end in spans)


def _find_statements(document: str) -> int:
    """Return where the value of the member ``Statement`` begins."""
    at = _skip(document, _skip(document, 0) + 1)
    while True:
        name, end = _decoder.raw_decode(document, at)
        at = _skip(document, _skip(document, end) + 1)
        if name == "Statement":
            return at
        _, end = _decoder.raw_decode(document, at)
        at = _skip(document, _skip(document, end) + 1)


def _skip(document: str, at: int) -> int:
    match = _SPACE.match(document, at)
    assert match is not None
    return match.end()


def _position(document: str, at: int) -> Position:
    line = document.count("\n", 0, at) + 1
    return Position(line, at - document.rfind("\n", 0, at))
