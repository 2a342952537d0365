"""The Condition element: an operator with its modifiers, a key, and the values expected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from skyglobe.policy.operators import OPERATORS, Operator
from skyglobe.policy.patterns import Context, Test

Check = Callable[[Context], bool]

_ALL = "forallvalues:"
_ANY = "foranyvalue:"
_IF_EXISTS = "ifexists"


class Condition(NamedTuple):
    """One key under one operator; all of a statement's conditions must hold."""

    operator: str
    """As written: ``ForAnyValue:StringLikeIfExists``."""
    key: str
    """As written; matched without case."""
    expected: tuple[str, ...]
    holds: Check
    exact: frozenset[str] | None = None
    """The texts of which the key must have one; None where more than that decides."""

    def actual(self, context: Context) -> tuple[str, ...] | None:
        """Return the request's values for the key; None when it has none."""
        return values_of(context, self.key.lower())


def values_of(context: Context, key: str) -> tuple[str, ...] | None:
    """Return the values of a key that is in lower case; None when it is absent or empty."""
    value = context.get(key)
    if value is None:
        return None
    if isinstance(value, str):
        return (value,)
    return tuple(value) or None


def find_condition(operator: str, key: str, expected: Sequence[str], *, variables: bool) -> Condition | None:
    """Compile a condition; None when there is no such operator."""
    check = _find_check(operator.lower(), key.lower(), expected, variables)
    if check is None:
        return None
    is_exact = operator.lower() == "stringequals" and not _has_variables(expected, variables)
    return Condition(operator, key, tuple(expected), check, frozenset(expected) if is_exact else None)


def _has_variables(expected: Sequence[str], variables: bool) -> bool:
    return variables and any("${" in text for text in expected)


def _find_check(name: str, key: str, expected: Sequence[str], variables: bool) -> Check | None:
    if name == "null":
        return _null(key, expected)
    quantifier = next((prefix for prefix in (_ALL, _ANY) if name.startswith(prefix)), "")
    name = name.removeprefix(quantifier)
    if name == "null":
        return _always if quantifier == _ALL else _never
    operator = OPERATORS.get(name.removesuffix(_IF_EXISTS))
    if operator is None:
        return None
    if_exists = name.endswith(_IF_EXISTS)
    is_plain = not quantifier and name in ("stringequals", "stringnotequals")
    if is_plain and not _has_variables(expected, variables):
        return _equal(key, frozenset(expected), operator.is_negated)
    test = operator.compile(expected, variables)
    if quantifier == _ALL:
        return _for_all_values(key, test, operator)
    if quantifier == _ANY:
        return _for_any_value(key, test, operator, if_exists)
    return _single(key, test, operator, if_exists)


def _always(context: Context) -> bool:
    """``ForAllValues:Null`` holds whatever the request; IAM user guide, policy checks, "Null with qualifier"."""
    return True


def _never(context: Context) -> bool:
    """``ForAnyValue:Null`` never holds; same page."""
    return False


def _null(key: str, expected: Sequence[str]) -> Check:
    """``Null: true`` wants the key absent, ``Null: false`` present."""
    wanted = {text.lower() for text in expected}
    return lambda context: ("false" if values_of(context, key) else "true") in wanted


def _single(key: str, test: Test, operator: Operator, if_exists: bool) -> Check:
    """Without a quantifier a key of several values matches when one does; a negated operator, when none does.

    An absent key matches nothing: so negated operators hold, the others do not, and ``…IfExists`` always does.
    """
    is_negated = operator.is_negated
    when_missing = if_exists or is_negated

    def check(context: Context) -> bool:
        value = context.get(key)
        if isinstance(value, str):
            return test(value, context) is not is_negated
        if not value:
            return when_missing
        return any(test(one, context) for one in value) is not is_negated

    return check


def _equal(key: str, expected: frozenset[str], is_negated: bool) -> Check:
    """Compare with plain texts, as most conditions do: the same as ``_single``, in one step."""

    def check(context: Context) -> bool:
        value = context.get(key)
        if type(value) is str:
            return (value in expected) is not is_negated
        return is_negated if not value else expected.isdisjoint(value) is is_negated

    return check


def _set_of(context: Context, key: str) -> tuple[str, ...]:
    """Return the values quantifiers range over; a key whose only value is empty text has none, as documented."""
    values = values_of(context, key)
    return () if values is None or values == ("",) else values


def _for_all_values(key: str, test: Test, operator: Operator) -> Check:
    def check(context: Context) -> bool:
        values = _set_of(context, key)
        return all(test(value, context) is not operator.is_negated for value in values)

    return check


def _for_any_value(key: str, test: Test, operator: Operator, if_exists: bool) -> Check:
    def check(context: Context) -> bool:
        values = _set_of(context, key)
        if not values:
            return if_exists and values_of(context, key) is None
        return any(test(value, context) is not operator.is_negated for value in values)

    return check
