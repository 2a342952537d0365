r"""Regular expressions between percent signs: what they may hold, and matching them in bounded time.

User guide, "Supported regular expressions (regex) syntax". Short texts are matched by ``re``, longer ones, on which a
pattern such as ``%a*a*a*b%`` would take ``re`` for ever, by an automaton.
"""

from __future__ import annotations

import re
import string
from functools import lru_cache

from skyglobe.models.automaton import Automaton, Unsupported, exposure
from skyglobe.services.logs.rules.patterns.scanning import BadPattern

MAX_IN_PATTERN = 2  # regular expressions in one filter pattern; user guide
MAX_PATTERNS_IN_GROUP = 5  # filter patterns with regular expressions of one log group; user guide
_SYMBOLS = ":_#=@/;,- "  # the space is in the guide's own examples
_OPERATORS = "^$?[]{}|\\*+."
_ALLOWED = frozenset(string.ascii_letters + string.digits + _SYMBOLS + _OPERATORS)
_CLASSES = "dDsSwW"
_STEPS = 4_200_000  # of ``re`` that are borne: some 50 ms


class Regex:
    """One regular expression. Raises BadPattern."""

    __slots__ = ("_automaton", "_source", "_trusted_length", "search")

    def __init__(self, source: str) -> None:
        translated = _translate(source)
        try:
            compiled = re.compile(translated, re.ASCII)
            degree = exposure(translated) + 1
        except (re.error, OverflowError, RecursionError) as error:
            raise BadPattern(f"%{source}% is not a valid regular expression") from error
        self.search = compiled.search
        self._source = translated
        self._trusted_length = int(_STEPS ** (1 / degree)) if degree != float("inf") else 0
        self._automaton: Automaton | None = None
        if self._trusted_length == 0:
            self._automaton = self._followed()

    def matches(self, text: str) -> bool:
        """Return whether some part of ``text`` matches."""
        if len(text) <= self._trusted_length:
            return self.search(text) is not None
        if self._automaton is None:
            self._automaton = self._followed()
        return self._automaton.matches(text)

    def _followed(self) -> Automaton:
        try:
            return Automaton(self._source, is_partial=True)
        except Unsupported as error:
            raise BadPattern("the regular expression is too large") from error


@lru_cache(maxsize=4096)
def compile_regex(source: str) -> Regex:
    """Return a compiled regular expression. Raises BadPattern."""
    return Regex(source)


def _translate(source: str) -> str:
    """Return the expression as Python writes it. Raises BadPattern for what CloudWatch Logs does not support."""
    if not source:
        raise BadPattern("a regular expression must not be empty")
    made: list[str] = []
    at, in_class = 0, False
    while at < len(source):
        character = source[at]
        if character not in _ALLOWED:
            raise BadPattern(f"'{character}' is not supported in regular expressions")
        if character == "\\":
            escape = _escape(source, at)
            made.append(escape)
            at += len(escape)
            continue
        if character == "[" and in_class:
            character = "\\["
        elif character == "[":
            in_class = True
        elif character == "]":
            in_class = False
        elif character == "$" and not in_class:
            character = r"\Z"
        elif character in "&~|-" and in_class and source[at + 1 : at + 2] == character:
            character = "\\" + character  # Python warns of sets of characters to come
        made.append(character)
        at += 1
    return "".join(made)


def _escape(source: str, at: int) -> str:
    following = source[at + 1 : at + 2]
    if following == "x":
        digits = source[at + 2 : at + 4]
        if len(digits) == 2 and all(digit in string.hexdigits for digit in digits) and int(digits, 16) < 128:
            return source[at : at + 4]
    elif following and (following in _CLASSES or (following.isascii() and not following.isalnum())):
        return source[at : at + 2]
    raise BadPattern(f"\\{following} is not supported in regular expressions")
