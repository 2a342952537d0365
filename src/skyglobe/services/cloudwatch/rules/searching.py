"""Search expressions: ``{AWS/EC2,InstanceId} MetricName="CPUUtilization"``.

User guide, "CloudWatch search expression syntax".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from skyglobe.kernel.metric_points import Dimensions, Series
from skyglobe.services.cloudwatch.rules.tokens import Token, tokens_of

MAX_SEARCH = 1024  # characters; user guide, "CloudWatch search expression syntax"
MAX_DEPTH = 40  # of parentheses in each other; ours
_TOKEN = re.compile(r'\s*(?:(?P<text>"(?:\\.|[^"\\])*")|(?P<mark>[(){}=,])|(?P<word>[^\s(){}=,"]+))')
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_]+")

Test = Callable[[str, str, Dimensions], bool]


class BadSearch(ValueError):
    """A search expression cannot be read; says why."""


@lru_cache(maxsize=256)
def compile_search(text: str) -> Callable[[Series], bool]:
    """Return what tells whether a series is meant. Raises BadSearch."""
    if len(text) > MAX_SEARCH:
        raise BadSearch(f"A search expression has at most {MAX_SEARCH} characters")
    reader = _Reader(_tokens(text))
    schema = reader.schema()
    test = reader.expression(0) if not reader.is_at_end else None
    reader.expect_end()

    def means(series: Series) -> bool:
        if schema is not None and not _is_schema(schema, series):
            return False
        return test is None or test(series.namespace, series.name, series.dimensions)

    return means


def _is_schema(schema: list[str], series: Series) -> bool:
    if not schema:
        return True
    names = sorted(name for name, _ in series.dimensions)
    return series.namespace == schema[0] and names == sorted(schema[1:])


def _tokens(text: str) -> list[Token]:
    try:
        return tokens_of(_TOKEN, text)
    except ValueError as error:
        raise BadSearch(str(error)) from error


class _Reader:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def is_at_end(self) -> bool:
        return self._at >= len(self._tokens)

    def expect_end(self) -> None:
        if not self.is_at_end:
            raise BadSearch(f"Unexpected '{self._tokens[self._at][1]}'")

    def schema(self) -> list[str] | None:
        """Return the namespace and dimension names in braces, None when there are none."""
        if not self._takes("{"):
            return None
        names: list[str] = []
        while not self._takes("}"):
            if self.is_at_end:
                raise BadSearch("A brace is not closed")
            kind, text = self._next()
            if kind == "mark" and text != ",":
                raise BadSearch(f"Unexpected '{text}'")
            if kind != "mark":
                names.append(text[1:-1] if kind == "text" else text)
        return names

    def expression(self, depth: int) -> Test:
        if depth > MAX_DEPTH:
            raise BadSearch("The search expression is nested too deeply")
        tests = [self._conjunction(depth)]
        while self._takes_word("OR"):
            tests.append(self._conjunction(depth))
        return tests[0] if len(tests) == 1 else lambda *what: any(test(*what) for test in tests)

    def _conjunction(self, depth: int) -> Test:
        tests = [self._negation(depth)]
        while not self.is_at_end and self._tokens[self._at] not in (("mark", ")"), ("word", "OR")):
            self._takes_word("AND")
            tests.append(self._negation(depth))
        return tests[0] if len(tests) == 1 else lambda *what: all(test(*what) for test in tests)

    def _negation(self, depth: int) -> Test:
        if self._takes_word("NOT"):
            test = self._negation(depth + 1) if depth < MAX_DEPTH else self.expression(depth + 1)
            return lambda *what: not test(*what)
        if self._takes("("):
            inner = self.expression(depth + 1)
            if not self._takes(")"):
                raise BadSearch("A parenthesis is not closed")
            return inner
        return self._term(depth)

    def _term(self, depth: int) -> Test:
        kind, text = self._next()
        if kind == "mark":
            raise BadSearch(f"Unexpected '{text}'")
        if not self._takes("="):
            return _term_test("", kind, text)
        designator = text[1:-1] if kind == "text" else text
        if self._takes("("):
            alternatives = [_term_test(designator, *self._next())]
            while not self._takes(")"):
                self._takes_word("OR")
                alternatives.append(_term_test(designator, *self._next()))
            return lambda *what: any(test(*what) for test in alternatives)
        return _term_test(designator, *self._next())

    def _next(self) -> tuple[str, str]:
        if self.is_at_end:
            raise BadSearch("The search expression ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _takes(self, mark: str) -> bool:
        if not self.is_at_end and self._tokens[self._at] == ("mark", mark):
            self._at += 1
            return True
        return False

    def _takes_word(self, word: str) -> bool:
        if not self.is_at_end and self._tokens[self._at] == ("word", word):
            self._at += 1
            return True
        return False


def _term_test(designator: str, kind: str, text: str) -> Test:
    """Return the test of one term: exactly what is quoted, or the parts of a name that is not, whatever their case."""
    if kind == "mark":
        raise BadSearch(f"Unexpected '{text}'")
    wanted = re.sub(r"\\(.)", r"\1", text[1:-1]) if kind == "text" else text
    if kind == "text":
        return lambda *what: any(value == wanted for value in _values(designator, *what))
    parts = _parts(wanted)
    return lambda *what: any(_has(value, wanted, parts) for value in _values(designator, *what))


def _values(designator: str, namespace: str, name: str, dimensions: Dimensions) -> Iterator[str]:
    if designator in ("", "Namespace"):
        yield namespace
    if designator in ("", "MetricName"):
        yield name
    for dimension, value in dimensions:
        if not designator:
            yield dimension
        if designator in ("", dimension):
            yield value


def _parts(text: str) -> list[str]:
    return [part.lower() for part in _PARTS.findall(text)]


def _has(value: str, wanted: str, parts: list[str]) -> bool:
    if value.lower() == wanted.lower():
        return True
    own = _parts(value)
    return bool(parts) and any(own[at : at + len(parts)] == parts for at in range(len(own) - len(parts) + 1))
