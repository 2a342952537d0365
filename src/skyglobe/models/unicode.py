"""Which characters a Java character property holds, as ranges of code points."""

from __future__ import annotations

import unicodedata
from functools import cache

import msgspec

from skyglobe.models import caching

ASCII = 0x7F
LAST = 0x10FFFF

Ranges = list[tuple[int, int]]

_POSIX: dict[str, Ranges] = {
    "Lower": [(97, 122)],
    "Upper": [(65, 90)],
    "ASCII": [(0, 127)],
    "Alpha": [(65, 90), (97, 122)],
    "Digit": [(48, 57)],
    "Alnum": [(48, 57), (65, 90), (97, 122)],
    "Punct": [(33, 47), (58, 64), (91, 96), (123, 126)],
    "Graph": [(33, 126)],
    "Print": [(32, 126)],
    "Blank": [(9, 9), (32, 32)],
    "Cntrl": [(0, 31), (127, 127)],
    "XDigit": [(48, 57), (65, 70), (97, 102)],
    "Space": [(9, 13), (32, 32)],
}
"""java.util.regex.Pattern's POSIX classes: US-ASCII only."""

_BINARY: dict[str, tuple[str, ...]] = {
    "all": ("L", "M", "N", "P", "S", "Z", "C"),
    "LD": ("L", "Nd"),
    "IsAlphabetic": ("L", "Nl"),
    "IsLetter": ("L",),
    "IsDigit": ("Nd",),
}
"""Properties that are unions of general categories, the first letter standing for all that begin with it."""

_CATEGORIES = " Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Cs Co Cn"
_WHITE_SPACE: Ranges = [
    (9, 13), (32, 32), (0x85, 0x85), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029),
    (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000),
]  # fmt: skip
"""The Unicode property White_Space (PropList.txt)."""


def find_ranges(name: str, last: int) -> Ranges | None:
    """Return the code points up to ``last`` that have the property ``name`` (``L``, ``Alnum``, ``IsAlphabetic``…).

    None for properties that are not known here.
    """
    if name in _POSIX:
        return _upto(_POSIX[name], last)
    if name == "IsWhitespace":
        return _upto(_WHITE_SPACE, last)
    wanted = _BINARY.get(name) or (name.removeprefix("Is"),)
    if not all(prefix.isalnum() and f" {prefix}" in _CATEGORIES for prefix in wanted):
        return None
    runs = _runs(0, ASCII) if last == ASCII else _all_runs()
    return _merged([(low, high) for low, high, category in runs if category.startswith(wanted)])


def complement(ranges: Ranges, last: int) -> Ranges:
    """Return all code points up to ``last`` that are not in ``ranges``, which are in order."""
    gaps, start = [], 0
    for low, high in ranges:
        if low > start:
            gaps.append((start, low - 1))
        start = high + 1
    return [*gaps, (start, last)] if start <= last else gaps


@cache
def _all_runs() -> list[tuple[int, int, str]]:
    """Return the categories of all characters: a third of a second to compute, so they are kept."""
    name = f"unicode-{unicodedata.unidata_version}.msgpack"
    content = caching.read(name)
    if content is not None:
        try:
            return msgspec.msgpack.decode(content, type=list[tuple[int, int, str]])
        except msgspec.DecodeError:
            pass
    runs = _runs(0, LAST)
    caching.write(name, msgspec.msgpack.encode(runs))
    return runs


def _runs(first: int, last: int) -> list[tuple[int, int, str]]:
    runs, start, current = [], first, unicodedata.category(chr(first))
    for code_point in range(first + 1, last + 1):
        category = unicodedata.category(chr(code_point))
        if category != current:
            runs.append((start, code_point - 1, current))
            start, current = code_point, category
    return [*runs, (start, last, current)]


def _merged(ranges: Ranges) -> Ranges:
    merged: Ranges = []
    for low, high in ranges:
        if merged and merged[-1][1] == low - 1:
            merged[-1] = (merged[-1][0], high)
        else:
            merged.append((low, high))
    return merged


def _upto(ranges: Ranges, last: int) -> Ranges:
    return [(low, min(high, last)) for low, high in ranges if low <= last]
