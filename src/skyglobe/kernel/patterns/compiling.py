"""From a pattern's JSON to what an event is held against."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec

from skyglobe.kernel.patterns.operators import InvalidPattern, Test, compile_expression, equals

__all__ = ["Branch", "InvalidPattern", "Leaf", "Pattern", "compile_pattern", "parse_pattern", "stored_pattern"]

MAX_CACHED = 4_096  # compiled patterns
MAX_DEPTH = 100  # of nested keys; deeper patterns match nothing a sender could write without meaning harm
_ABSENT = object()


class Leaf:
    """The list of a field: one of its entries must fit one of the field's values."""

    __slots__ = ("_tests", "allows_absence", "allows_presence", "count", "key")

    def __init__(self, key: str, entries: list[Any]) -> None:
        if not entries:
            raise InvalidPattern("Empty arrays are not allowed")
        self.key = key
        self.count = len(entries)
        """How many entries it has, for bounds on complexity."""
        self.allows_absence = False
        self.allows_presence = False
        self._tests: list[Test] = []
        for entry in entries:
            self._add(entry)

    def _add(self, entry: Any) -> None:
        if isinstance(entry, list):
            raise InvalidPattern("Match value must be String, number, true, false, or null")
        if not isinstance(entry, dict):
            self._tests.append(equals(entry))
            return
        if list(entry) != ["exists"]:
            self._tests.append(compile_expression(entry))
            return
        if not isinstance(entry["exists"], bool):
            raise InvalidPattern("exists match pattern must be either true or false.")
        if entry["exists"]:
            self.allows_presence = True
        else:
            self.allows_absence = True

    def matches(self, event: dict[str, Any]) -> bool:
        """Whether the field of ``event`` fits. Scalars count, those within lists too; objects are no values."""
        scalars = _scalars(event.get(self.key, _ABSENT))
        first = next(scalars, _ABSENT)
        if first is _ABSENT:
            return self.allows_absence
        if self.allows_presence or self._fits(first):
            return True
        return any(map(self._fits, scalars))

    def _fits(self, value: Any) -> bool:
        return any(test(value) for test in self._tests)


class Branch:
    """An object within the event: one, or one of a list, must fit as a whole."""

    __slots__ = ("key", "pattern")

    def __init__(self, key: str, pattern: Pattern) -> None:
        self.key = key
        self.pattern = pattern

    def matches(self, event: dict[str, Any]) -> bool:
        found = event.get(self.key)
        if isinstance(found, list):
            return any(map(self.pattern.matches, _objects(found)))
        # What is not there has no fields: ``exists: false`` holds of each of them.
        return self.pattern.matches(found if isinstance(found, dict) else {})


class Either:
    """``$or``: one of its patterns must fit the same object."""

    __slots__ = ("patterns",)

    def __init__(self, patterns: list[Pattern]) -> None:
        self.patterns = patterns

    def matches(self, event: dict[str, Any]) -> bool:
        return any(pattern.matches(event) for pattern in self.patterns)


class Pattern:
    """A compiled pattern: every part must fit."""

    __slots__ = ("parts",)

    def __init__(self, parts: list[Leaf | Branch | Either]) -> None:
        self.parts = parts

    def matches(self, event: dict[str, Any]) -> bool:
        """Whether ``event``, a JSON object, fits."""
        for part in self.parts:  # noqa: SIM110 - a generator costs more than the parts
            if not part.matches(event):
                return False
        return True

    def leaves(self, depth: int = 1) -> Iterator[tuple[Leaf, int]]:
        """Yield every field's list with how deep it lies: 1 at the top."""
        for part in self.parts:
            if isinstance(part, Leaf):
                yield part, depth
            elif isinstance(part, Branch):
                yield from part.pattern.leaves(depth + 1)
            else:
                for pattern in part.patterns:
                    yield from pattern.leaves(depth)


def compile_pattern(document: Any, depth: int = 0) -> Pattern:
    """Return the pattern a parsed JSON document is. Raises InvalidPattern."""
    if not isinstance(document, dict):
        raise InvalidPattern("Filter is not an object")
    if not document and depth:
        raise InvalidPattern("Empty objects are not allowed")
    if depth > MAX_DEPTH:
        raise InvalidPattern("Event pattern is nested too deeply")
    return Pattern([_part(key, value, depth) for key, value in document.items()])


def _part(key: str, value: Any, depth: int) -> Leaf | Branch | Either:
    if key == "$or":
        return _either(value, depth)
    if isinstance(value, list):
        return Leaf(key, value)
    if isinstance(value, dict):
        return Branch(key, compile_pattern(value, depth + 1))
    raise InvalidPattern(f'"{key}" must be an object or an array')


def _either(value: Any, depth: int) -> Either:
    if not isinstance(value, list):
        raise InvalidPattern("It must be an Array followed with $or.")
    if not all(isinstance(pattern, dict) for pattern in value):
        raise InvalidPattern("Only JSON object is allowed in array of $or relationship.")
    if len(value) < 2:
        raise InvalidPattern("There must have at least 2 Objects in $or relationship.")
    return Either([compile_pattern(pattern, depth + 1) for pattern in value])


def parse_pattern(text: str) -> Pattern:
    """Return the pattern of a JSON text. Raises InvalidPattern."""
    try:
        document = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as error:
        raise InvalidPattern("Filter is not valid JSON") from error
    return compile_pattern(document)


@lru_cache(maxsize=MAX_CACHED)
def stored_pattern(text: str) -> Pattern:
    """As ``parse_pattern``, for texts that were found good when they were stored: compiled once for each content."""
    return parse_pattern(text)


def _scalars(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for element in value:
            yield from _scalars(element)
    elif value is not _ABSENT and not isinstance(value, dict):
        yield value


def _objects(values: list[Any]) -> Iterator[dict[str, Any]]:
    for value in values:
        if isinstance(value, dict):
            yield value
        elif isinstance(value, list):
            yield from _objects(value)
