"""Lines of Amazon Ion text, as exports write them and imports read them.

Developer guide, "DynamoDB table export output format" and "Amazon S3 import formats for DynamoDB": each line begins
with a version marker; numbers are decimals, binaries blobs, sets annotated lists. Other types of Ion (int, float,
symbol, timestamp, clob, sexp) stand for nothing in DynamoDB. The package ``amazon.ion`` is loaded when it is needed.
"""

from __future__ import annotations

from decimal import Context, Decimal, Inexact
from functools import cache
from importlib.util import find_spec
from typing import Any

from skyglobe.services.dynamodb.rules.numbers import MAX_DIGITS
from skyglobe.services.dynamodb.rules.values import Item, Value

_SHORTEST = Context(prec=MAX_DIGITS, traps=[Inexact])
_SETS = {"SS": "STRING", "NS": "DECIMAL", "BS": "BLOB"}
_ANNOTATION = "$dynamodb_"


def missing_package() -> str:
    """Return the package that Ion needs and is not there, or nothing."""
    return "" if find_spec("amazon") is not None and find_spec("amazon.ion") is not None else "amazon.ion"


@cache
def _ion() -> Any:
    from amazon.ion import simpleion

    return simpleion


@cache
def _types() -> tuple[Any, Any]:
    from amazon.ion.core import IonType
    from amazon.ion.simple_types import IonPyList

    return IonType, IonPyList


def ion_line(record: dict[str, Item]) -> bytes:
    """Return a line for what an export tells of one item: the item, or what happened to it.

    The members of an incremental export's records are items themselves, but for ``Metadata``'s name.
    """
    told: dict[str, Any] = {name: _struct(item) for name, item in record.items()}
    if "Item" not in told:
        told = {"Record": told}
    line: str = _ion().dumps(told, binary=False)
    return line.encode() + b"\n"


def _struct(item: Item) -> dict[str, Any]:
    return {name: _written(value) for name, value in item.items()}


def _written(value: Value) -> Any:
    ((kind, content),) = value.items()
    if kind == "N":
        return _number(content)
    if kind == "NULL":
        return None
    if kind == "M":
        return _struct(content)
    if kind == "L":
        return [_written(element) for element in content]
    if kind in _SETS:
        ion_type, make_list = _types()
        elements = [_number(element) for element in content] if kind == "NS" else list(content)
        return make_list.from_value(ion_type.LIST, elements, (_ANNOTATION + kind,))
    return content


def _number(text: str) -> Decimal:
    return Decimal(text).normalize(_SHORTEST)


def read_ion_line(line: bytes) -> Item | None:
    """Return the item of a line, None when it holds none."""
    from amazon.ion.exceptions import IonException

    try:
        told = _ion().loads(line.decode())
        return {str(name): _read(value) for name, value in told["Item"].items()}
    except (IonException, ValueError, KeyError, TypeError, AttributeError, IndexError):
        return None


def _read(value: Any) -> Value:
    """Return what an Ion value stands for. Raises ValueError and its kin for what stands for nothing."""
    kind = value.ion_type.name
    if kind == "NULL":
        return {"NULL": True}
    if kind == "STRUCT":
        return {"M": {str(name): _read(element) for name, element in value.items()}}
    if kind == "LIST":
        names = [annotation.text for annotation in value.ion_annotations]
        if not names:
            return {"L": [_read(element) for element in value]}
        (name,) = names
        role = name.removeprefix(_ANNOTATION)
        if any(element.ion_type.name != _SETS[role] for element in value):
            raise ValueError(name)
        return {role: [_content(element, _SETS[role]) for element in value]}
    name = {"STRING": "S", "DECIMAL": "N", "BLOB": "B", "BOOL": "BOOL"}[kind]
    return {name: _content(value, kind)}


def _content(value: Any, kind: str) -> Any:
    if kind == "DECIMAL":
        return str(Decimal(value))
    return {"STRING": str, "BLOB": bytes, "BOOL": bool}[kind](value)
