"""Patterns of JSON events: ``{ ($.latency >= 500 && $.error IS TRUE) || $.status NOT EXISTS }``."""

from __future__ import annotations

from typing import Any, Protocol

from skyglobe.services.logs.rules.patterns.conditions import Condition, read_condition, read_operator
from skyglobe.services.logs.rules.patterns.scanning import MAX_DEPTH, BadPattern, Scanner
from skyglobe.services.logs.rules.patterns.selectors import (
    MAX_WILDCARDS_IN_PATTERN,
    Selector,
    parse_selector,
    read_selector,
)
from skyglobe.services.logs.rules.patterns.subjects import Subject

_STATES = {"NULL": None, "TRUE": True, "FALSE": False}


class Test(Protocol):
    """What a pattern asks of a document."""

    def holds(self, document: Any) -> bool: ...


class Comparing:
    """One of the values selected meets a condition. What is no text or number meets none, not even ``!=``."""

    def __init__(self, selector: Selector, condition: Condition) -> None:
        self._selector = selector
        self._condition = condition

    def holds(self, document: Any) -> bool:
        return any(self._condition.holds(value) for value in self._selector.values(document))


class Being:
    """Something selected is null, true or false itself."""

    def __init__(self, selector: Selector, expected: bool | None) -> None:
        self._selector = selector
        self._expected = expected

    def holds(self, document: Any) -> bool:
        return any(one is self._expected for one in self._selector.find(document))


class Missing:
    """Nothing is there."""

    def __init__(self, selector: Selector) -> None:
        self._selector = selector

    def holds(self, document: Any) -> bool:
        return not self._selector.find(document)


class Every:
    """All of several tests hold."""

    def __init__(self, tests: list[Test]) -> None:
        self._tests = tests

    def holds(self, document: Any) -> bool:
        return all(test.holds(document) for test in self._tests)


class Some:
    """One of several tests holds."""

    def __init__(self, tests: list[Test]) -> None:
        self._tests = tests

    def holds(self, document: Any) -> bool:
        return any(test.holds(document) for test in self._tests)


class Documents:
    """A pattern in braces. Raises BadPattern."""

    def __init__(self, text: str) -> None:
        self.regexes = 0
        self._selectors: dict[str, Selector] = {}
        self.wildcards = 0
        scanner = self._scanner = Scanner(text)
        scanner.expect("{")
        self._test = self._either(0)
        scanner.expect("}")
        if not scanner.is_done:
            raise BadPattern("nothing may follow the closing brace")
        if self.wildcards > MAX_WILDCARDS_IN_PATTERN:
            raise BadPattern(f"a filter pattern can have at most {MAX_WILDCARDS_IN_PATTERN} wildcard selectors")

    def matches(self, subject: Subject) -> bool:
        document = subject.document
        return document is not None and self._test.holds(document)

    def extract(self, subject: Subject) -> dict[str, str]:
        """Return the first value of each property that the pattern speaks of."""
        found = {name: selector.values(subject.document) for name, selector in self._selectors.items()}
        return {name: str(values[0]) for name, values in found.items() if values}

    def find(self, subject: Subject, reference: str) -> str | None:
        """Return the value of a property selector, whether or not the pattern speaks of it."""
        values = parse_selector(reference).values(subject.document)
        return str(values[0]) if values else None

    def _either(self, depth: int) -> Test:
        tests = [self._both(depth)]
        while self._scanner.take("||"):
            tests.append(self._both(depth))
        return tests[0] if len(tests) == 1 else Some(tests)

    def _both(self, depth: int) -> Test:
        tests = [self._single(depth)]
        while self._scanner.take("&&"):
            tests.append(self._single(depth))
        return tests[0] if len(tests) == 1 else Every(tests)

    def _single(self, depth: int) -> Test:
        scanner = self._scanner
        if depth > MAX_DEPTH:
            raise BadPattern(f"parentheses may be at most {MAX_DEPTH} deep")
        if scanner.take("("):
            test = self._either(depth + 1)
            scanner.expect(")")
            return test
        selector = read_selector(scanner)
        self._selectors.setdefault(selector.text, selector)
        self.wildcards += selector.wildcards
        return self._asked_of(selector)

    def _asked_of(self, selector: Selector) -> Test:
        scanner = self._scanner
        if scanner.take_keyword("IS"):
            for word, state in _STATES.items():
                if scanner.take_keyword(word):
                    return Being(selector, state)
            raise BadPattern("IS must be followed by NULL, TRUE or FALSE")
        if scanner.take_keyword("NOT"):
            if scanner.take_keyword("EXISTS"):
                return Missing(selector)
            raise BadPattern("NOT must be followed by EXISTS")
        operator = read_operator(scanner)
        if operator is None:
            raise BadPattern(f"an operator is missing after {selector.text}")
        condition = read_condition(scanner, operator, ")}")
        self.regexes += condition.has_regex
        return Comparing(selector, condition)
