"""Primary keys on the wire: a lone partition key stands bare, a sort key bare behind its partition key in CBOR."""

from __future__ import annotations

from typing import NamedTuple

from skyglobe.services.dax.rules.framing import Malformed, first_value_end
from skyglobe.services.dax.rules.numbers import from_sortable, sortable
from skyglobe.services.dax.rules.values import Attribute, Item, attribute_of, decode_all, encode, value_of


class KeyPart(NamedTuple):
    """A key attribute."""

    name: str
    type: str
    """``S``, ``N`` or ``B``."""


Schema = tuple[KeyPart, ...]


def key_from(schema: Schema, data: bytes) -> Item:
    """Return the key that ``data`` writes. Raises ``Malformed``."""
    partition = schema[0]
    if len(schema) == 1:
        if partition.type == "N":
            return {partition.name: _only(partition, data)}
        return {partition.name: _bare(partition, data)}
    end = first_value_end(data)
    sort = schema[1]
    return {partition.name: _only(partition, data[:end]), sort.name: _bare(sort, data[end:])}


def key_bytes(schema: Schema, item: Item) -> bytes:
    """Return the key of an item as the wire has it."""
    partition = item[schema[0].name]
    if len(schema) == 1:
        return encode(value_of(partition)) if schema[0].type == "N" else _written(partition)
    return encode(value_of(partition)) + _written(item[schema[1].name])


def key_text(schema: Schema, item: Item) -> tuple[str | bytes, ...]:
    """Return the values of an item's key: equal for equal keys of one table."""
    return tuple(item[part.name][part.type] for part in schema)


def _only(part: KeyPart, data: bytes) -> Attribute:
    values = decode_all(data)
    found = attribute_of(values[0]) if len(values) == 1 else {}
    if part.type not in found:
        raise Malformed("The provided key element does not match the schema")
    return found


def _bare(part: KeyPart, data: bytes) -> Attribute:
    if part.type == "N":
        return {"N": from_sortable(data)}
    if part.type == "B":
        return {"B": data}
    try:
        return {"S": data.decode()}
    except UnicodeDecodeError:
        raise Malformed("The key is not text.") from None


def _written(attribute: Attribute) -> bytes:
    ((kind, value),) = attribute.items()
    if kind == "N":
        return sortable(value)
    return value.encode() if kind == "S" else bytes(value)
