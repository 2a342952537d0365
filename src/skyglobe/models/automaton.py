"""Regular expressions matched in time that grows with the value alone, for those that can hang a backtracking matcher.

A pattern such as ``([a-z]+)*-`` takes Python's ``re`` longer than the universe's age on forty letters, and the values
come from outside. Here the pattern becomes a set of states, all followed at once, each set met remembered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any

from skyglobe.models.unicode import LAST, complement

_parser: Any = import_module("re._parser")
_codes: Any = import_module("re._constants")

MAX_STATES = 3000
"""Of the expanded pattern; ``{0,2048}`` counts as often as it repeats. Beyond, the pattern is not checked at all."""
MAX_REMEMBERED = 2000
"""Sets of states kept before starting afresh."""
MAX_BEYOND = 256
"""Characters that are looked at beyond where a match may end, for a longer one."""
_START, _END = "start", "end"
_ASCII_CATEGORIES = {
    "DIGIT": [(48, 57)],
    "WORD": [(48, 57), (65, 90), (95, 95), (97, 122)],
    "SPACE": [(9, 13), (32, 32)],
}


class Unsupported(Exception):
    """The pattern looks around or back, or is too large."""


def exposure(pattern: str) -> float:
    """Return the degree of the polynomial that bounds ``re``'s steps on a value's length; infinite if none does."""
    return _degree(_parser.parse(pattern, re.ASCII))


def _degree(items: Iterable[tuple[Any, Any]]) -> float:
    total = 0.0
    for code, argument in items:
        if code in (_codes.MAX_REPEAT, _codes.MIN_REPEAT):
            low, high, body = argument
            inner = _degree(body) if high != low or high <= _FEW else _degree(body) * 2
            if high > _FEW and (inner or _varies(body)):
                return float("inf")
            total += max(inner * min(high, _FEW), 1.0 if high - low > _FEW else 0.0)
        elif code is _codes.BRANCH:
            total += max(_degree(branch) for branch in argument[1])
        elif code is _codes.SUBPATTERN:
            total += _degree(argument[3])
        elif code in (_codes.ASSERT, _codes.ASSERT_NOT):
            total += _degree(argument[1])
        elif code is _codes.GROUPREF:
            return float("inf")
    return total


_FEW = 16
"""Repetitions that count as a constant."""


def _varies(items: Iterable[tuple[Any, Any]]) -> bool:
    """Return whether one value can be read in more than one way at all: an option or alternative is within."""
    for code, argument in items:
        if code is _codes.BRANCH or (code in (_codes.MAX_REPEAT, _codes.MIN_REPEAT) and argument[0] != argument[1]):
            return True
        if code is _codes.SUBPATTERN and _varies(argument[3]):
            return True
        if code in (_codes.MAX_REPEAT, _codes.MIN_REPEAT) and _varies(argument[2]):
            return True
    return False


class CharacterSet:
    """Some characters, as ranges of code points or all but those."""

    __slots__ = ("_is_negated", "_ranges")

    def __init__(self, ranges: list[tuple[int, int]], *, is_negated: bool = False) -> None:
        self._ranges = ranges
        self._is_negated = is_negated

    def __contains__(self, character: str) -> bool:
        code_point = ord(character)
        return any(low <= code_point <= high for low, high in self._ranges) != self._is_negated


class Automaton:
    """One pattern, in the syntax of ``re`` with ASCII classes. Raises Unsupported."""

    def __init__(self, pattern: str, *, is_partial: bool, is_reversed: bool = False) -> None:
        """``is_reversed`` is for values that are read from their end."""
        self._is_reversed = is_reversed
        self._steps: list[list[tuple[str | None, int]]] = []
        """For each state, where it leads without a character: always, or only at the value's start or end."""
        self._reads: dict[int, tuple[CharacterSet, int]] = {}
        """For each state that reads a character: which, and where it leads."""
        parsed = _parser.parse(pattern, re.ASCII)
        if parsed.state.flags & (re.IGNORECASE | re.MULTILINE):
            raise Unsupported(pattern)
        self._dot = CharacterSet([] if parsed.state.flags & re.DOTALL else [(10, 10)], is_negated=True)
        self._accepting = self._state()
        after = self._anything(self._accepting) if is_partial else self._accepting
        begin = self._sequence(list(parsed), after)
        self._begin = self._anything(begin) if is_partial else begin
        self._remembered: dict[frozenset[int], dict[str, frozenset[int]]] = {}

    def matches(self, value: str) -> bool:
        """Return whether the pattern matches the whole ``value``, or a part of it if it is partial."""
        states = self._closure([self._begin], {_START} if value else {_START, _END})
        for character in value[:-1]:
            states = self._next(states, character)
        if value:
            states = self._closure(self._read(states, value[-1]), {_END})
        return self._accepting in states

    def longest_from(self, value: str, start: int) -> int:
        """Return where the longest match that begins at ``start`` ends, ``start`` itself when none does.

        It is looked for ``MAX_BEYOND`` characters beyond where it may end, and no further.
        """
        states = self._closure([self._begin], {_START} if start == 0 else set())
        end = start
        for place in range(start, len(value)):
            states = self._advanced(states, value[place], is_last=place == len(value) - 1)
            if self._accepting in states:
                end = place + 1
            elif not states or (end > start and place - end >= MAX_BEYOND):
                break
        return end

    def starts_in(self, value: str) -> list[int]:
        """Return all places where a match of a character or more begins. For reversed ones."""
        fresh = self._closure([self._begin], set())
        states = self._closure([self._begin], {_START})
        starts = []
        for place in range(len(value) - 1, -1, -1):
            states = self._advanced(states, value[place], is_last=place == 0)
            if self._accepting in states:
                starts.append(place)
            states |= fresh
        return starts[::-1]

    def _advanced(self, states: frozenset[int], character: str, *, is_last: bool) -> frozenset[int]:
        if is_last:
            return self._closure(self._read(states, character), {_END})
        return self._next(states, character)

    def _next(self, states: frozenset[int], character: str) -> frozenset[int]:
        known = self._remembered.get(states)
        if known is None:
            if len(self._remembered) > MAX_REMEMBERED:
                self._remembered.clear()
            known = self._remembered[states] = {}
        found = known.get(character)
        if found is None:
            found = known[character] = self._closure(self._read(states, character), set())
        return found

    def _read(self, states: frozenset[int], character: str) -> list[int]:
        reads = (self._reads[state] for state in states if state in self._reads)
        return [target for characters, target in reads if character in characters]

    def _closure(self, states: list[int], holds: set[str]) -> frozenset[int]:
        seen, open_states = set(states), list(states)
        while open_states:
            for condition, target in self._steps[open_states.pop()]:
                if target not in seen and (condition is None or condition in holds):
                    seen.add(target)
                    open_states.append(target)
        return frozenset(seen)

    def _state(self, *targets: int) -> int:
        if len(self._steps) >= MAX_STATES:
            raise Unsupported
        self._steps.append([(None, target) for target in targets])
        return len(self._steps) - 1

    def _reading(self, characters: CharacterSet, after: int) -> int:
        state = self._state()
        self._reads[state] = (characters, after)
        return state

    def _anything(self, after: int) -> int:
        loop = self._state(after)
        self._steps[loop].append((None, self._reading(CharacterSet([], is_negated=True), loop)))
        return loop

    def _sequence(self, items: list[tuple[Any, Any]], after: int) -> int:
        for code, argument in items if self._is_reversed else reversed(items):
            after = self._item(code, argument, after)
        return after

    def _item(self, code: Any, argument: Any, after: int) -> int:
        if code is _codes.LITERAL:
            return self._reading(CharacterSet([(argument, argument)]), after)
        if code is _codes.NOT_LITERAL:
            return self._reading(CharacterSet([(argument, argument)], is_negated=True), after)
        if code is _codes.ANY:
            return self._reading(self._dot, after)
        if code is _codes.IN:
            return self._reading(_character_set(argument), after)
        if code is _codes.SUBPATTERN and not argument[1] and not argument[2]:
            return self._sequence(list(argument[3]), after)
        if code is _codes.BRANCH:
            return self._state(*[self._sequence(list(branch), after) for branch in argument[1]])
        if code in (_codes.MAX_REPEAT, _codes.MIN_REPEAT):
            low, high, body = argument
            return self._repeat(low, high, list(body), after)
        if code is _codes.AT:
            return self._at(argument, after)
        raise Unsupported(str(code))

    def _repeat(self, low: int, high: int, items: list[tuple[Any, Any]], after: int) -> int:
        if high is _codes.MAXREPEAT:
            loop = self._state(after)
            self._steps[loop].append((None, self._sequence(items, loop)))
            after = loop
        else:
            end = after
            for _ in range(high - low):
                after = self._state(end, self._sequence(items, after))
        for _ in range(low):
            after = self._sequence(items, after)
        return after

    def _at(self, where: Any, after: int) -> int:
        conditions = {
            _codes.AT_BEGINNING: _START,
            _codes.AT_BEGINNING_STRING: _START,
            _codes.AT_END_STRING: _END,
        }
        if where not in conditions:
            raise Unsupported(str(where))
        state, condition = self._state(), conditions[where]
        if self._is_reversed:
            condition = _START if condition == _END else _END
        self._steps[state].append((condition, after))
        return state


class Finder:
    """Where a pattern matches in a text: the first match, as long as it is, and so on. Raises Unsupported."""

    def __init__(self, pattern: str) -> None:
        self._forth = Automaton(pattern, is_partial=False)
        self._back = Automaton(pattern, is_partial=False, is_reversed=True)

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield start and end of each match that has a character, in time that grows with the text alone."""
        at = 0
        for start in self._back.starts_in(text):
            if start >= at:
                at = self._forth.longest_from(text, start)
                yield start, at


def _character_set(items: list[tuple[Any, Any]]) -> CharacterSet:
    ranges: list[tuple[int, int]] = []
    is_negated = False
    for code, argument in items:
        if code is _codes.NEGATE:
            is_negated = True
        elif code is _codes.LITERAL:
            ranges.append((argument, argument))
        elif code is _codes.RANGE:
            ranges.append(argument)
        else:
            ranges += _category(str(argument).removeprefix("CATEGORY_"))
    return CharacterSet(ranges, is_negated=is_negated)


def _category(name: str) -> list[tuple[int, int]]:
    if not name.startswith("NOT_"):
        return _ASCII_CATEGORIES[name]
    return complement(_ASCII_CATEGORIES[name.removeprefix("NOT_")], LAST)
