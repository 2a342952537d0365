"""A log event's text, as patterns look at it: read as JSON or split into fields once, however many patterns ask."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cached_property
from typing import Any

_UNREADABLE = (ValueError, ArithmeticError, RecursionError)
"""What reading a text raises that is no JSON, has a number beyond all bounds, or is nested too deeply for anybody."""


class Subject:
    """One message."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def document(self) -> Any:
        """The JSON object or array the text is; None when it is neither. Decimals keep their digits."""
        text = self.text
        if text.lstrip(" \t\r\n")[:1] not in ("{", "["):
            return None
        try:
            return json.loads(text, parse_float=Decimal, parse_constant=_refuse)
        except _UNREADABLE:
            return None

    @cached_property
    def fields(self) -> list[str]:
        """The fields between spaces; what brackets or quotation marks enclose is one field, without them."""
        return [field for field, _ in split_fields(self.text)]

    @cached_property
    def starts(self) -> list[int]:
        """Where each field begins in the text, its bracket or quotation mark included."""
        return [start for _, start in split_fields(self.text)]


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def split_fields(text: str) -> list[tuple[str, int]]:
    """Return the fields of a space-delimited text and where they begin."""
    found: list[tuple[str, int]] = []
    missing = {"]": False, '"': False}
    """Closing marks that do not come any more: looked for once, so that a text of brackets takes no quadratic time."""
    at, length = 0, len(text)
    while at < length:
        character = text[at]
        if character.isspace():
            at += 1
            continue
        close = {"[": "]", '"': '"'}.get(character)
        if close is not None and not missing[close]:
            end = text.find(close, at + 1)
            if end >= 0:
                found.append((text[at + 1 : end], at))
                at = end + 1
                continue
            missing[close] = True
        end = at
        while end < length and not text[end].isspace():
            end += 1
        found.append((text[at:end], at))
        at = end
    return found
