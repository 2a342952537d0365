"""Reading expressions: numbers, ids, texts, calls, lists, and operators with the precedence of mathematics."""

from __future__ import annotations

import re
from typing import NamedTuple

from skyglobe.services.cloudwatch.rules.expressions.values import MathError

MAX_DEPTH = 60  # of parentheses and calls in each other; ours: it bounds the stack
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<text>'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\")"
    r"|(?P<mark>&&|\|\||==|!=|<=|>=|[-+*/^<>(),\[\]!])|(?P<bad>\S))"
)
_LEVELS: dict[str, int] = {
    "OR": 1,
    "||": 1,
    "AND": 2,
    "&&": 2,
    "==": 3,
    "!=": 3,
    "<": 3,
    "<=": 3,
    ">": 3,
    ">=": 3,
    "+": 4,
    "-": 4,
    "*": 5,
    "/": 5,
    "^": 7,
}
_UNARY = 6


class Number(NamedTuple):
    value: float


class Quoted(NamedTuple):
    text: str


class Name(NamedTuple):
    text: str


class Call(NamedTuple):
    function: str
    arguments: list[Node]


class Listed(NamedTuple):
    elements: list[Node]


class Unary(NamedTuple):
    operator: str
    operand: Node


class Binary(NamedTuple):
    operator: str
    left: Node
    right: Node


Node = Number | Quoted | Name | Call | Listed | Unary | Binary


class _Token(NamedTuple):
    kind: str
    text: str


def parse(text: str) -> Node:
    """Return what an expression says. Raises MathError."""
    parser = _Parser(_tokens(text))
    node = parser.expression(0, 0)
    parser.expect_end()
    return node


def names_in(node: Node) -> set[str]:
    """Return the names that stand in an expression, whether they are ids or not."""
    if isinstance(node, Name):
        return {node.text}
    if isinstance(node, Call):
        return set().union(*map(names_in, node.arguments), set())
    if isinstance(node, Listed):
        return set().union(*map(names_in, node.elements), set())
    if isinstance(node, Unary):
        return names_in(node.operand)
    if isinstance(node, Binary):
        return names_in(node.left) | names_in(node.right)
    return set()


def calls_in(node: Node) -> set[str]:
    """Return the functions an expression calls."""
    if isinstance(node, Call):
        return {node.function}.union(*map(calls_in, node.arguments))
    if isinstance(node, Listed):
        return set().union(*map(calls_in, node.elements), set())
    if isinstance(node, Unary):
        return calls_in(node.operand)
    if isinstance(node, Binary):
        return calls_in(node.left) | calls_in(node.right)
    return set()


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind is None:
            continue
        if kind == "bad":
            raise MathError(f"Unexpected character '{match[kind]}'")
        found.append(_Token(kind, match[kind]))
    return found


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def expression(self, floor: int, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise MathError("The expression is nested too deeply")
        left = self._operand(depth)
        while (level := self._level()) is not None and level > floor:
            operator = self._tokens[self._at].text
            operator = operator.upper() if operator.isalpha() else operator
            self._at += 1
            # A power binds to the right: 2 ^ 3 ^ 2 is 2 ^ 9.
            right = self.expression(level - 1 if operator == "^" else level, depth + 1)
            left = Binary(operator, left, right)
        return left

    def expect_end(self) -> None:
        if self._at < len(self._tokens):
            raise MathError(f"Unexpected '{self._tokens[self._at].text}'")

    def _level(self) -> int | None:
        if self._at >= len(self._tokens):
            return None
        token = self._tokens[self._at]
        if token.kind == "name":
            return _LEVELS.get(token.text.upper()) if token.text.upper() in ("AND", "OR") else None
        return _LEVELS.get(token.text) if token.kind == "mark" else None

    def _operand(self, depth: int) -> Node:
        if self._at >= len(self._tokens):
            raise MathError("The expression ends too early")
        kind, text = self._tokens[self._at]
        self._at += 1
        if kind == "number":
            return Number(float(text))
        if kind == "text":
            return Quoted(re.sub(r"\\(.)", r"\1", text[1:-1]))
        if kind == "name":
            if self._takes("("):
                return Call(text.upper(), self._elements(")", depth))
            return Name(text)
        if text in ("-", "+", "!"):
            return Unary(text, self.expression(_UNARY, depth + 1))
        if text == "(":
            inner = self.expression(0, depth + 1)
            if not self._takes(")"):
                raise MathError("A parenthesis is not closed")
            return inner
        if text == "[":
            return Listed(self._elements("]", depth))
        raise MathError(f"Unexpected '{text}'")

    def _elements(self, closing: str, depth: int) -> list[Node]:
        elements: list[Node] = []
        if self._takes(closing):
            return elements
        while True:
            elements.append(self.expression(0, depth + 1))
            if self._takes(closing):
                return elements
            if not self._takes(","):
                raise MathError(f"Expected ',' or '{closing}'")

    def _takes(self, mark: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == ("mark", mark):
            self._at += 1
            return True
        return False
