"""The rules of composite alarms. API reference of PutCompositeAlarm, ``AlarmRule``."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import NamedTuple

from skyglobe.services.cloudwatch.rules.tokens import Token, tokens_of

MAX_DEPTH = 50  # of parentheses in each other; ours: it bounds the stack
MAX_CHILDREN = 100  # alarms of one rule; API reference of PutCompositeAlarm
_TOKEN = re.compile(r'\s*(?:(?P<text>"(?:\\.|[^"\\])*")|(?P<mark>[(),])|(?P<word>[^\s(),"]+))')
_STATES = ("ALARM", "OK", "INSUFFICIENT_DATA")


class BadRule(ValueError):
    """A rule cannot be read; says why."""


class Fixed(NamedTuple):
    value: bool

    def holds(self, states: dict[str, str]) -> bool:
        return self.value


class InState(NamedTuple):
    state: str
    name: str

    def holds(self, states: dict[str, str]) -> bool:
        return states.get(self.name) == self.state


class Enough(NamedTuple):
    """``AT_LEAST(2, ALARM, (a, b, c))``, a number or a percentage of them."""

    least: float
    is_percent: bool
    state: str
    is_negated: bool
    names: tuple[str, ...]

    def holds(self, states: dict[str, str]) -> bool:
        found = sum((states.get(name) == self.state) != self.is_negated for name in self.names)
        wanted = math.ceil(len(self.names) * self.least / 100) if self.is_percent else self.least
        return found >= wanted


class Not(NamedTuple):
    operand: Rule

    def holds(self, states: dict[str, str]) -> bool:
        return not self.operand.holds(states)


class Several(NamedTuple):
    is_and: bool
    operands: tuple[Rule, ...]

    def holds(self, states: dict[str, str]) -> bool:
        found = (operand.holds(states) for operand in self.operands)
        return all(found) if self.is_and else any(found)


Rule = Fixed | InState | Enough | Not | Several


def names_in(rule: Rule) -> set[str]:
    """Return the names of the alarms a rule speaks of."""
    if isinstance(rule, InState):
        return {rule.name}
    if isinstance(rule, Enough):
        return set(rule.names)
    if isinstance(rule, Not):
        return names_in(rule.operand)
    if isinstance(rule, Several):
        return set().union(*map(names_in, rule.operands))
    return set()


@lru_cache(maxsize=512)
def parse_rule(text: str) -> Rule:
    """Return what a rule says. Raises BadRule."""
    reader = _Reader(_tokens(text))
    rule = reader.alternatives(0)
    reader.expect_end()
    if len(names_in(rule)) > MAX_CHILDREN:
        raise BadRule(f"a rule can speak of at most {MAX_CHILDREN} alarms")
    return rule


def _tokens(text: str) -> list[Token]:
    try:
        return tokens_of(_TOKEN, text)
    except ValueError as error:
        raise BadRule(str(error)) from error


class _Reader:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def expect_end(self) -> None:
        if self._at < len(self._tokens):
            raise BadRule(f"unexpected '{self._tokens[self._at][1]}'")

    def alternatives(self, depth: int) -> Rule:
        if depth > MAX_DEPTH:
            raise BadRule("the rule is nested too deeply")
        operands = [self._conjunction(depth)]
        while self._takes("word", "OR"):
            operands.append(self._conjunction(depth))
        return operands[0] if len(operands) == 1 else Several(False, tuple(operands))

    def _conjunction(self, depth: int) -> Rule:
        operands = [self._operand(depth)]
        while self._takes("word", "AND"):
            operands.append(self._operand(depth))
        return operands[0] if len(operands) == 1 else Several(True, tuple(operands))

    def _operand(self, depth: int) -> Rule:
        if depth > MAX_DEPTH:
            raise BadRule("the rule is nested too deeply")
        if self._takes("word", "NOT"):
            return Not(self._operand(depth + 1))
        if self._takes("mark", "("):
            inner = self.alternatives(depth + 1)
            self._expect(")")
            return inner
        word = self._word()
        if word in ("TRUE", "FALSE"):
            return Fixed(word == "TRUE")
        if word == "AT_LEAST":
            return self._enough()
        if word not in _STATES:
            raise BadRule(f"unexpected '{word}'")
        self._expect("(")
        name = self._name()
        self._expect(")")
        return InState(word, name)

    def _enough(self) -> Rule:
        self._expect("(")
        count = self._word()
        if not re.fullmatch(r"\d{1,3}%?", count):
            raise BadRule(f"'{count}' is no number of alarms")
        self._expect(",")
        is_negated = self._takes("word", "NOT")
        state = self._word()
        if state not in _STATES:
            raise BadRule(f"unexpected '{state}'")
        self._expect(",")
        self._expect("(")
        names = [self._name()]
        while self._takes("mark", ","):
            names.append(self._name())
        self._expect(")")
        self._expect(")")
        return Enough(float(count.rstrip("%")), count.endswith("%"), state, is_negated, tuple(names))

    def _word(self) -> str:
        kind, text = self._next()
        if kind != "word":
            raise BadRule(f"unexpected '{text}'")
        return text

    def _name(self) -> str:
        kind, text = self._next()
        if kind == "mark":
            raise BadRule(f"unexpected '{text}'")
        name = re.sub(r"\\(.)", r"\1", text[1:-1]) if kind == "text" else text
        return name.partition(":alarm:")[2] if name.startswith("arn:") else name

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise BadRule("it ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _takes(self, kind: str, text: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == (kind, text):
            self._at += 1
            return True
        return False

    def _expect(self, mark: str) -> None:
        if not self._takes("mark", mark):
            found = self._tokens[self._at][1] if self._at < len(self._tokens) else "the end"
            raise BadRule(f"expected '{mark}' instead of {found}")
