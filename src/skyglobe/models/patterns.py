r"""The models' regular expressions, written for Java, as Python's.

What differs is rewritten: properties (``\p{L}``), surrogate pairs, ``\x{…}``, ``\z``, what ``.`` leaves out, named
groups. What cannot be rewritten faithfully is left out: a pattern that is not understood rejects nobody.

Patterns are matched whole, as AWS does with the unanchored ones; one anchored at a single end may match a part.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from skyglobe.models import unicode
from skyglobe.models.automaton import Automaton, Unsupported, exposure

_LINE_ENDS = r"\n\r\x85\u2028\u2029"
"""What ``.`` does not match in Java; Python leaves out the first alone."""
_HORIZONTAL_SPACE = r"[ \t\xa0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000]"
_SHARED_ESCAPES = frozenset("dDwWsSbBnrtfa123456789")
_CLASS_ESCAPES = frozenset("dDwWsS")
_CONTROLS = {"n": 10, "r": 13, "t": 9, "f": 12, "a": 7, "e": 27}


class Untranslatable(Exception):
    """The pattern uses something Python has no equal of, or is no valid pattern in either."""


class Pattern:
    """A pattern ready to be tried on values. Nothing is compiled before the first value comes."""

    __slots__ = ("_ascii", "_attempt", "_method", "_trusted_length", "_unicode", "source")

    def __init__(self, source: str) -> None:
        self.source = source
        self._method = "search" if source.startswith("^") != source.endswith("$") else "fullmatch"
        self._ascii: _Matcher | None = None
        self._unicode: _Matcher | None = None
        self._attempt: Callable[[str], object | None] = bool
        self._trusted_length = -1

    def matches(self, value: str) -> bool:
        """Return whether ``value`` satisfies the pattern."""
        if len(value) <= self._trusted_length and value.isascii():
            return self._attempt(value) is not None
        return self._matcher(is_ascii=value.isascii()).matches(value)

    def quick_form(self) -> QuickForm | None:
        """Return an expression that holds for most values that satisfy the pattern, and for no others."""
        matcher = self._matcher(is_ascii=True)
        if self._method != "fullmatch" or not matcher.trusted_length:
            return None
        expression = rf"(?a)\A(?=[\x00-\x7f]*\Z)(?:{translate(self.source, is_ascii=True)})\Z"
        try:
            re.compile(expression)
        except re.error:  # flags of its own, which may only stand first
            return None
        return QuickForm(expression, matcher.trusted_length)

    def _matcher(self, *, is_ascii: bool) -> _Matcher:
        if not is_ascii:
            self._unicode = self._unicode or _Matcher(self.source, self._method, is_ascii=False)
            return self._unicode
        if self._ascii is None:
            # A letter of any script is an ASCII letter here: a small class instead of one of 600 ranges.
            self._ascii = _Matcher(self.source, self._method, is_ascii=True)
            self._attempt, self._trusted_length = self._ascii.attempt, self._ascii.trusted_length
        return self._ascii


class _Matcher:
    """A compiled pattern that takes a bounded time: by ``re`` on short values, by an automaton on others."""

    __slots__ = ("_automaton", "_pattern", "attempt", "trusted_length")

    def __init__(self, source: str, method: str, *, is_ascii: bool) -> None:
        self._pattern = translate(source, is_ascii=is_ascii)
        self.attempt = getattr(_compile(source, is_ascii=is_ascii), method)
        degree = exposure(self._pattern) + (method == "search")
        self.trusted_length = int(_STEPS ** (1 / max(degree, 1))) if degree != float("inf") else 0
        self._automaton: Automaton | None = None

    def matches(self, value: str) -> bool:
        if len(value) <= self.trusted_length:
            return self.attempt(value) is not None
        if self._automaton is None:
            try:
                self._automaton = Automaton(self._pattern, is_partial=self.attempt.__name__ == "search")
            except Unsupported:
                # It looks around: short values are tried all the same, longer ones pass unchecked.
                self.trusted_length = max(self.trusted_length, _SHORT)
                return len(value) > self.trusted_length or self.attempt(value) is not None
        return self._automaton.matches(value)


class QuickForm(NamedTuple):
    """What only values that satisfy a pattern are found by, though not all of them."""

    expression: str
    """For ``re.search``, without flags."""
    longest: int
    """Up to how many characters it may be tried on: it takes a bounded time then."""


def quick_form(source: str) -> QuickForm | None:
    """Return an expression for others to try on values; None for patterns that need more than that."""
    pattern = find_pattern(source)
    return pattern.quick_form() if pattern is not None else None


_STEPS = 4_200_000
"""Steps of ``re`` that are borne, some 50 ms: a quadratic pattern is trusted with 2,048 characters."""
_SHORT = 24
"""Characters on which even a pattern of exponential cost stays within about as many steps."""


@cache
def find_pattern(source: str) -> Pattern | None:
    """Return the pattern, None when it cannot be translated."""
    try:
        _compile(source, is_ascii=True)
    except Untranslatable:
        return None
    return Pattern(source)


def _compile(source: str, *, is_ascii: bool) -> re.Pattern[str]:
    try:
        return re.compile(translate(source, is_ascii=is_ascii), re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise Untranslatable(source) from error


def translate(source: str, *, is_ascii: bool) -> str:
    """Return ``source`` in Python's syntax, good for ASCII values only if ``is_ascii``. Raises Untranslatable."""
    return _Translator(source, unicode.ASCII if is_ascii else unicode.LAST).translate()


class _Translator:
    def __init__(self, source: str, last: int) -> None:
        self._source = source
        self._at = 0
        self._last = last
        """The highest code point values may have."""
        self._dot = "." if re.match(r"\(\?[a-z]*s", source) else f"[^{_LINE_ENDS}]"

    def translate(self) -> str:
        written = []
        while self._at < len(self._source):
            if self._takes("\\"):
                written.append(self._escape())
            elif self._takes("["):
                written.append(self._character_class())
            elif self._takes("."):
                written.append(self._dot)
            elif self._takes("$"):
                written.append(r"\Z")  # where the value is matched whole, a final line end is part of it
            elif re.match(r"\(\?<\w", self._source[self._at :]):
                self._at += 3
                written.append("(?P<")
            else:
                written.append(self._next())
        return "".join(written)

    def _next(self) -> str:
        if self._at >= len(self._source):
            raise Untranslatable(self._source)
        self._at += 1
        return self._source[self._at - 1]

    def _takes(self, expected: str) -> bool:
        if not self._source.startswith(expected, self._at):
            return False
        self._at += len(expected)
        return True

    def _escape(self) -> str:
        character = self._next()
        if character in "pP":
            return f"[{_ranges(self._property(character))}]"
        if character in _SHARED_ESCAPES:
            return "\\" + character
        special = {"z": r"\Z", "A": r"\A", "Z": r"(?=\n?\Z)", "h": _HORIZONTAL_SPACE}.get(character)
        if special is not None:
            return special
        if character == "Q":
            literal, _, rest = self._source[self._at :].partition(r"\E")
            self._at = len(self._source) - len(rest)
            return re.escape(literal)
        self._at -= 1
        return _character(self._code_point())

    def _code_point(self) -> int:
        """Read what follows a backslash when that stands for one character."""
        character = self._next()
        if character == "u":
            return self._pair(self._hexadecimal(r"[0-9A-Fa-f]{4}"))
        if character == "x":
            return self._hexadecimal(r"\{[0-9A-Fa-f]+\}|[0-9A-Fa-f]{2}")
        if character == "0":
            return int(self._octal(), 8)
        if character in _CONTROLS:
            return _CONTROLS[character]
        if character.isalnum():
            raise Untranslatable(self._source)
        return ord(character)

    def _octal(self) -> str:
        found = re.compile(r"[0-3]?[0-7]{1,2}").match(self._source, self._at)
        if found is None:
            raise Untranslatable(self._source)
        self._at = found.end()
        return found.group()

    def _hexadecimal(self, form: str) -> int:
        found = re.compile(form).match(self._source, self._at)
        if found is None:
            raise Untranslatable(self._source)
        self._at = found.end()
        return int(found.group().strip("{}"), 16)

    def _pair(self, high: int) -> int:
        """Return the character a surrogate pair stands for, as Java reads it."""
        low = re.compile(r"\\u([dD][c-fC-F][0-9A-Fa-f]{2})").match(self._source, self._at)
        if not 0xD800 <= high < 0xDC00 or low is None:
            return high
        self._at = low.end()
        return 0x10000 + ((high - 0xD800) << 10) + (int(low.group(1), 16) - 0xDC00)

    def _property(self, kind: str) -> list[tuple[int, int]]:
        name = self._source[self._at : self._source.find("}", self._at)] if self._takes("{") else self._next()
        if self._source.startswith(name + "}", self._at):
            self._at += len(name) + 1
        found = unicode.find_ranges(name, self._last)
        if found is None:
            raise Untranslatable(self._source)
        return unicode.complement(found, self._last) if kind == "P" else found

    def _character_class(self) -> str:
        written = ["[^" if self._takes("^") else "["]
        if self._takes("]"):
            written.append(r"\]")
        while not self._takes("]"):
            if self._source.startswith(("[", "&&"), self._at):
                raise Untranslatable(self._source)  # unions and intersections of classes
            low = self._class_item()
            if isinstance(low, str):
                written.append(low)
                continue
            high = self._range_end()
            if high is not None and high < low:
                raise Untranslatable(self._source)
            written.append(_character(low) if high is None else f"{_character(low)}-{_character(high)}")
        return "".join(written) + "]"

    def _range_end(self) -> int | None:
        """Read the end of a range, if one follows: a hyphen before a class of characters or the end is itself."""
        start = self._at
        if self._takes("-") and not self._source.startswith("]", self._at):
            high = self._class_item()
            if isinstance(high, int):
                return high
        self._at = start
        return None

    def _class_item(self) -> int | str:
        """Read one character of a class, or a whole class within it as Python writes it."""
        character = self._next()
        if character != "\\":
            return ord(character)
        kind = self._next()
        if kind in _CLASS_ESCAPES:
            return "\\" + kind
        if kind in "pP":
            return _ranges(self._property(kind))
        self._at -= 1
        return self._code_point()


def _ranges(ranges: list[tuple[int, int]]) -> str:
    # A class that holds nothing (no ASCII character is a mark) still has to be written as something.
    return "".join(f"{_character(low)}-{_character(high)}" for low, high in ranges) or r"\U0010ffff"


def _character(code_point: int) -> str:
    character = chr(code_point)
    if character.isascii() and character.isalnum():
        return character
    return f"\\x{code_point:02x}" if code_point < 0x100 else f"\\U{code_point:08x}"
