"""Statements as tokens."""

from __future__ import annotations

import re
from typing import NamedTuple

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.dynamodb.refusals import invalid

MAX_CHARACTERS = 8192  # of a statement; API reference of ExecuteStatement

_TOKENS = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*)
  | (?P<text>'(?:[^']|'')*')
  | (?P<quoted>"(?:[^"]|"")*")
  | (?P<number>[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?)
  | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<sign><<|>>|<>|!=|<=|>=|[=<>()\[\]{},.:?*+-])
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
).finditer


def malformed(reason: str) -> ServiceError:
    """Return ValidationException for a statement that cannot be read."""
    return invalid(f"Statement wasn't well formed, can't be processed: {reason}")


class Token(NamedTuple):
    """One token. ``kind`` is text, quoted, number, word, other or end; signs have themselves as kind."""

    kind: str
    text: str
    """Unquoted."""
    at: int


class Tokens:
    """The tokens of one statement, read from left to right."""

    def __init__(self, statement: str) -> None:
        if not 1 <= len(statement) <= MAX_CHARACTERS:
            raise malformed("Statement is empty or too long")
        self._tokens: list[Token] = []
        for found in _TOKENS(statement):
            kind, text = found.lastgroup or "other", found.group()
            if kind == "space":
                continue
            if kind in ("text", "quoted"):
                quote = text[0]
                text = text[1:-1].replace(quote * 2, quote)
            self._tokens.append(Token(text if kind == "sign" else kind, text, found.start()))
        self._tokens.append(Token("end", "", len(statement)))
        self._at = 0

    @property
    def now(self) -> Token:
        return self._tokens[self._at]

    @property
    def following(self) -> Token:
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)]

    def take(self) -> Token:
        token = self.now
        if token.kind != "end":
            self._at += 1
        return token

    def take_if(self, kind: str) -> bool:
        if self.now.kind == kind:
            self._at += 1
            return True
        return False

    def is_word(self, *words: str) -> bool:
        """Whether the token is one of these keywords, in whatever case."""
        return self.now.kind == "word" and self.now.text.upper() in words

    def take_word(self, word: str) -> bool:
        if self.is_word(word):
            self._at += 1
            return True
        return False

    def expect(self, kind: str) -> Token:
        if self.now.kind != kind:
            raise self.unexpected()
        return self.take()

    def expect_word(self, word: str) -> None:
        if not self.take_word(word):
            raise self.unexpected()

    def unexpected(self) -> ServiceError:
        """Return the error for the token that does not fit here."""
        token = self.now
        if token.kind == "end":
            return malformed("Unexpected end of statement")
        return malformed(f"Unexpected token: {token.text} at position {token.at}")
