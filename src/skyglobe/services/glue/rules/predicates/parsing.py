"""The grammar of expressions: what SQL allows after WHERE, as far as GetPartitions documents it.

either     = both {OR both}
both       = negated {AND negated}
negated    = {NOT} (( either ) | comparison)
comparison = operand (sign operand | [NOT] IN (operand, …) | [NOT] BETWEEN operand AND operand
| [NOT] LIKE operand | IS [NOT] NULL)
operand    = column | text | [+|-] number | DATE text | TIMESTAMP text
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from skyglobe.services.glue.rules.predicates.tokens import BadExpression, Token, tokens_of

MAX_DEPTH = 50  # of parentheses
_SIGNS = frozenset({"=", "<>", "!=", "<", "<=", ">", ">="})
_KEYWORDS = frozenset({"AND", "OR", "NOT", "IN", "BETWEEN", "LIKE", "IS", "NULL"})


class Column(NamedTuple):
    """A partition key."""

    name: str


class Literal(NamedTuple):
    """A value as it is written."""

    kind: str
    """``text`` or ``number``."""
    text: str


Operand = Column | Literal


class Comparison(NamedTuple):
    """A column or value, and what it is held against."""

    left: Operand
    operator: str
    """A sign, ``IN``, ``BETWEEN``, ``LIKE`` or ``NULL``."""
    right: tuple[Operand, ...]


class Not(NamedTuple):
    """What must not hold."""

    inner: Tree


class All(NamedTuple):
    """What must hold together."""

    parts: tuple[Tree, ...]


class Any(NamedTuple):
    """Of what one part must hold."""

    parts: tuple[Tree, ...]


Tree: TypeAlias = "Comparison | Not | All | Any"


def parse(expression: str) -> Tree:
    """Return what an expression says. Raises BadExpression."""
    return _Parser(tokens_of(expression)).whole()


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def whole(self) -> Tree:
        tree = self._either()
        if self._next.kind != "end":
            raise self._unexpected()
        return tree

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _unexpected(self) -> BadExpression:
        token = self._next
        if token.kind == "end":
            return BadExpression("unexpected end of the expression")
        return BadExpression(f"unexpected {token.text!r} at position {token.at}")

    def _take_sign(self, sign: str) -> bool:
        is_there = self._next.kind == "sign" and self._next.text == sign
        self._at += is_there
        return is_there

    def _take_word(self, word: str) -> bool:
        is_there = self._next.kind == "word" and self._next.text.upper() == word
        self._at += is_there
        return is_there

    def _expect(self, is_there: bool) -> None:
        if not is_there:
            raise self._unexpected()

    def _either(self) -> Tree:
        parts = [self._both()]
        while self._take_word("OR"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def _both(self) -> Tree:
        parts = [self._negated()]
        while self._take_word("AND"):
            parts.append(self._negated())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _negated(self) -> Tree:
        is_negated = False
        while self._take_word("NOT"):
            is_negated = not is_negated
        tree = self._inner()
        return Not(tree) if is_negated else tree

    def _inner(self) -> Tree:
        if not self._take_sign("("):
            return self._comparison()
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise BadExpression("parentheses are nested too deeply")
        tree = self._either()
        self._expect(self._take_sign(")"))
        self._depth -= 1
        return tree

    def _comparison(self) -> Tree:
        left = self._operand()
        if self._next.kind == "sign" and self._next.text in _SIGNS:
            sign = self._next.text
            self._at += 1
            return Comparison(left, "<>" if sign == "!=" else sign, (self._operand(),))
        if self._take_word("IS"):
            is_negated = self._take_word("NOT")
            self._expect(self._take_word("NULL"))
            comparison = Comparison(left, "NULL", ())
        else:
            is_negated = self._take_word("NOT")
            comparison = self._set_comparison(left)
        return Not(comparison) if is_negated else comparison

    def _set_comparison(self, left: Operand) -> Comparison:
        if self._take_word("LIKE"):
            return Comparison(left, "LIKE", (self._operand(),))
        if self._take_word("BETWEEN"):
            low = self._operand()
            self._expect(self._take_word("AND"))
            return Comparison(left, "BETWEEN", (low, self._operand()))
        self._expect(self._take_word("IN"))
        self._expect(self._take_sign("("))
        members = [self._operand()]
        while self._take_sign(","):
            members.append(self._operand())
        self._expect(self._take_sign(")"))
        return Comparison(left, "IN", tuple(members))

    def _operand(self) -> Operand:
        sign = ""
        if self._next.kind == "sign" and self._next.text in "+-":
            sign = self._next.text.replace("+", "")
            self._at += 1
            self._expect(self._next.kind == "number")
        token = self._next
        if token.kind not in ("text", "number", "name", "word") or token.text.upper() in _KEYWORDS:
            self._expect(token.kind in ("text", "name"))
        self._at += 1
        if token.kind in ("text", "number"):
            return Literal(token.kind, sign + token.text)
        is_typed = token.kind == "word" and token.text.upper() in ("DATE", "TIMESTAMP") and self._next.kind == "text"
        if is_typed:
            self._at += 1
            return Literal("text", self._tokens[self._at - 1].text)
        return Column(token.text.lower())
