"""Writes made ready: checked against the request and the table, then decided on what is there, then written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.expressions.binding import Steps, Values
from skyglobe.services.dynamodb.expressions.conditions import Test
from skyglobe.services.dynamodb.expressions.legacy import compile_expected, compile_updates, refuse_mixture
from skyglobe.services.dynamodb.expressions.parameters import Parameters
from skyglobe.services.dynamodb.expressions.updates import CompiledUpdate
from skyglobe.services.dynamodb.finding import Found
from skyglobe.services.dynamodb.flights import conflict, is_held
from skyglobe.services.dynamodb.items import (
    Stored,
    Written,
    check_new,
    collection_size,
    partition_of,
    read_item,
    write_item,
)
from skyglobe.services.dynamodb.refusals import invalid_values
from skyglobe.services.dynamodb.rules.capacity import write_units
from skyglobe.services.dynamodb.rules.values import Item, measure_item
from skyglobe.services.dynamodb.throughput import spend_refused

CONDITION_FAILED: Final = "The conditional request failed"
TOO_LARGE: Final = "Item size has exceeded the maximum allowed size"
UPDATED_TOO_LARGE: Final = "Item size to update has exceeded the maximum allowed size"
GIGABYTE: Final = 1024**3

Request = dict[str, Any]
Made = tuple[Item | None, int]
"""An item and its size; None and 0 for none."""
Plan = Callable[[Stored | None], Made]
"""From what is there to what is to be there. Raises ValidationException."""

_NO_VALUES: Final[Values] = {}
_NO_ITEM: Final[Item] = {}


class Write:
    """One write, or a mere condition, on one item."""

    __slots__ = ("_plan", "condition", "found", "key", "paths", "returns_old", "values")

    def __init__(
        self,
        found: Found,
        key: bytes,
        request: Request,
        condition: Test | None,
        values: Values,
        plan: Plan | None,
        paths: tuple[Steps, ...] = (),
    ) -> None:
        self.found = found
        self.key = key
        self.condition = condition
        self.values = values
        self._plan = plan
        self.paths = paths
        """What an update touches."""
        self.returns_old = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"

    @property
    def is_check(self) -> bool:
        """Whether it only checks a condition."""
        return self._plan is None

    def read(self) -> Stored | None:
        return read_item(self.found.scope, self.key)

    def is_met(self, old: Stored | None) -> bool:
        """Whether the condition holds for what is there."""
        return self.condition is None or self.condition(old.item if old is not None else _NO_ITEM, self.values)

    def refusal(self, old: Stored | None) -> ServiceError:
        """Return ConditionalCheckFailedException, with the item when that was asked for."""
        fields = {"Item": old.item} if self.returns_old and old is not None else {}
        return dynamodb.errors.ConditionalCheckFailedException(CONDITION_FAILED, fields=fields)

    def make(self, old: Stored | None) -> Made:
        """Return what is to be there. Raises ValidationException."""
        assert self._plan is not None
        return self._plan(old)

    def perform(self) -> tuple[Stored | None, Item | None, Written]:
        """Write if the condition holds; return the item before and after.

        Raises ConditionalCheckFailedException, and TransactionConflictException where a transaction holds the item.
        """
        if is_held(self.found.scope, self.key):
            raise conflict()
        old = self.read()
        if self.condition is not None and not self.is_met(old):
            spend_refused(self.found, *((write_units(old.size), old.item) if old is not None else (1.0, _NO_ITEM)))
            raise self.refusal(old)
        item, size = self.make(old)
        return old, item, write_item(self.found, self.key, old, item, size)


def prepare_put(found: Found, request: Request) -> Write:
    """Return PutItem's write. Raises ValidationException."""
    item: Item = request["Item"]
    condition, values = _condition(request)
    size = measure_item(item)
    layout = found.table.layout
    key = layout.primary.of_item(item)
    check_new(layout, item, size, TOO_LARGE)
    return Write(found, key, request, condition, values, lambda old: (item, size))


def prepare_delete(found: Found, request: Request) -> Write:
    """Return DeleteItem's write. Raises ValidationException."""
    condition, values = _condition(request)
    key = found.table.layout.primary.of_key(request["Key"])
    return Write(found, key, request, condition, values, lambda old: (None, 0))


def prepare_check(found: Found, request: Request) -> Write:
    """Return ConditionCheck. Raises ValidationException."""
    condition, values = _condition(request)
    key = found.table.layout.primary.of_key(request["Key"])
    return Write(found, key, request, condition, values, None)


def prepare_update(found: Found, request: Request) -> Write:
    """Return UpdateItem's write. Raises ValidationException."""
    if "AttributeUpdates" in request or "Expected" in request:
        refuse_mixture(
            request,
            ("AttributeUpdates", "Expected", "ConditionalOperator"),
            ("UpdateExpression", "ConditionExpression"),
        )
    condition, values, update = _update(request)
    layout, key_item = found.table.layout, request["Key"]
    key = layout.primary.of_key(key_item)
    for steps in update.paths if update is not None else ():
        if steps[0] in layout.key_names:
            raise invalid_values(f"Cannot update attribute {steps[0]}. This attribute is part of the key")

    def plan(old: Stored | None) -> Made:
        if update is None:
            return (old.item, old.size) if old is not None else (key_item, measure_item(key_item))
        if old is None and update.only_removes:
            return None, 0
        item = update.apply(old.item if old is not None else key_item, values)
        size = measure_item(item)
        check_new(layout, item, size, UPDATED_TOO_LARGE)
        return item, size

    return Write(found, key, request, condition, values, plan, update.paths if update is not None else ())


def _update(request: Request) -> tuple[Test | None, Values, CompiledUpdate | None]:
    if request.get("AttributeUpdates") is not None:
        condition, _ = _condition(request)
        return condition, _NO_VALUES, compile_updates(request["AttributeUpdates"])
    if request.get("Expected") is not None:
        condition, _ = _condition(request)
        return condition, _NO_VALUES, None
    parameters = Parameters(request, ("UpdateExpression", "ConditionExpression"))
    update, test = parameters.update(), parameters.condition()
    parameters.finish()
    return test, parameters.values, update


def _condition(request: Request) -> tuple[Test | None, Values]:
    """Return a request's condition, in whichever form, and the values it needs."""
    if "Expected" in request or "ConditionalOperator" in request:
        refuse_mixture(request, ("Expected", "ConditionalOperator"), ("ConditionExpression",))
        return compile_expected(request.get("Expected") or {}, request.get("ConditionalOperator")), _NO_VALUES
    if (
        "ConditionExpression" not in request
        and "ExpressionAttributeNames" not in request
        and "ExpressionAttributeValues" not in request
    ):
        return None, _NO_VALUES
    parameters = Parameters(request, ("ConditionExpression",))
    test = parameters.condition()
    parameters.finish()
    return test, parameters.values


def collection_metrics(found: Found, request: Request, item: Item) -> dict[str, Any] | None:
    """Return ItemCollectionMetrics when asked for and the table has local indexes."""
    layout = found.table.layout
    if request.get("ReturnItemCollectionMetrics") != "SIZE" or not layout.has_local:
        return None
    size = collection_size(found.scope, found.table, partition_of(layout, item))
    lower = float(size // GIGABYTE)
    name = layout.primary.hash.name
    return {"ItemCollectionKey": {name: item[name]}, "SizeEstimateRangeGB": [lower, lower + 1.0]}
