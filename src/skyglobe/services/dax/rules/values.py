"""DynamoDB's attribute values as DAX has them on the wire, and DAX's CBOR."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from skyglobe.services.dax.rules.framing import MAX_DEPTH, Malformed
from skyglobe.services.dax.rules.numbers import number_of, text_of

Attribute = dict[str, Any]
Item = dict[str, Attribute]

STRING_SET, NUMBER_SET, BINARY_SET, ORDINAL = 3321, 3322, 3323, 3324
"""The tags DAX has of its own."""
SCALARS = {"S": str, "B": bytes}


def decode_all(data: bytes) -> list[Any]:
    """Return the values that stand one after the other in ``data``. Raises ``Malformed``."""
    import cbor2  # few clouds have clusters

    try:
        found, end = cbor2.loads(b"\x82\x9f" + data + b"\xff\x00", max_depth=MAX_DEPTH + 3)
    except (cbor2.CBORError, ValueError, TypeError, ArithmeticError, LookupError, RecursionError) as error:
        # Besides its own error, cbor2 lets out those of the types that exotic tags stand for.
        raise Malformed("The request cannot be decoded.") from error
    if end != 0:
        raise Malformed("The request has values that end before they began.")
    return list(found)


def encode(value: Any) -> bytes:
    """Return one value in CBOR."""
    from cbor2 import dumps

    return dumps(value)


def attribute_of(value: Any) -> Attribute:
    """Return a decoded value as an attribute value. Raises ``Malformed``."""
    from cbor2 import CBORTag

    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bytes):
        return {"B": value}
    if isinstance(value, (int, Decimal)):
        return {"N": text_of(value)}
    if isinstance(value, (list, tuple)):
        return {"L": [attribute_of(one) for one in value]}
    if isinstance(value, dict):
        return {"M": {_name(key): attribute_of(one) for key, one in value.items()}}
    if isinstance(value, CBORTag) and isinstance(value.value, (list, tuple)):
        return _set_of(value.tag, value.value)
    raise Malformed("The value is none of DynamoDB's.")


def _name(key: Any) -> str:
    if not isinstance(key, str):
        raise Malformed("Names of attributes are text.")
    return key


def _set_of(tag: int, members: Iterable[Any]) -> Attribute:
    if tag == STRING_SET:
        return {"SS": [_member(one, str) for one in members]}
    if tag == BINARY_SET:
        return {"BS": [_member(one, bytes) for one in members]}
    if tag == NUMBER_SET:
        return {"NS": [text_of(_member(one, (int, Decimal))) for one in members]}
    raise Malformed("The value is none of DynamoDB's.")


def _member(value: Any, kind: Any) -> Any:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise Malformed("Members of a set are of its type.")
    return value


def value_of(attribute: Attribute) -> Any:
    """Return an attribute value as ``encode`` takes it."""
    from cbor2 import CBORTag

    ((kind, value),) = attribute.items()
    if kind == "N":
        return number_of(value)
    if kind == "L":
        return [value_of(one) for one in value]
    if kind == "M":
        return {key: value_of(value[key]) for key in sorted(value)}
    if kind == "NULL":
        return None
    if kind == "B":
        return bytes(value)
    if kind == "SS":
        return CBORTag(STRING_SET, list(value))
    if kind == "NS":
        return CBORTag(NUMBER_SET, [number_of(one) for one in value])
    if kind == "BS":
        return CBORTag(BINARY_SET, [bytes(one) for one in value])
    return value
