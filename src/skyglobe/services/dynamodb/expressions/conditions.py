"""Conditions compiled to closures over an item and the request's values.

Developer guide, "Condition and filter expressions, operators, and functions". An operand that the item does not have
makes comparisons false, ``<>`` true; types that differ are unequal and never in order.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from operator import ge, gt, le, lt
from typing import Any

from skyglobe.services.dynamodb.expressions.binding import Binding, Getter, Values, find, getter, shown
from skyglobe.services.dynamodb.expressions.parsing import (
    CONDITION_FUNCTIONS,
    UPDATE_FUNCTIONS,
    VALUE_FUNCTIONS,
)
from skyglobe.services.dynamodb.expressions.tokens import ExpressionError
from skyglobe.services.dynamodb.expressions.trees import (
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
)
from skyglobe.services.dynamodb.rules.values import Item, Value, text_bytes

Test = Callable[[Item, Values], bool]

TYPES = ("B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M")
ORDERED = frozenset(("S", "N", "B"))
_TEXTUAL = frozenset(("S", "B"))
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}
_OPERANDS = {"attribute_exists": 1, "attribute_not_exists": 1, "attribute_type": 2, "begins_with": 2, "contains": 2}
_SETS = {"SS": "S", "NS": "N", "BS": "B"}


def compile_condition(tree: Condition, binding: Binding) -> Test:
    """Return what decides whether an item meets a condition. Raises ExpressionError."""
    return _COMPILERS[type(tree)](tree, binding)


def _junction(tree: Junction, binding: Binding) -> Test:
    tests = [compile_condition(part, binding) for part in tree.parts]
    if len(tests) == 2:
        first, second = tests
        if tree.word == "AND":
            return lambda item, values: first(item, values) and second(item, values)
        return lambda item, values: first(item, values) or second(item, values)
    if tree.word == "AND":
        return lambda item, values: all(test(item, values) for test in tests)
    return lambda item, values: any(test(item, values) for test in tests)


def _negation(tree: Negation, binding: Binding) -> Test:
    test = compile_condition(tree.part, binding)
    return lambda item, values: not test(item, values)


def operand(tree: Operand, binding: Binding) -> Getter:
    """Return what finds an operand's value. Raises ExpressionError for functions that have none."""
    if isinstance(tree, Path):
        return getter(binding.steps(tree))
    if isinstance(tree, Placeholder):
        name = binding.value(tree)
        return lambda item, values: values[name]
    if isinstance(tree, Invocation):
        if tree.function not in VALUE_FUNCTIONS:
            raise _misplaced(tree.function)
        return _size(tree, binding)
    raise ExpressionError("Arithmetic is not allowed in a condition;")


def _misplaced(function: str) -> ExpressionError:
    if function in UPDATE_FUNCTIONS:
        return ExpressionError(f"The function is not allowed in a condition expression; function: {function}")
    if function in CONDITION_FUNCTIONS or function in VALUE_FUNCTIONS:
        return ExpressionError(
            f"The function is not allowed to be used this way in an expression; function: {function}"
        )
    return ExpressionError(f"Invalid function name; function: {function}")


def count_operands(function: str, given: int, wanted: int) -> None:
    """Raise ExpressionError unless a function is given the operands it takes."""
    if given != wanted:
        raise ExpressionError(
            "Incorrect number of operands for operator or function; "
            f"operator or function: {function}, number of operands: {given}"
        )


def _size(tree: Invocation, binding: Binding) -> Getter:
    count_operands("size", len(tree.arguments), 1)
    (argument,) = tree.arguments
    binding.demand(argument, frozenset(("S", "B", "SS", "NS", "BS", "L", "M")), "size")
    get = operand(argument, binding)

    def size(item: Item, values: Values) -> Value | None:
        value = get(item, values)
        if value is None:
            return None
        ((kind, content),) = value.items()
        if kind == "S":
            return {"N": str(text_bytes(content))}
        return {"N": str(len(content))} if kind not in ("N", "BOOL", "NULL") else None

    return size


def _comparison(tree: Comparison, binding: Binding) -> Test:
    sign = tree.sign
    left, right = operand(tree.left, binding), operand(tree.right, binding)
    if isinstance(tree.left, Path) and tree.left == tree.right:
        raise ExpressionError(
            "The first operand must be distinct from the remaining operands for this operator or function; "
            f"operator: {sign}, first operand: {shown(binding.steps(tree.left))}"
        )
    if sign == "=":
        return _equal(left, right)
    if sign == "<>":
        equal = _equal(left, right)
        return lambda item, values: not equal(item, values)
    binding.demand(tree.left, ORDERED, sign)
    binding.demand(tree.right, ORDERED, sign)
    compare = _ORDERS[sign]

    def ordered(item: Item, values: Values) -> bool:
        one, other = left(item, values), right(item, values)
        return one is not None and other is not None and in_order(compare, one, other)

    return ordered


def _equal(left: Getter, right: Getter) -> Test:
    def equal(item: Item, values: Values) -> bool:
        one = left(item, values)
        return one is not None and one == right(item, values)

    return equal


def in_order(compare: Callable[[Any, Any], bool], left: Value, right: Value) -> bool:
    """Return whether two values compare so; False when their types differ or have no order."""
    ((kind, one),) = left.items()
    if kind not in right:
        return False
    other = right[kind]
    if kind == "N":
        return compare(Decimal(one), Decimal(other))
    # Code points order as UTF-8's bytes do.
    return kind in ORDERED and compare(one, other)


def _between(tree: Between, binding: Binding) -> Test:
    value, lower, upper = (operand(part, binding) for part in (tree.operand, tree.lower, tree.upper))
    for part in (tree.operand, tree.lower, tree.upper):
        binding.demand(part, ORDERED, "BETWEEN")
    if isinstance(tree.lower, Placeholder) and isinstance(tree.upper, Placeholder):
        first, last = tree.lower.name, tree.upper.name
        binding.checks.append(lambda values: check_bounds(values[first], values[last]))

    def between(item: Item, values: Values) -> bool:
        one, low, high = value(item, values), lower(item, values), upper(item, values)
        if one is None or low is None or high is None:
            return False
        return in_order(ge, one, low) and in_order(le, one, high)

    return between


def check_bounds(lower: Value, upper: Value) -> None:
    """Raise ExpressionError for bounds of BETWEEN that are of two types or in the wrong order."""
    ((low_kind, low),) = lower.items()
    ((high_kind, high),) = upper.items()
    shown_bounds = (
        f"lower bound operand: AttributeValue: {{{low_kind}:{low}}}, "
        f"upper bound operand: AttributeValue: {{{high_kind}:{high}}}"
    )
    if low_kind != high_kind:
        raise ExpressionError(
            "The BETWEEN operator requires same data type for lower and upper bounds; " + shown_bounds
        )
    if in_order(gt, lower, upper):
        raise ExpressionError(
            "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; " + shown_bounds
        )


def _membership(tree: Membership, binding: Binding) -> Test:
    value = operand(tree.operand, binding)
    choices = [operand(choice, binding) for choice in tree.choices]

    def member(item: Item, values: Values) -> bool:
        one = value(item, values)
        return one is not None and any(one == choice(item, values) for choice in choices)

    return member


def _function(tree: Invocation, binding: Binding) -> Test:
    if tree.function not in CONDITION_FUNCTIONS:
        raise _misplaced(tree.function)
    count_operands(tree.function, len(tree.arguments), _OPERANDS[tree.function])
    return _FUNCTIONS[tree.function](tree, binding)


def _needs_path(tree: Invocation) -> Path:
    if not isinstance(tree.arguments[0], Path):
        raise ExpressionError(f"Operator or function requires a document path; operator or function: {tree.function}")
    return tree.arguments[0]


def _exists(tree: Invocation, binding: Binding) -> Test:
    steps = binding.steps(_needs_path(tree))
    if len(steps) == 1:
        name = steps[0]
        return lambda item, values: name in item
    return lambda item, values: find(item, steps) is not None


def _exists_not(tree: Invocation, binding: Binding) -> Test:
    exists = _exists(tree, binding)
    return lambda item, values: not exists(item, values)


def _type(tree: Invocation, binding: Binding) -> Test:
    get = getter(binding.steps(_needs_path(tree)))
    wanted = tree.arguments[1]
    if not isinstance(wanted, Placeholder):
        raise ExpressionError(
            "Incorrect operand type for operator or function; operator or function: attribute_type, operand type: PATH"
        )
    name = binding.value(wanted)
    binding.demand(wanted, frozenset("S"), "attribute_type")

    def check(values: Values) -> None:
        if values[name]["S"] not in TYPES:
            raise ExpressionError(
                f"Invalid attribute type name found; type: {values[name]['S']}, valid types: {{{','.join(TYPES)}}}"
            )

    binding.checks.append(check)

    def is_of_type(item: Item, values: Values) -> bool:
        value = get(item, values)
        return value is not None and values[name]["S"] in value

    return is_of_type


def _begins(tree: Invocation, binding: Binding) -> Test:
    first, second = tree.arguments
    binding.demand(first, _TEXTUAL, "begins_with")
    binding.demand(second, _TEXTUAL, "begins_with")
    value, prefix = operand(first, binding), operand(second, binding)
    _distinct(tree, binding)

    def begins(item: Item, values: Values) -> bool:
        one, other = value(item, values), prefix(item, values)
        if one is None or other is None:
            return False
        ((kind, start),) = other.items()
        return kind in _TEXTUAL and kind in one and one[kind].startswith(start)

    return begins


def _contains(tree: Invocation, binding: Binding) -> Test:
    whole, part = (operand(argument, binding) for argument in tree.arguments)
    _distinct(tree, binding)

    def contains(item: Item, values: Values) -> bool:
        one, other = whole(item, values), part(item, values)
        return one is not None and other is not None and contains_value(one, other)

    return contains


def contains_value(whole: Value, part: Value) -> bool:
    """Return whether a text has the part, a set the member, or a list the element."""
    ((kind, content),) = whole.items()
    if kind == "L":
        return part in content
    wanted = part.get(_SETS.get(kind, kind))
    return wanted is not None and (kind in _SETS or kind in _TEXTUAL) and wanted in content


def _distinct(tree: Invocation, binding: Binding) -> None:
    if isinstance(tree.arguments[0], Path) and tree.arguments[0] == tree.arguments[1]:
        raise ExpressionError(
            "The first operand must be distinct from the remaining operands for this operator or function; "
            f"operator: {tree.function}, first operand: {shown(binding.steps(tree.arguments[0]))}"
        )


_FUNCTIONS: dict[str, Callable[[Invocation, Binding], Test]] = {
    "attribute_exists": _exists,
    "attribute_not_exists": _exists_not,
    "attribute_type": _type,
    "begins_with": _begins,
    "contains": _contains,
}

_COMPILERS: dict[type, Callable[[Any, Binding], Test]] = {
    Between: _between,
    Comparison: _comparison,
    Invocation: _function,
    Junction: _junction,
    Membership: _membership,
    Negation: _negation,
}
