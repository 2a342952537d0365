"""Property selectors: ``$.users[0].id``, ``$.['cluster.name']``, ``$.items[*]``, ``$.*``."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import Any

from skyglobe.services.logs.rules.patterns.conditions import Value
from skyglobe.services.logs.rules.patterns.scanning import BadPattern, Scanner

MAX_WILDCARDS = 1  # in a selector; user guide
MAX_WILDCARDS_IN_PATTERN = 3  # the same
_ANY = None
_INDEX = re.compile(r"[0-9]{1,9}")


class Selector:
    """A way down into a JSON document."""

    __slots__ = ("_steps", "text")

    def __init__(self, text: str, steps: tuple[str | int | None, ...]) -> None:
        self.text = text
        """As the pattern writes it."""
        self._steps = steps

    @property
    def wildcards(self) -> int:
        return self._steps.count(_ANY)

    def find(self, document: Any) -> list[Any]:
        """Return what is there, of whatever type: several things only behind a wildcard."""
        found = [document]
        for step in self._steps:
            found = [value for one in found for value in _inner(one, step)]
        return found

    def values(self, document: Any) -> list[Value]:
        """Return the texts and numbers that are there."""
        return [value for one in self.find(document) if (value := value_of(one)) is not None]


def _inner(value: Any, step: str | int | None) -> list[Any]:
    if isinstance(value, dict):
        if step is _ANY:
            return list(value.values())
        return [value[step]] if step in value else []
    if isinstance(value, list):
        if step is _ANY:
            return value
        return [value[step]] if isinstance(step, int) and step < len(value) else []
    return []


def value_of(value: Any) -> Value | None:
    """Return a value node: a text or a number, or a truth as the text it is written as. None for all else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str | int | Decimal) else None


def read_selector(scanner: Scanner) -> Selector:
    """Return the selector that comes next. Raises BadPattern."""
    scanner.expect("$")
    steps: list[str | int | None] = []
    written = "$"
    while True:
        if scanner.starts_here(".['") or scanner.starts_here("['"):
            if scanner.starts_here("."):
                scanner.expect(".")
                written += "."
            scanner.expect("[")
            name = scanner.enclosed("'", escapes=True)
            scanner.expect("]")
            steps.append(name)
            written += f"['{name}']"
        elif scanner.starts_here("."):
            scanner.expect(".")
            steps.append(_name(scanner))
            written += f".{steps[-1] if steps[-1] is not _ANY else '*'}"
        elif scanner.starts_here("["):
            scanner.expect("[")
            steps.append(_index(scanner))
            scanner.expect("]")
            written += f"[{steps[-1] if steps[-1] is not _ANY else '*'}]"
        else:
            break
    if not steps:
        raise BadPattern("a property selector starts with '$.'")
    selector = Selector(written, tuple(steps))
    if selector.wildcards > MAX_WILDCARDS:
        raise BadPattern(f"a property selector can have at most {MAX_WILDCARDS} wildcard")
    return selector


def _name(scanner: Scanner) -> str | None:
    if scanner.starts_here("*"):
        scanner.expect("*")
        return _ANY
    name = scanner.run("_-")
    if not name:
        raise BadPattern("a property's name is missing")
    return name


def _index(scanner: Scanner) -> int | None:
    if scanner.take("*"):
        return _ANY
    digits = scanner.run("")
    if not _INDEX.fullmatch(digits):
        raise BadPattern(f"'{digits}' is no index of an array")
    return int(digits)


@lru_cache(maxsize=1024)
def parse_selector(text: str) -> Selector:
    """Return a selector that stands alone, as in the value of a metric. Raises BadPattern."""
    scanner = Scanner(text)
    selector = read_selector(scanner)
    if not scanner.is_done:
        raise BadPattern(f"'{text}' is not a property selector")
    return selector
