"""What expressions are parsed to. Names are as written: what ``#n`` stands for is looked up when they are compiled."""

from __future__ import annotations

from typing import NamedTuple, Union


class Path(NamedTuple):
    """A document path: names as written (``a``, ``#n``) and list indexes."""

    steps: tuple[str | int, ...]


class Placeholder(NamedTuple):
    """``:v``."""

    name: str


class Invocation(NamedTuple):
    """A function and its arguments."""

    function: str
    arguments: tuple[Operand, ...]


class Sum(NamedTuple):
    """``a + b`` or ``a - b``, in update expressions."""

    sign: str
    left: Operand
    right: Operand


Operand = Union[Path, Placeholder, Invocation, Sum]  # noqa: UP007 - the tuples refer to it before it is there


class Comparison(NamedTuple):
    sign: str
    left: Operand
    right: Operand


class Between(NamedTuple):
    operand: Operand
    lower: Operand
    upper: Operand


class Membership(NamedTuple):
    operand: Operand
    choices: tuple[Operand, ...]


class Junction(NamedTuple):
    """``AND`` or ``OR`` of two or more conditions."""

    word: str
    parts: tuple[Condition, ...]


class Negation(NamedTuple):
    part: Condition


Condition = Union[Comparison, Between, Membership, Junction, Negation, Invocation]  # noqa: UP007

CONDITIONS = (Comparison, Between, Membership, Junction, Negation)


class Assignment(NamedTuple):
    """One action of an update expression."""

    section: str
    """SET, REMOVE, ADD or DELETE."""
    path: Path
    value: Operand | None


class Update(NamedTuple):
    actions: tuple[Assignment, ...]
