"""What a request speaks of: the partition keys and attributes that policies can be conditioned on.

IAM policy conditions for fine-grained access control, developer guide: ``dynamodb:LeadingKeys`` and
``dynamodb:Attributes``. Raises nothing: the operation itself refuses a request that cannot be read.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.services.dynamodb.expressions.keys import BadKeyCondition
from skyglobe.services.dynamodb.expressions.parameters import compile_expression
from skyglobe.services.dynamodb.expressions.tokens import ExpressionError
from skyglobe.services.dynamodb.finding import get_table
from skyglobe.services.dynamodb.rules.values import Item, Value

Params = dict[str, Any]
_EXPRESSIONS = (
    "ProjectionExpression",
    "FilterExpression",
    "ConditionExpression",
    "UpdateExpression",
    "KeyConditionExpression",
)
_BY_NAME = ("Item", "Key", "AttributeUpdates", "Expected", "KeyConditions", "QueryFilter", "ScanFilter")


def leading_keys(call: Call, operation: str, table: str, params: Params) -> list[str] | None:
    """Return the values of the partition keys that a request speaks of, as text; None for scans."""
    try:
        layout = get_table(call, table).table.layout
    except ServiceError:
        return None
    index = layout.by_name.get(params.get("IndexName", ""))
    name = (index.hashes if index is not None else layout.primary.hashes)[0].name
    if operation == "Query":
        return _queried(params, name)
    found = [_text(item[name]) for item in _items(params) if name in item]
    return found or None


def _items(params: Params) -> Iterable[Item]:
    """Yield the items and keys in a request."""
    if "Item" in params:
        yield params["Item"]
    if "Key" in params:
        yield params["Key"]
    yield from params.get("Keys") or ()
    for given in params.get("Requests") or ():
        for part in given.values():
            yield part.get("Item") or part.get("Key") or {}


def _queried(params: Params, name: str) -> list[str] | None:
    condition = (params.get("KeyConditions") or {}).get(name)
    if condition is not None:
        return [_text(value) for value in condition.get("AttributeValueList") or ()] or None
    compiled = _compiled(params, "KeyConditionExpression")
    values = params.get("ExpressionAttributeValues") or {}
    for key in compiled.result if compiled is not None else ():
        if key.attribute == name:
            return [_text(values[value]) for value in key.values if value in values] or None
    return None


def _compiled(params: Params, parameter: str) -> Any:
    text = params.get(parameter)
    if not text:
        return None
    try:
        return compile_expression(parameter, text, tuple((params.get("ExpressionAttributeNames") or {}).items()))
    except (ExpressionError, BadKeyCondition):
        return None


def _text(value: Value) -> str:
    content = next(iter(value.values()), "")
    return b64encode(content).decode() if isinstance(content, bytes) else str(content)


def named_attributes(params: Params) -> list[str] | None:
    """Return the top-level attributes a request names; None when it names none, and so means all."""
    names: set[str] = set(params.get("AttributesToGet") or ())
    for parameter in _BY_NAME:
        names.update(params.get(parameter) or ())
    for parameter in _EXPRESSIONS:
        compiled = _compiled(params, parameter)
        if compiled is not None:
            names |= compiled.attributes
    for item in _items(params):
        names.update(item)
    return sorted(names) or None
