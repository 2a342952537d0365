"""Tokens of the small languages of alarms and searches: quoted texts, marks and words."""

from __future__ import annotations

import re
from typing import NamedTuple


class Token(NamedTuple):
    """A piece of a text; ``kind`` is the name of the pattern's group that it matched."""

    kind: str
    text: str


def tokens_of(pattern: re.Pattern[str], text: str) -> list[Token]:
    """Return the tokens of ``text``. Raises ValueError with the place where there is none."""
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = pattern.match(text, at)
        if match is None or match.lastgroup is None:
            raise ValueError(f"unexpected text at '{text[at : at + 20]}'")
        found.append(Token(match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found
