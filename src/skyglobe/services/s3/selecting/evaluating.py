"""S3 Select's expressions, evaluated row by row: for documents, whose fields are missing or of any type, and for time.

What a table can hold DuckDB runs by itself, faster. The tree of an expression is DuckDB's too. S3 user guide, "SQL
reference for Amazon S3 Select".
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, NamedTuple

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.s3 import s3
from skyglobe.services.s3.selecting import timestamps
from skyglobe.services.s3.selecting.documents import MISSING, got
from skyglobe.services.s3.selecting.paths import MISSING_MARK
from skyglobe.services.s3.selecting.timestamps import BadTimestamp, Timestamp

Row = Any
"""A document, a scalar, or MISSING."""
Expression = Callable[[Row], Any]
Tree = Mapping[str, Any]
Out = dict[str, Any]

MAX_DIGITS = 40
"""Of integers; user guide, "Supported data types": numbers of any kind have at most 38."""
_NOTHING = (None, MISSING)
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "COMPARE_EQUAL": operator.eq,
    "COMPARE_NOT_DISTINCT_FROM": operator.eq,
    "COMPARE_NOTEQUAL": operator.ne,
    "COMPARE_LESSTHAN": operator.lt,
    "COMPARE_GREATERTHAN": operator.gt,
    "COMPARE_LESSTHANOREQUALTO": operator.le,
    "COMPARE_GREATERTHANOREQUALTO": operator.ge,
}
_AGGREGATES = frozenset(("count", "count_star", "sum", "avg", "min", "max"))


class Names(NamedTuple):
    """What a row is called, and whether it may lack fields: documents may, rows of tables have what they have."""

    of_row: frozenset[str]
    """In lower case."""
    may_lack: bool


class Plan:
    """A SELECT over rows: its list, its condition, its limit."""

    def __init__(self, node: Tree, outputs: list[str] | None, names: Names, now: Timestamp) -> None:
        compiler = _Compiler(names, now)
        self._outputs = outputs
        self._columns = [compiler.compiled(item) for item in node["select_list"]] if outputs is not None else []
        where = node["where_clause"]
        self._condition = compiler.compiled(where) if where is not None else None
        self._aggregates = compiler.aggregates
        limits = [int(each["limit"]["value"]["value"]) for each in node["modifiers"]]
        self._limit = limits[0] if limits else None

    def run(self, rows: Iterable[Row]) -> Iterator[Out]:
        """Yield what is selected from some rows. Raises S3's errors."""
        kept = self._kept(rows)
        if self._aggregates:
            for row in kept:
                for aggregate in self._aggregates:
                    aggregate.take(row)
            kept = iter((MISSING,))
        for count, row in enumerate(kept):
            if count == self._limit:
                return
            yield self._selected(row)

    def _kept(self, rows: Iterable[Row]) -> Iterator[Row]:
        condition = self._condition
        for row in rows:
            if condition is None or condition(row) is True:
                yield row

    def _selected(self, row: Row) -> Out:
        if self._outputs is None:
            if row is MISSING:
                return {}
            return row if isinstance(row, dict) else {"_1": row}
        return {name: column(row) for name, column in zip(self._outputs, self._columns, strict=True)}


class _Aggregate:
    """A function over all rows that are kept; what is null or missing does not count."""

    def __init__(self, name: str, argument: Expression) -> None:
        self._name, self._argument = name, argument
        self._count = 0
        self._value: Any = None

    def take(self, row: Row) -> None:
        value = self._argument(row)
        if value in _NOTHING:
            return
        self._count += 1
        if self._name in ("sum", "avg"):
            value = _numeric(value)
            self._value = value if self._value is None else _arithmetic("+", self._value, value)
            if self._value is None:
                raise _bad_arguments()  # beyond all numbers
        elif self._name in ("min", "max"):
            order = operator.lt if self._name == "min" else operator.gt
            if self._value is None or _compared(order, value, self._value):
                self._value = value

    def value(self, _: Row) -> Any:
        if self._name.startswith("count"):
            return self._count
        if self._name == "avg" and self._count:
            return _arithmetic("/", self._value, self._count)
        return self._value


class _Compiler:
    """Makes functions of rows out of trees that were checked to be S3's."""

    def __init__(self, names: Names, now: Timestamp) -> None:
        self._names, self._now = names, now
        self.aggregates: list[_Aggregate] = []

    def compiled(self, node: Tree) -> Expression:
        made: Expression = getattr(self, f"_{node['class'].lower()}")(node)
        return made

    def _all(self, nodes: Iterable[Tree]) -> list[Expression]:
        return [self.compiled(node) for node in nodes]

    def _constant(self, node: Tree) -> Expression:
        value = node["value"]
        found = None if value["is_null"] else value["value"]
        if value["type"]["id"] == "DECIMAL" and isinstance(found, int):
            found = Decimal(found).scaleb(-value["type"]["type_info"]["scale"])
        if isinstance(found, dict):  # integers of more than 64 bits, in halves
            raise unsupported("Numbers have at most 64 bits.")
        return lambda _: found

    def _column_ref(self, node: Tree) -> Expression:
        steps = list(node["column_names"])
        if steps[0].lower() in self._names.of_row:
            del steps[0]
        may_lack = self._names.may_lack

        def read(row: Row) -> Any:
            for step in steps:
                row = got(row, step)
            if row is MISSING and not may_lack:
                text = "The column name or the path provided does not exist in the SQL query."
                raise s3.error("EvaluatorBindingDoesNotExist", text)
            return of_file(row)

        return read

    def _comparison(self, node: Tree) -> Expression:
        left, right = self.compiled(node["left"]), self.compiled(node["right"])
        if is_missing_mark(node["right"]):
            wanted = node["type"] == "COMPARE_EQUAL"
            return lambda row: (left(row) is MISSING) is wanted
        order = _ORDERS[node["type"]]
        return lambda row: _compared(order, left(row), right(row))

    def _between(self, node: Tree) -> Expression:
        value, low, high = self._all((node["input"], node["lower"], node["upper"]))

        def is_between(row: Row) -> Any:
            found = value(row)
            return _both(_compared(operator.ge, found, low(row)), _compared(operator.le, found, high(row)))

        return is_between

    def _conjunction(self, node: Tree) -> Expression:
        children = self._all(node["children"])
        decisive = node["type"] == "CONJUNCTION_OR"

        def combined(row: Row) -> Any:
            is_known = True
            for child in children:
                value = _truth(child(row))
                if value is decisive:
                    return decisive
                is_known = is_known and value is not None
            return (not decisive) if is_known else None

        return combined

    def _operator(self, node: Tree) -> Expression:
        kind, children = node["type"], self._all(node["children"])
        first = children[0]
        if kind == "OPERATOR_NOT":
            return lambda row: _negated(_truth(first(row)))
        if kind in ("OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL"):
            wanted = kind == "OPERATOR_IS_NULL"
            return lambda row: (first(row) in _NOTHING) is wanted
        if kind == "OPERATOR_COALESCE":
            return lambda row: next((v for v in (child(row) for child in children) if v not in _NOTHING), None)
        if kind in ("COMPARE_IN", "COMPARE_NOT_IN"):
            return self._membership(first, children[1:], is_in=kind == "COMPARE_IN")
        if kind in ("ARRAY_EXTRACT", "STRUCT_EXTRACT"):
            return lambda row: of_file(_element(first(row), children[1](row)))
        raise unsupported(f"{kind.capitalize()} is not supported.")

    def _membership(self, value: Expression, members: list[Expression], *, is_in: bool) -> Expression:
        def decided(row: Row) -> Any:
            found = value(row)
            results = [_compared(operator.eq, found, member(row)) for member in members]
            answer = True if True in results else None if None in results else False
            return answer if is_in else _negated(answer)

        return decided

    def _case(self, node: Tree) -> Expression:
        checks = [(self.compiled(c["when_expr"]), self.compiled(c["then_expr"])) for c in node["case_checks"]]
        otherwise = self.compiled(node["else_expr"])

        def chosen(row: Row) -> Any:
            return next((then for when, then in checks if _truth(when(row)) is True), otherwise)(row)

        return chosen

    def _cast(self, node: Tree) -> Expression:
        value, kind = self.compiled(node["child"]), node["cast_type"]["id"]
        return lambda row: _cast(value(row), kind)

    def _function(self, node: Tree) -> Expression:
        name, nodes = node["function_name"], node["children"]
        if name in _AGGREGATES:
            return self._aggregate(name, nodes)
        if name == "utcnow":
            return lambda _: self._now
        if name in ("date_add", "date_diff"):
            part, arguments = _part_in(nodes), self._all(nodes[1:])
            return lambda row: _of_dates(name, part, [argument(row) for argument in arguments])
        if name == "date_part":
            if len(nodes) != 2 or nodes[0]["class"] != "CONSTANT":
                raise _no_part("")
            part, value = str(nodes[0]["value"].get("value")).lower(), self.compiled(nodes[1])
            return lambda row: _of_dates(name, part, [value(row)])
        arguments = self._all(nodes)
        if name in "+-*/%" and len(arguments) == 2:
            return lambda row: _of_numbers(name, *(argument(row) for argument in arguments))
        run = _FUNCTIONS.get(name)
        if run is None:
            raise s3.error("UnsupportedFunction", f"Encountered an unsupported function: {name}")
        return lambda row: _called(run, [argument(row) for argument in arguments])

    def _aggregate(self, name: str, nodes: list[Tree]) -> Expression:
        made = _Aggregate(name, self.compiled(nodes[0]) if nodes else lambda _: True)
        self.aggregates.append(made)
        return made.value


def unsupported(text: str) -> ServiceError:
    return s3.error("UnsupportedSyntax", f"Encountered invalid syntax. {text}")


def is_missing_mark(node: Tree) -> bool:
    return bool(node["class"] == "CONSTANT" and node["value"].get("value") == MISSING_MARK)


def of_file(value: Any) -> Any:
    """Return a value as expressions have it: dates of Parquet as timestamps."""
    return timestamps.of_value(value) if isinstance(value, date | datetime) else value


def _element(value: Any, step: Any) -> Any:
    return got(value, step) if isinstance(step, str | int) and not isinstance(step, bool) else MISSING


def _truth(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _negated(value: bool | None) -> bool | None:
    return None if value is None else not value


def _both(one: bool | None, other: bool | None) -> bool | None:
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _compared(order: Callable[[Any, Any], bool], left: Any, right: Any) -> bool | None:
    """Return how two values compare; None when one is unknown or they are of kinds that do not compare."""
    if left in _NOTHING or right in _NOTHING:
        return None
    if isinstance(left, str) != isinstance(right, str):
        left, right = _alike(left, right)
    if _kind(left) != _kind(right):
        return {operator.eq: False, operator.ne: True}.get(order)
    try:
        return order(left, right)
    except TypeError:  # documents and lists are equal or not, but none comes first
        return None


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    return "number" if isinstance(value, int | float | Decimal) else type(value).__name__


def _alike(left: Any, right: Any) -> tuple[Any, Any]:
    """Return two values, the one that is text as a number where the other is one: fields of CSV are texts."""
    if isinstance(left, str):
        return (_number_in(left) if _kind(right) == "number" else left), right
    return left, (_number_in(right) if _kind(left) == "number" else right)


def _number_in(text: str) -> Any:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return text
    if not found.is_finite():
        return text
    return int(found) if "." not in text and abs(found.adjusted()) < MAX_DIGITS else found


def _numeric(value: Any) -> Any:
    found = _number_in(value) if isinstance(value, str) else value
    if _kind(found) != "number":
        raise _bad_arguments()
    return found


def _of_numbers(name: str, left: Any, right: Any) -> Any:
    if left in _NOTHING or right in _NOTHING:
        return None
    return _arithmetic(name, _numeric(left), _numeric(right))


def _arithmetic(name: str, left: Any, right: Any) -> Any:
    """Return a result; fractions of binary floating point as soon as one takes part, else exact. By zero: null."""
    try:
        if isinstance(left, float) or isinstance(right, float):
            left, right = float(left), float(right)
        if name == "/":
            return left / right
        if name == "%":
            if isinstance(left, int) and isinstance(right, int):
                return abs(left) % abs(right) * (-1 if left < 0 else 1)
            return math.fmod(left, right) if isinstance(left, float) else left % right
        return {"+": operator.add, "-": operator.sub, "*": operator.mul}[name](left, right)
    except (ArithmeticError, ValueError):
        return None


def _cast(value: Any, kind: str) -> Any:
    if value in _NOTHING:
        return value
    try:
        if kind == "VARCHAR":
            return as_text(value)
        if kind == "BOOLEAN":
            return _as_boolean(value)
        if kind in ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "DATE"):
            return value if isinstance(value, Timestamp) else timestamps.parsed(value)
        return _CASTS[kind](value.strip() if isinstance(value, str) else value)
    except (ValueError, TypeError, ArithmeticError, KeyError) as error:
        text = "Attempt to convert from one data type to another using CAST failed in the SQL expression."
        raise s3.error("CastFailed", text) from error


def _as_boolean(value: Any) -> bool:
    if isinstance(value, str):
        return {"true": True, "t": True, "false": False, "f": False}[value.lower()]
    if isinstance(value, bool | int | float | Decimal):
        return bool(value)
    raise TypeError(type(value))


def _as_integer(value: Any) -> int:
    if isinstance(value, str):
        value = Decimal(value)
    if isinstance(value, Decimal) and value.adjusted() >= MAX_DIGITS:
        raise OverflowError(value)
    found = int(value)
    if not -(2**63) <= found < 2**63:
        raise OverflowError(found)
    return found


def _as_decimal(value: Any) -> Decimal:
    found = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not found.is_finite():
        raise ValueError(value)
    return found


_CASTS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("BIGINT", "INTEGER", "SMALLINT"), _as_integer),
    **dict.fromkeys(("DOUBLE", "FLOAT"), float),
    "DECIMAL": _as_decimal,
}


def as_text(value: Any) -> str:
    """Return a scalar as text."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else str(value)


def _part_in(nodes: list[Tree]) -> str:
    """Return the part of time that a function's first argument names, as if it were a column."""
    names = nodes[0].get("column_names") or [""] if nodes else [""]
    part = str(names[0]).lower()
    if part not in timestamps.PARTS or len(nodes) != 3:
        raise _no_part(part)
    return part


def _no_part(part: str) -> ServiceError:
    text = f"Did not find the expected date part in the SQL expression: {part!r} is none."
    return s3.error("ParseExpectedDatePart", text)


def _of_dates(name: str, part: str, arguments: list[Any]) -> Any:
    if any(argument in _NOTHING for argument in arguments):
        return None
    try:
        if name == "date_add":
            return timestamps.add(part, _as_integer(_numeric(arguments[0])), _instant(arguments[1]))
        if name == "date_diff":
            return timestamps.between(part, _instant(arguments[0]), _instant(arguments[1]))
        return timestamps.extracted(part, _instant(arguments[0]))
    except (ValueError, ArithmeticError) as error:
        raise _bad_arguments() from error


def _instant(value: Any) -> Timestamp:
    if isinstance(value, Timestamp):
        return value
    if isinstance(value, str):
        return timestamps.parsed(value)
    raise BadTimestamp(str(value))


def _called(run: Callable[..., Any], arguments: list[Any]) -> Any:
    if arguments and arguments[0] in _NOTHING:
        return None
    try:
        return run(*arguments)
    except (TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise _bad_arguments() from error


def _bad_arguments() -> ServiceError:
    text = "Incorrect type of arguments in function call in the SQL expression."
    return s3.error("EvaluatorInvalidArguments", text)


def _substring(text: str, start: int, length: int | None = None) -> str:
    """As S3 has it: places before the first are there, but empty."""
    begin = start - 1
    if length is None:
        return text[max(begin, 0) :]
    return text[max(begin, 0) : max(begin + length, 0)]


@lru_cache(maxsize=256)
def _like_pattern(pattern: str, escape: str) -> re.Pattern[str]:
    pieces, at = [], 0
    while at < len(pattern):
        letter = pattern[at]
        if escape and letter == escape:
            at += 1
            pieces.append(re.escape(pattern[at : at + 1]))
        else:
            pieces.append({"%": ".*", "_": "."}.get(letter) or re.escape(letter))
        at += 1
    return re.compile("".join(pieces), re.DOTALL)


def _like(text: str, pattern: str, escape: str = "") -> bool:
    return _like_pattern(pattern, escape).fullmatch(text) is not None


def _to_string(value: Any, pattern: str) -> str:
    return timestamps.formatted(_instant(value), pattern)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "lower": lambda text: text.lower(),
    "upper": lambda text: text.upper(),
    "length": lambda text: len(text) if isinstance(text, str) else len(as_text(text)),
    "substring": _substring,
    "trim": lambda text, characters=" ": text.strip(characters),
    "ltrim": lambda text, characters=" ": text.lstrip(characters),
    "rtrim": lambda text, characters=" ": text.rstrip(characters),
    "nullif": lambda one, other: None if _compared(operator.eq, one, other) else one,
    "||": lambda one, other: None if other in _NOTHING else as_text(one) + as_text(other),
    "-": lambda value: -_numeric(value),
    "+": _numeric,
    "~~": _like,
    "!~~": lambda text, pattern: not _like(text, pattern),
    "like_escape": _like,
    "not_like_escape": lambda text, pattern, escape: not _like(text, pattern, escape),
    "to_string": _to_string,
    "to_timestamp": _instant,
}
