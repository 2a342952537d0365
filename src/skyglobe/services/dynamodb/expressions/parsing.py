"""The grammars of conditions, projections and updates, by recursive descent. Parsed texts are kept.

Developer guide, "Condition and filter expressions, operators, and functions" and "Using update expressions". Syntax
errors are found here; whether names and values are known, and operands fit, is found when trees are compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from skyglobe.services.dynamodb.expressions.tokens import ExpressionError, Tokens
from skyglobe.services.dynamodb.expressions.trees import (
    CONDITIONS,
    Assignment,
    Between,
    Comparison,
    Condition,
    Invocation,
    Junction,
    Membership,
    Negation,
    Operand,
    Path,
    Placeholder,
    Sum,
    Update,
)

MAX_BYTES = 4096  # of one expression; DynamoDB quotas, "Expression parameters"
MAX_OPERATORS = 300  # operators and functions in one expression; same page
MAX_CHOICES = 100  # operands of IN; same page
MAX_NESTING = 60  # parentheses, functions and NOTs within each other; a bound of ours, far below Python's own
KEPT = 4096  # texts whose trees are kept

CONDITION_FUNCTIONS = frozenset(
    ("attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains")
)
VALUE_FUNCTIONS = frozenset(("size",))
UPDATE_FUNCTIONS = frozenset(("if_not_exists", "list_append"))
_COMPARATORS = frozenset(("=", "<>", "<", "<=", ">", ">="))
_SECTIONS = ("SET", "REMOVE", "ADD", "DELETE")
_KEYWORDS = frozenset(("AND", "OR", "NOT", "BETWEEN", "IN"))

Expression = Condition | Operand


def _check_size(text: str) -> None:
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise ExpressionError(f"Expression size has exceeded the maximum allowed size; expression size: {size}")
    if not text.strip():
        raise ExpressionError("The expression can not be empty;")


@lru_cache(maxsize=KEPT)
def parse_condition(text: str) -> Condition:
    """Return the tree of a condition, filter or key condition. Raises ExpressionError."""
    _check_size(text)
    return _Parser(text).condition()


@lru_cache(maxsize=KEPT)
def parse_projection(text: str) -> tuple[Path, ...]:
    """Return the paths of a projection. Raises ExpressionError."""
    _check_size(text)
    return _Parser(text).projection()


@lru_cache(maxsize=KEPT)
def parse_update(text: str) -> Update:
    """Return the actions of an update. Raises ExpressionError."""
    _check_size(text)
    return _Parser(text).update()


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = Tokens(text)
        self._operators = 0
        self._depth = 0
        self._pair = (-1, -1)
        # Where the parentheses closed last stand: before the first, behind the last.

    def _count(self) -> None:
        self._operators += 1
        if self._operators > MAX_OPERATORS:
            raise ExpressionError(f"The expression contains too many operators; operator count: {self._operators}")

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise ExpressionError(f"The expression is nested deeper than {MAX_NESTING} levels;")

    def condition(self) -> Condition:
        tree = self._or()
        if self._tokens.now.kind != "end" or not _is_condition(tree):
            raise self._tokens.syntax_error()
        return tree  # type: ignore[return-value]

    def _or(self) -> Expression:
        return self._junction("OR", self._and)

    def _and(self) -> Expression:
        return self._junction("AND", self._not)

    def _junction(self, word: str, part: Callable[[], Expression]) -> Expression:
        parts = [part()]
        while self._tokens.is_word(word):
            if not _is_condition(parts[-1]):
                raise self._tokens.syntax_error()
            self._count()
            self._tokens.take()
            parts.append(part())
            if not _is_condition(parts[-1]):
                raise self._tokens.syntax_error()
        return Junction(word, tuple(parts)) if len(parts) > 1 else parts[0]  # type: ignore[arg-type]

    def _not(self) -> Expression:
        if self._tokens.take_word("NOT"):
            self._count()
            self._enter()
            part = self._not()
            self._depth -= 1
            if not _is_condition(part):
                raise self._tokens.syntax_error()
            return Negation(part)  # type: ignore[arg-type]
        return self._primary()

    def _primary(self) -> Expression:
        left = self._parenthesized() if self._tokens.now.kind == "(" else self._operand()
        tokens = self._tokens
        if isinstance(left, CONDITIONS):
            return left
        if tokens.now.kind in _COMPARATORS:
            self._count()
            sign = tokens.take().kind
            return Comparison(sign, left, self._right())
        if tokens.is_word("BETWEEN"):
            self._count()
            tokens.take()
            lower = self._right()
            if not tokens.take_word("AND"):
                raise tokens.syntax_error()
            return Between(left, lower, self._right())
        if tokens.is_word("IN"):
            self._count()
            tokens.take()
            return Membership(left, self._choices())
        return left

    def _right(self) -> Operand:
        tree = self._parenthesized() if self._tokens.now.kind == "(" else self._operand()
        if isinstance(tree, CONDITIONS):
            raise self._tokens.syntax_error()
        return tree

    def _parenthesized(self) -> Expression:
        tokens = self._tokens
        opened_at = tokens.at
        tokens.expect("(")
        self._enter()
        tree = self._or()
        is_doubled = self._pair == (opened_at + 1, tokens.at)
        tokens.expect(")")
        self._depth -= 1
        if is_doubled:
            raise ExpressionError("The expression has redundant parentheses;")
        self._pair = (opened_at, tokens.at)
        return tree

    def _choices(self) -> tuple[Operand, ...]:
        self._tokens.expect("(")
        choices = [self._right()]
        while self._tokens.take_if(","):
            choices.append(self._right())
        self._tokens.expect(")")
        if len(choices) > MAX_CHOICES:
            raise ExpressionError(
                "Incorrect number of operands for operator or function; operator or function: IN, "
                f"number of operands: {len(choices) + 1}"
            )
        return tuple(choices)

    def _operand(self) -> Operand:
        tokens = self._tokens
        token = tokens.now
        if token.kind == "value":
            tokens.take()
            return Placeholder(token.text)
        if token.kind == "name" and tokens.following.kind == "(" and token.text.upper() not in _KEYWORDS:
            return self._invocation()
        return self._path()

    def _invocation(self) -> Invocation:
        self._count()
        tokens = self._tokens
        function = tokens.take().text
        tokens.take()
        self._enter()
        arguments = [self._operand()]
        while tokens.take_if(","):
            arguments.append(self._operand())
        tokens.expect(")")
        self._depth -= 1
        return Invocation(function, tuple(arguments))

    def _path(self) -> Path:
        tokens = self._tokens
        if tokens.now.kind not in ("name", "alias") or tokens.now.text.upper() in _KEYWORDS:
            raise tokens.syntax_error()
        steps: list[str | int] = [tokens.take().text]
        while True:
            if tokens.take_if("."):
                if tokens.now.kind not in ("name", "alias"):
                    raise tokens.syntax_error()
                steps.append(tokens.take().text)
            elif tokens.take_if("["):
                index = tokens.expect("number").text
                tokens.expect("]")
                if len(index) > 9:
                    raise ExpressionError(f"List index is not within the allowable range; index: [{index}]")
                steps.append(int(index))
            else:
                return Path(tuple(steps))

    def projection(self) -> tuple[Path, ...]:
        paths = [self._path()]
        while self._tokens.take_if(","):
            paths.append(self._path())
        self._tokens.expect("end")
        return tuple(paths)

    def update(self) -> Update:
        actions: list[Assignment] = []
        seen: set[str] = set()
        tokens = self._tokens
        while True:
            section = tokens.now.text.upper()
            if tokens.now.kind != "name" or section not in _SECTIONS:
                raise tokens.syntax_error()
            tokens.take()
            first = self._action(section)
            if section in seen:
                raise ExpressionError(f'The "{section}" section can only be used once in an update expression;')
            seen.add(section)
            actions.append(first)
            while tokens.take_if(","):
                actions.append(self._action(section))
            if tokens.now.kind == "end":
                return Update(tuple(actions))

    def _action(self, section: str) -> Assignment:
        self._count()
        path = self._path()
        if section == "SET":
            self._tokens.expect("=")
            return Assignment(section, path, self._sum())
        if section == "REMOVE":
            return Assignment(section, path, None)
        token = self._tokens.expect("value")
        return Assignment(section, path, Placeholder(token.text))

    def _sum(self) -> Operand:
        left = self._summand()
        if self._tokens.now.kind in ("+", "-"):
            self._count()
            sign = self._tokens.take().kind
            return Sum(sign, left, self._summand())
        return left

    def _summand(self) -> Operand:
        if self._tokens.take_if("("):
            self._enter()
            operand = self._sum()
            self._tokens.expect(")")
            self._depth -= 1
            return operand
        return self._operand()


def _is_condition(tree: object) -> bool:
    return isinstance(tree, CONDITIONS) or (isinstance(tree, Invocation) and tree.function not in VALUE_FUNCTIONS)
