"""Updates compiled to a function from an item to the item as it is afterwards.

Developer guide, "Using update expressions". Every operand is the item's value before the update. An item is never
changed in place: what is on the way to a change is copied.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from itertools import combinations, pairwise
from typing import Any

from skyglobe.services.dynamodb.expressions.binding import Binding, Getter, Steps, Values, find, getter
from skyglobe.services.dynamodb.expressions.conditions import count_operands, operand
from skyglobe.services.dynamodb.expressions.parsing import CONDITION_FUNCTIONS
from skyglobe.services.dynamodb.expressions.projections import check_pair
from skyglobe.services.dynamodb.expressions.tokens import ExpressionError
from skyglobe.services.dynamodb.expressions.trees import Assignment, Invocation, Operand, Path, Placeholder, Sum, Update
from skyglobe.services.dynamodb.refusals import invalid
from skyglobe.services.dynamodb.rules.numbers import BadNumber, add, subtract
from skyglobe.services.dynamodb.rules.values import Item, Value

Change = Callable[[Item, Item, Values], None]
"""(item before, item being made, values): makes one change in the latter, whose top level is its own."""

ABSENT = "The provided expression refers to an attribute that does not exist in the item"
NO_PLACE = "The document path provided in the update expression is invalid for update"
WRONG_TYPE = "An operand in the update expression has an incorrect data type"
SETS = frozenset(("SS", "NS", "BS"))


class CompiledUpdate:
    """An update expression made ready."""

    def __init__(self, changes: list[Change], paths: tuple[Steps, ...], *, only_removes: bool) -> None:
        self._changes = changes
        self.paths = paths
        """What it touches."""
        self.only_removes = only_removes
        """Whether it only takes away: then it makes no item where there is none."""

    def apply(self, item: Item, values: Values) -> Item:
        """Return the item after the update. Raises ValidationException."""
        made = dict(item)
        for change in self._changes:
            change(item, made, values)
        return made


def compile_update(tree: Update, binding: Binding) -> CompiledUpdate:
    """Return what makes the changes of an update. Raises ExpressionError."""
    actions = [(binding.steps(action.path), action) for action in tree.actions]
    prepared = [(steps, action, _prepare(steps, action, binding)) for steps, action in actions]
    if len(actions) > 1:
        for (one, _), (other, _) in combinations(actions, 2):
            if one[0] == other[0]:
                check_pair(one, other)
    # What is set comes first, by growing index, so that elements beyond a list's end are appended in order; what is
    # removed comes last, by falling index, so that the indexes of the others stay what they were.
    ordered = sorted(prepared, key=_rank)
    return CompiledUpdate(
        [change for _, _, change in ordered],
        tuple(steps for steps, _ in actions),
        only_removes=all(action.section in ("REMOVE", "DELETE") for _, action in actions),
    )


def _rank(prepared: tuple[Steps, Assignment, Change]) -> tuple[int, int]:
    steps, action, _ = prepared
    index = steps[-1] if type(steps[-1]) is int else 0
    return (1, -index) if action.section == "REMOVE" else (0, index)


def _prepare(steps: Steps, action: Assignment, binding: Binding) -> Change:
    if action.section == "REMOVE":
        return lambda item, made, values: remove(made, steps)
    assert action.value is not None
    if action.section == "SET":
        value = _value(action.value, binding)
        return lambda item, made, values: put(made, steps, _present(value(item, values)))
    assert isinstance(action.value, Placeholder)
    name = binding.value(action.value)
    if action.section == "ADD":
        binding.demand(action.value, SETS | {"N"}, "ADD")
        return lambda item, made, values: put(made, steps, added(find(item, steps), values[name]))
    binding.demand(action.value, SETS, "DELETE")
    return lambda item, made, values: _delete(made, steps, find(item, steps), values[name])


def _present(value: Value | None) -> Value:
    if value is None:
        raise invalid(ABSENT)
    return value


def _value(tree: Operand, binding: Binding) -> Getter:
    """Return what finds the value to set."""
    if isinstance(tree, Sum):
        return _sum(tree, binding)
    if isinstance(tree, Invocation):
        if tree.function == "if_not_exists":
            return _if_not_exists(tree, binding)
        if tree.function == "list_append":
            return _list_append(tree, binding)
        if tree.function in CONDITION_FUNCTIONS or tree.function == "size":
            raise ExpressionError(f"The function is not allowed in an update expression; function: {tree.function}")
        raise ExpressionError(f"Invalid function name; function: {tree.function}")
    return operand(tree, binding)


def _sum(tree: Sum, binding: Binding) -> Getter:
    left, right = _value(tree.left, binding), _value(tree.right, binding)
    binding.demand(tree.left, frozenset("N"), tree.sign)
    binding.demand(tree.right, frozenset("N"), tree.sign)
    compute = add if tree.sign == "+" else subtract

    def total(item: Item, values: Values) -> Value:
        one, other = _present(left(item, values)).get("N"), _present(right(item, values)).get("N")
        if one is None or other is None:
            raise invalid(WRONG_TYPE)
        return {"N": computed(compute, one, other)}

    return total


def computed(compute: Callable[[str, str], str], left: str, right: str) -> str:
    """Return a sum or difference. Raises ValidationException when it cannot be held."""
    try:
        return compute(left, right)
    except BadNumber as error:
        raise invalid(str(error)) from error


def _if_not_exists(tree: Invocation, binding: Binding) -> Getter:
    count_operands(tree.function, len(tree.arguments), 2)
    path, other = tree.arguments
    if not isinstance(path, Path):
        raise ExpressionError(f"Operator or function requires a document path; operator or function: {tree.function}")
    known, default = getter(binding.steps(path)), _value(other, binding)

    def known_or_default(item: Item, values: Values) -> Value | None:
        value = known(item, values)
        return value if value is not None else default(item, values)

    return known_or_default


def _list_append(tree: Invocation, binding: Binding) -> Getter:
    count_operands(tree.function, len(tree.arguments), 2)
    for argument in tree.arguments:
        binding.demand(argument, frozenset("L"), tree.function)
    first, second = (_value(argument, binding) for argument in tree.arguments)

    def appended(item: Item, values: Values) -> Value:
        one, other = _present(first(item, values)).get("L"), _present(second(item, values)).get("L")
        if one is None or other is None:
            raise invalid(WRONG_TYPE)
        return {"L": [*one, *other]}

    return appended


def added(known: Value | None, more: Value) -> Value:
    """Return what ADD makes of an attribute. Raises ValidationException."""
    if known is None:
        return more
    ((kind, content),) = more.items()
    if kind not in known:
        raise invalid(WRONG_TYPE)
    if kind == "N":
        return {"N": computed(add, known["N"], content)}
    return {kind: in_set_order(kind, {*known[kind], *content})}


def without(known: Value, gone: Value) -> Value | None:
    """Return what DELETE leaves of a set; None when nothing. Raises ValidationException."""
    ((kind, content),) = gone.items()
    if kind not in known:
        raise invalid(WRONG_TYPE)
    left = set(known[kind]).difference(content)
    return {kind: in_set_order(kind, left)} if left else None


def in_set_order(kind: str, members: set[Any]) -> list[Any]:
    """Return a set's members in canonical order."""
    return sorted(members, key=Decimal) if kind == "NS" else sorted(members)


def _delete(made: Item, steps: Steps, known: Value | None, gone: Value) -> None:
    if known is None:
        return
    left = without(known, gone)
    if left is None:
        remove(made, steps)
    else:
        put(made, steps, left)


def put(made: Item, steps: Steps, value: Value) -> None:
    """Set what a path leads to, in an item whose top level may be changed. Raises ValidationException."""
    if len(steps) == 1:
        made[steps[0]] = value  # type: ignore[index]
        return
    holder = _opened(made, steps)
    last = steps[-1]
    if type(last) is int:
        if last < len(holder):
            holder[last] = value
        else:
            holder.append(value)
    else:
        holder[last] = value


def remove(made: Item, steps: Steps) -> None:
    """Remove what a path leads to, if there is such a thing. Raises ValidationException for a path through none."""
    if len(steps) == 1:
        made.pop(steps[0], None)  # type: ignore[arg-type]
        return
    holder = _opened(made, steps)
    last = steps[-1]
    if type(last) is int:
        if last < len(holder):
            del holder[last]
    else:
        holder.pop(last, None)


def _opened(made: Item, steps: Steps) -> Any:
    """Return the list or map that holds the last step, copied together with everything on the way to it."""
    holder: Any = made
    for step, following in pairwise(steps):
        try:
            value = holder[step]
        except (KeyError, IndexError):
            raise invalid(NO_PLACE) from None
        kind = "L" if type(following) is int else "M"
        content = value.get(kind)
        if content is None:
            raise invalid(NO_PLACE)
        copied: Any = list(content) if kind == "L" else dict(content)
        holder[step] = {kind: copied}
        holder = copied
    return holder
