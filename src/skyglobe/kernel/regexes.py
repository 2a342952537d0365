r"""Regular expressions that users give: what they may hold, and matching them in bounded time.

CloudWatch Logs user guide, "Supported regular expressions (regex) syntax", and SNS developer guide, "Using custom data
identifiers": AWS takes the same few operators in both, without groups. Short texts are matched by ``re``, longer ones,
on which a pattern such as ``a*a*a*b`` would take ``re`` for ever, by an automaton.
"""

from __future__ import annotations

import re
import string

from skyglobe.models.automaton import Automaton, Finder, Unsupported, exposure

_OPERATORS = "^$?[]{}|\\*+."
_CLASSES = "dDsSwW"
_STEPS = 4_200_000  # of ``re`` that are borne: some 50 ms


class BadRegex(ValueError):
    """It is no regular expression that is supported; says why."""


class Regex:
    """One regular expression of letters, digits, operators and some ``symbols``. Raises BadRegex."""

    __slots__ = ("_automaton", "_compiled", "_finder", "_translated", "_trusted_length", "search")

    def __init__(self, source: str, symbols: str) -> None:
        self._translated = _translate(source, symbols)
        try:
            self._compiled = re.compile(self._translated, re.ASCII)
            degree = exposure(self._translated) + 1
        except (re.error, OverflowError, RecursionError) as error:
            raise BadRegex(f"{source} is not a valid regular expression") from error
        self.search = self._compiled.search
        self._trusted_length = int(_STEPS ** (1 / degree)) if degree != float("inf") else 0
        self._finder: Finder | None = None
        self._automaton = self._followed() if self._trusted_length == 0 else None

    def matches(self, text: str) -> bool:
        """Return whether some part of ``text`` matches."""
        if len(text) <= self._trusted_length:
            return self.search(text) is not None
        if self._automaton is None:
            self._automaton = self._followed()
        return self._automaton.matches(text)

    def find(self, text: str) -> list[tuple[int, int]]:
        """Return where ``text`` matches: start and end, in order, without overlap; nothing where nothing is matched."""
        if len(text) <= self._trusted_length:
            return [found.span() for found in self._compiled.finditer(text) if found[0]]
        return list(self.finder.find(text))

    @property
    def finder(self) -> Finder:
        """What finds matches in long texts. Raises BadRegex for expressions that are too large for it."""
        if self._finder is None:
            try:
                self._finder = Finder(self._translated)
            except Unsupported as error:
                raise BadRegex("the regular expression is too large") from error
        return self._finder

    def _followed(self) -> Automaton:
        try:
            return Automaton(self._translated, is_partial=True)
        except Unsupported as error:
            raise BadRegex("the regular expression is too large") from error


def _translate(source: str, symbols: str) -> str:
    """Return the expression as Python writes it. Raises BadRegex for what AWS does not support."""
    if not source:
        raise BadRegex("a regular expression must not be empty")
    allowed = frozenset(string.ascii_letters + string.digits + symbols + _OPERATORS)
    made: list[str] = []
    at, in_class = 0, False
    while at < len(source):
        character = source[at]
        if character not in allowed:
            raise BadRegex(f"'{character}' is not supported in regular expressions")
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
    raise BadRegex(f"\\{following} is not supported in regular expressions")
