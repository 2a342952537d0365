"""Expressions as tokens, each with its place in the text, for errors that say near what."""

from __future__ import annotations

import re
from typing import NamedTuple

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.dynamodb.refusals import invalid

_TOKENS = re.compile(
    r"""
    (?P<space>[ \t\r\n\f]+)
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<alias>\#[A-Za-z0-9_]+)
  | (?P<value>:[A-Za-z0-9_]+)
  | (?P<number>[0-9]+)
  | (?P<sign><>|<=|>=|[=<>()\[\],.+-])
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
).finditer


class Token(NamedTuple):
    """One token. ``kind`` is name, alias, value, number, sign, other or end; signs have themselves as kind."""

    kind: str
    text: str
    start: int
    end: int


class ExpressionError(Exception):
    """What is wrong with an expression, without which expression it is."""

    def refusal(self, parameter: str) -> ServiceError:
        """Return ValidationException as AWS words it for the expression given as ``parameter``."""
        return invalid(f"Invalid {parameter}: {self}")


class Tokens:
    """The tokens of one text, read from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[Token] = []
        for found in _TOKENS(text):
            kind = found.lastgroup or "other"
            if kind != "space":
                word = found.group()
                self._tokens.append(Token(word if kind == "sign" else kind, word, found.start(), found.end()))
        self._tokens.append(Token("end", "<EOF>", len(text), len(text)))
        self.at = 0

    @property
    def now(self) -> Token:
        return self._tokens[self.at]

    @property
    def following(self) -> Token:
        return self._tokens[min(self.at + 1, len(self._tokens) - 1)]

    def take(self) -> Token:
        token = self._tokens[self.at]
        if token.kind != "end":
            self.at += 1
        return token

    def take_if(self, kind: str) -> bool:
        """Take the token if it is of this kind."""
        if self.now.kind == kind:
            self.at += 1
            return True
        return False

    def is_word(self, word: str) -> bool:
        """Whether the token is this keyword, in whatever case."""
        return self.now.kind == "name" and self.now.text.upper() == word

    def take_word(self, word: str) -> bool:
        if self.is_word(word):
            self.at += 1
            return True
        return False

    def expect(self, kind: str) -> Token:
        """Take a token of this kind. Raises ExpressionError."""
        if self.now.kind != kind:
            raise self.syntax_error()
        return self.take()

    def syntax_error(self) -> ExpressionError:
        """Return the error for the token that does not fit here: it, and its neighbours as they were written."""
        before = self._tokens[max(self.at - 1, 0)]
        near = self._text[before.start : self.following.end].rstrip()
        return ExpressionError(f'Syntax error; token: "{self.now.text}", near: "{near}"')
