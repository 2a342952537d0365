"""Expressions over typed columns: what they ask of a partition's values, and which values they fix.

A value that is none of its column's type is NULL, as Hive's default partition is. What is held against NULL is neither
true nor false, and so is what is made of it; a partition is found where the whole is true.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any as Value
from typing import NamedTuple

from skyglobe.services.glue.rules.predicates.parsing import (
    All,
    Any,
    Column,
    Comparison,
    Literal,
    Not,
    Operand,
    Tree,
    parse,
)
from skyglobe.services.glue.rules.predicates.tokens import BadExpression
from skyglobe.services.glue.rules.predicates.types import NUMBER, Reader, family_of, reader_of

Truth = bool | None
Test = Callable[[Sequence[str]], Truth]
Get = Callable[[Sequence[str]], Value]

DEFAULT_PARTITION = "__HIVE_DEFAULT_PARTITION__"  # what Hive calls the partition of NULL

_ORDER: dict[str, Callable[[Value, Value], bool]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


class Predicate(NamedTuple):
    """A compiled expression."""

    test: Test
    equal: dict[str, str]
    """Values that keys of the type string must have, by key; found out so that other partitions need not be read."""

    def matches(self, values: Sequence[str]) -> bool:
        """Return whether a partition with these values is found."""
        return self.test(values) is True


def compile_predicate(expression: str, keys: Sequence[tuple[str, str]]) -> Predicate:
    """Return what an expression asks of the values of ``keys``, names and types. Raises BadExpression."""
    tree = parse(expression)
    return Predicate(_Compiler(keys).test_of(tree), dict(_fixed(tree, keys)))


def _fixed(tree: Tree, keys: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return keys and the values they must have, as far as an expression says so plainly."""
    if isinstance(tree, All):
        return [pair for part in tree.parts for pair in _fixed(part, keys)]
    if isinstance(tree, Comparison) and tree.operator == "=":
        left, right = tree.left, tree.right[0]
        if isinstance(left, Literal):
            left, right = right, left
        if isinstance(left, Column) and isinstance(right, Literal):
            named = (key for key, type_name in keys if key.lower() == left.name and family_of(type_name) == "text")
            return [(key, right.text) for key in named]
    return []


class _Compiler:
    def __init__(self, keys: Sequence[tuple[str, str]]) -> None:
        self._types = {name.lower(): type_name for name, type_name in keys}
        self._places = {name.lower(): place for place, (name, _) in enumerate(keys)}

    def test_of(self, tree: Tree) -> Test:
        if isinstance(tree, Not):
            inner = self.test_of(tree.inner)
            return lambda values: None if (truth := inner(values)) is None else not truth
        if isinstance(tree, All):
            return _joined([self.test_of(part) for part in tree.parts], ends=False)
        if isinstance(tree, Any):
            return _joined([self.test_of(part) for part in tree.parts], ends=True)
        return self._comparison(tree)

    def _comparison(self, tree: Comparison) -> Test:
        operands = (tree.left, *tree.right)
        reader = self._reader(operands)
        get, *others = [self._getter(operand, reader) for operand in operands]
        if tree.operator == "NULL":
            return lambda values: get(values) is None
        if tree.operator == "LIKE":
            pattern = others[0]
            return lambda values: _of_known(get(values), pattern(values), lambda a, b: is_like(str(a), str(b)))
        if tree.operator == "IN":
            return _joined([_pairwise(get, other, _ORDER["="]) for other in others], ends=True)
        if tree.operator == "BETWEEN":
            low, high = others
            return _joined([_pairwise(get, low, _ORDER[">="]), _pairwise(get, high, _ORDER["<="])], ends=False)
        return _pairwise(get, others[0], _ORDER[tree.operator])

    def _reader(self, operands: tuple[Operand, ...]) -> Reader:
        """Return what reads all operands of a comparison: its columns' type has the say. Raises BadExpression."""
        types = [self._type(operand.name) for operand in operands if isinstance(operand, Column)]
        if len({family_of(type_name) for type_name in types}) > 1:
            raise BadExpression("columns of different types cannot be compared")
        if not types:
            is_numeric = all(isinstance(operand, Literal) and operand.kind == "number" for operand in operands)
            return NUMBER if is_numeric else str
        reader = reader_of(types[0])
        if reader is None:
            raise BadExpression(f"partition keys of type {types[0]} are not supported in expressions")
        # Whole numbers may be held against broken ones.
        return NUMBER if family_of(types[0]) == "number" else reader

    def _type(self, column: str) -> str:
        if column not in self._types:
            raise BadExpression(f"{column} is not a partition key")
        return self._types[column]

    def _getter(self, operand: Operand, reader: Reader) -> Get:
        if isinstance(operand, Literal):
            try:
                value = reader(operand.text)
            except ValueError as error:
                raise BadExpression(f"{operand.text!r} is no value of the column's type") from error
            return lambda values: value
        place = self._places[operand.name]

        def get(values: Sequence[str]) -> Value:
            text = values[place]
            if text == DEFAULT_PARTITION:
                return None
            try:
                return reader(text)
            except ValueError:
                return None

        return get


def _joined(tests: list[Test], *, ends: bool) -> Test:
    """Return a test that comes to ``ends`` as soon as one of ``tests`` does."""

    def test(values: Sequence[str]) -> Truth:
        truth: Truth = not ends
        for one in tests:
            found = one(values)
            if found is ends:
                return ends
            if found is None:
                truth = None
        return truth

    return test


def _pairwise(left: Get, right: Get, compare: Callable[[Value, Value], bool]) -> Test:
    return lambda values: _of_known(left(values), right(values), compare)


def _of_known(a: Value, b: Value, compare: Callable[[Value, Value], bool]) -> Truth:
    return None if a is None or b is None else compare(a, b)


def is_like(text: str, pattern: str) -> bool:
    """Return whether ``text`` has the form of a LIKE pattern: ``%`` any characters, ``_`` one. In bounded time."""
    at, place, star, resume = 0, 0, -1, 0
    while at < len(text):
        if place < len(pattern) and pattern[place] == "%":
            star, resume = place, at
            place += 1
        elif place < len(pattern) and pattern[place] in ("_", text[at]):
            at += 1
            place += 1
        elif star >= 0:
            # The last percent sign takes in one character more.
            resume += 1
            at, place = resume, star + 1
        else:
            return False
    return all(character == "%" for character in pattern[place:])
