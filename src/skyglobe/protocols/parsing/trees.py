"""From decoded JSON or CBOR to a boto3 user's values: one converter per shape, built when first needed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NoReturn

from skyglobe.models import Shape
from skyglobe.protocols.parsing.failures import MAX_DEPTH, cannot_convert, serialization_failure, too_deep
from skyglobe.protocols.parsing.instants import instant_from_number, instant_from_text
from skyglobe.protocols.parsing.texts import INT32, INT64, SPECIAL_FLOATS, read_blob

Convert = Callable[[Any, int], Any]
"""(decoded value, depth of its container) -> value. Raises ServiceError."""

READY_TYPES: dict[str, type] = {"string": str, "boolean": bool}
"""Shapes whose decoded values are already what the user passed: these are not converted at all."""


class NeverReady:
    """The type no decoded value has: stands for "always convert" in a member's table entry."""


class TreeConverters:
    """The converters of one service's shapes for JSON; CBOR differs in a few scalars."""

    def __init__(self) -> None:
        self._structures: dict[str, Convert] = {}
        self._scalars: dict[str, Convert] = {
            "string": self.string,
            "boolean": self.boolean,
            "integer": self.integer,
            "long": self.long,
            "float": self.float,
            "double": self.float,
            "blob": self.blob,
            "timestamp": self.timestamp,
        }

    def converter(self, shape: Shape) -> Convert:
        if shape.is_document:
            return read_document
        if shape.type == "structure":
            known = self._structures.get(shape.name)
            if known is None:
                known = self._structures[shape.name] = self.of_structure(shape)
            return known
        if shape.type == "list":
            return self.of_list(shape)
        if shape.type == "map":
            return self.of_map(shape)
        return self._scalars[shape.type]

    def entry(self, shape: Shape) -> tuple[type, Convert]:
        return READY_TYPES.get(shape.type, NeverReady), self.converter(shape)

    def of_structure(self, shape: Shape, members: dict[str, Shape] | None = None) -> Convert:
        """Return the converter of a structure, or of those of its ``members`` that are in the body.

        Its table is filled at the first request, which also lets a structure contain itself.
        """
        table: dict[str, tuple[str, type, Convert]] = {}
        is_union = shape.is_union

        def fill() -> None:
            for name, member in (shape.members if members is None else members).items():
                table[member.location_name or name] = (name, *self.entry(member))

        def convert(value: Any, depth: int) -> dict[str, Any]:
            if type(value) is not dict:
                raise cannot_convert(value, "Structure")
            if not table:
                fill()
            depth += 1
            if depth > MAX_DEPTH:
                raise too_deep()
            result: dict[str, Any] = {}
            for key, item in value.items():
                known = table.get(key)
                if known is not None and item is not None:
                    name, ready, convert_item = known
                    result[name] = item if type(item) is ready else convert_item(item, depth)
            if is_union and len(result) != 1:
                raise serialization_failure(f"Expected exactly one member of union {shape.name}, found {len(result)}")
            return result

        return convert

    def of_list(self, shape: Shape) -> Convert:
        ready, convert_item = self.entry(shape.element)
        is_sparse = bool(shape.traits.get("sparse"))

        def convert(value: Any, depth: int) -> Any:
            if type(value) is not list:
                raise cannot_convert(value, "List")
            depth += 1
            if depth > MAX_DEPTH:
                raise too_deep()
            return [
                item if type(item) is ready or item is None else convert_item(item, depth)
                for item in value
                if item is not None or is_sparse
            ]

        return convert

    def of_map(self, shape: Shape) -> Convert:
        ready, convert_item = self.entry(shape.value)
        is_sparse = bool(shape.traits.get("sparse"))

        def convert(value: Any, depth: int) -> Any:
            if type(value) is not dict:
                raise cannot_convert(value, "Map")
            depth += 1
            if depth > MAX_DEPTH:
                raise too_deep()
            return {
                key if type(key) is str else _refuse(key, "String"): item
                if type(item) is ready or item is None
                else convert_item(item, depth)
                for key, item in value.items()
                if item is not None or is_sparse
            }

        return convert

    def string(self, value: Any, depth: int) -> str:
        if type(value) is not str:
            raise cannot_convert(value, "String")
        return value

    def boolean(self, value: Any, depth: int) -> bool:
        if type(value) is not bool:
            raise cannot_convert(value, "Boolean")
        return value

    def integer(self, value: Any, depth: int) -> int:
        return _bounded(value, INT32, "Integer")

    def long(self, value: Any, depth: int) -> int:
        return _bounded(value, INT64, "Long")

    def float(self, value: Any, depth: int) -> float:
        if type(value) is float:
            return value
        try:
            if type(value) is int:
                return float(value)
            return SPECIAL_FLOATS[value]
        except (KeyError, TypeError, OverflowError):
            raise cannot_convert(value, "Double") from None

    def blob(self, value: Any, depth: int) -> bytes:
        if type(value) is not str:
            raise cannot_convert(value, "Blob")
        try:
            return read_blob(value)
        except ValueError:
            raise serialization_failure("Invalid Base64 encoding") from None

    def timestamp(self, value: Any, depth: int) -> datetime:
        try:
            if type(value) is str:
                return instant_from_text(value)
            if type(value) is int or type(value) is float:
                return instant_from_number(value)
        except ValueError:
            pass
        raise cannot_convert(value, "Timestamp")


def _bounded(value: Any, bounds: range, type_name: str) -> int:
    if type(value) is float and value.is_integer():
        value = int(value)  # 5.0 is an integer in JSON
    if type(value) is not int or value not in bounds:
        raise cannot_convert(value, type_name)
    return value


def _refuse(value: Any, type_name: str) -> NoReturn:
    raise cannot_convert(value, type_name)


def read_document(value: Any, depth: int) -> Any:
    """Return the JSON value as it is, once it is known not to be nested too deep."""
    layer = [value]
    while layer:
        if depth > MAX_DEPTH:
            raise too_deep()
        depth += 1
        containers = [item for item in layer if isinstance(item, dict | list)]
        layer = [inner for item in containers for inner in (item.values() if isinstance(item, dict) else item)]
    return value
