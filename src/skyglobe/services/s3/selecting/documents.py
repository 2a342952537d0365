"""Documents of JSON as S3 Select has them: read value by value, and entered along the path of a FROM clause.

S3 user guide, "SELECT Command", "FROM Clause".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.s3 import s3

MAX_RECORD_BYTES = 1024 * 1024  # of a line; "Requirements and limits", S3 Select
MAX_DOCUMENT_BYTES = 128 * 1024 * 1024
"""Of an object that is one document or several in a row, which is read as a whole. Ours: S3 states none."""


class Missing:
    """What is not there, as opposed to null."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()

Step = str | int | None
"""A name, an index, or None for all there are."""


def _number(text: str) -> Any:
    return float(text) if "e" in text or "E" in text else Decimal(text)


def _integer(text: str) -> Any:
    return int(text) if len(text) < 19 else Decimal(text)  # 64 bits; beyond them only digits are kept


_decoder = json.JSONDecoder(parse_float=_number, parse_int=_integer, strict=False)
_SPACE = re.compile(r"[ \t\r\n]*")


def values_in(path: Path, *, has_lines: bool) -> Iterator[Any]:
    """Yield the root values of a file, one a line or one after the other. Raises JSONParsingError and its kin."""
    if not has_lines and path.stat().st_size > MAX_DOCUMENT_BYTES:
        raise _too_long()
    try:
        if not has_lines:
            yield from _values(path.read_text("utf-8-sig"))
            return
        with path.open(encoding="utf-8-sig") as file:
            for line in file:
                if len(line) > MAX_RECORD_BYTES:
                    raise _too_long()
                yield from _values(line)
    except (ValueError, RecursionError) as error:
        text = "Encountered an error parsing the JSON file. Check the file and try again."
        raise s3.error("JSONParsingError", text) from error


def _too_long() -> ServiceError:
    text = "The length of a record in the input or result is greater than the maxCharsPerRecord limit of 1 MB."
    return s3.error("OverMaxRecordSize", text)


def _values(text: str) -> Iterator[Any]:
    at = _after_space(text, 0)
    while at < len(text):
        value, at = _decoder.raw_decode(text, at)
        yield value
        at = _after_space(text, at)


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found is not None else at


def spread(values: Iterator[Any]) -> Iterator[Any]:
    """Yield values, the elements of those that are lists: what FROM means where it says no path."""
    for value in values:
        if isinstance(value, list):
            yield from value
        else:
            yield value


def walk(value: Any, steps: tuple[Step, ...]) -> Iterator[Any]:
    """Yield what a path leads to from a value: MISSING where it leads nowhere, so that there is always something."""
    if not steps:
        yield value
        return
    step, rest = steps[0], steps[1:]
    if step is not None:
        yield from walk(got(value, step), rest)
        return
    inner = list(value) if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
    if not inner:
        yield MISSING
    for each in inner:
        yield from walk(each, rest)


def got(value: Any, step: str | int) -> Any:
    """Return a field of a document or an element of a list; MISSING when there is none."""
    if isinstance(step, int):
        return value[step] if isinstance(value, list) and -1 < step < len(value) else MISSING
    if not isinstance(value, dict):
        return MISSING
    if step in value:
        return value[step]
    found = [name for name in value if name.lower() == step.lower()]
    if len(found) > 1:
        text = "Some fields are ambiguous: use double quotation marks to tell them apart."
        raise s3.error("AmbiguousFieldName", text)
    return value[found[0]] if found else MISSING
