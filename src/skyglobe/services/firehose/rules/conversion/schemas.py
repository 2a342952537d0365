"""Hive's types, as columns of the Data Catalog spell them: ``struct<id:bigint,tags:array<string>>``."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

MAX_DEPTH = 30  # of types within types
_WORD = re.compile(r"[a-z0-9_]+|[<>(),:]|[^<>(),:\s]+")
PRIMITIVES = frozenset(
    {
        *("boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "decimal"),
        *("string", "char", "varchar", "binary", "date", "timestamp"),
    }
)
_ALIASES = {"integer": "int", "long": "bigint"}
MAX_PRECISION = 38  # of decimals; Hive
DEFAULT_PRECISION, DEFAULT_SCALE = 10, 0  # the same


class BadSchema(ValueError):
    """A table's columns cannot be those of a file; says why."""


class Type(NamedTuple):
    """A type and what it is made of."""

    name: str
    inner: tuple[Type, ...] = ()
    """The element of an array, key and value of a map, the fields of a struct."""
    fields: tuple[str, ...] = ()
    """Names of a struct's fields."""
    precision: int = 0
    scale: int = 0


class Column(NamedTuple):
    """A column of a file."""

    name: str
    type: Type


def columns_of(described: list[dict[str, Any]]) -> list[Column]:
    """Return the columns of a table of the Data Catalog. Raises BadSchema."""
    if not described:
        raise BadSchema("The schema is invalid. The specified table has no columns.")
    columns = [Column(one["Name"], parse_type(one.get("Type", ""))) for one in described]
    names = [column.name.lower() for column in columns]
    if len(set(names)) < len(names):
        raise BadSchema("The schema is invalid. Two columns have the same name.")
    return columns


def parse_type(text: str) -> Type:
    """Return a type. Raises BadSchema."""
    parser = _Parser(text)
    found = parser.type()
    parser.expect_end()
    return found


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._words = [(match[0], match.start()) for match in _WORD.finditer(text)]
        self._at = 0
        self._depth = 0

    def _error(self, wanted: str) -> BadSchema:
        word, at = self._words[self._at] if self._at < len(self._words) else ("the end", len(self._text))
        return BadSchema(
            f"The schema is invalid. Error parsing the schema: Error: {wanted} expected at the position {at} of "
            f"'{self._text}' but '{word}' is found."
        )

    def _next(self) -> str:
        return self._words[self._at][0] if self._at < len(self._words) else ""

    def _take(self, word: str) -> bool:
        is_there = self._next() == word
        self._at += is_there
        return is_there

    def _expect(self, word: str) -> None:
        if not self._take(word):
            raise self._error(word)

    def expect_end(self) -> None:
        """Raise BadSchema unless the whole text was read."""
        if self._at < len(self._words):
            raise self._error("end of string")

    def type(self) -> Type:
        """Read one type."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise BadSchema(f"The schema is invalid. Types are nested more than {MAX_DEPTH} deep.")
        name = _ALIASES.get(self._next(), self._next())
        reader = {"array": self._array, "map": self._map, "struct": self._struct}.get(name)
        if reader is None and name not in PRIMITIVES:
            raise self._error("type")
        self._at += 1
        found = reader() if reader is not None else self._primitive(name)
        self._depth -= 1
        return found

    def _array(self) -> Type:
        self._expect("<")
        element = self.type()
        self._expect(">")
        return Type("array", (element,))

    def _map(self) -> Type:
        self._expect("<")
        key = self.type()
        if key.name not in PRIMITIVES:
            raise self._error("primitive type")
        self._expect(",")
        value = self.type()
        self._expect(">")
        return Type("map", (key, value))

    def _struct(self) -> Type:
        self._expect("<")
        names: list[str] = []
        inner: list[Type] = []
        while True:
            name = self._next()
            if not name or name in "<>(),:":
                raise self._error("name")
            self._at += 1
            self._expect(":")
            names.append(name)
            inner.append(self.type())
            if not self._take(","):
                break
        self._expect(">")
        return Type("struct", tuple(inner), tuple(names))

    def _primitive(self, name: str) -> Type:
        if name == "decimal":
            precision, scale = self._numbers(2) or (DEFAULT_PRECISION, DEFAULT_SCALE)
            if not 1 <= precision <= MAX_PRECISION or not 0 <= scale <= precision:
                raise BadSchema(f"The schema is invalid. decimal({precision},{scale}) is not supported.")
            return Type(name, precision=precision, scale=scale)
        if name in ("char", "varchar"):
            self._numbers(1)
        return Type(name)

    def _numbers(self, most: int) -> tuple[int, int] | None:
        if not self._take("("):
            return None
        numbers = [0, 0]
        for place in range(most):
            if place and not self._take(","):
                break
            word = self._next()
            if not (word.isascii() and word.isdigit() and len(word) < 10):
                raise self._error("number")
            numbers[place] = int(word)
            self._at += 1
        self._expect(")")
        return numbers[0], numbers[1]
