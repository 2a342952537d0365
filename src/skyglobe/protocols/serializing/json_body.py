"""JSON bodies: each shape compiled once into a function from a value to what msgspec encodes as it stands.

Most values need nothing: text, numbers and booleans are JSON's own, and msgspec writes bytes as base64. Compiling
gives None for those, so that only instants, unusual floats and renamed members cost anything. A list of very many may
hold msgspec Structs instead of dicts: it goes out as it stands.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite, isnan
from typing import Any

import msgspec
from mypy_extensions import mypyc_attr

from skyglobe.models import Shape
from skyglobe.protocols.serializing.faults import UnknownMember
from skyglobe.protocols.serializing.instants import epoch_seconds, formatter

Conversion = Callable[[Any], Any]

encode: Callable[[Any], bytes] = msgspec.json.Encoder().encode


@mypyc_attr(native_class=False)  # compiled classes cannot derive from dict and list
class Ready(dict[str, Any]):
    """A map or structure that is JSON as it stands: text, truth values, bytes, and maps and lists of these.

    Services mark so what they read from their own store; it is not looked through again.
    """


@mypyc_attr(native_class=False)
class ReadyList(list[Any]):
    """A list that is JSON as it stands (see ``Ready``)."""


_READY = frozenset((Ready, ReadyList))


class JsonCompiler:
    """Compiles the shapes of one service. Recursive shapes are bound when first called."""

    def __init__(self) -> None:
        self._compiled: dict[str, Conversion | None] = {}

    def conversion(self, shape: Shape) -> Conversion | None:
        """Return how values of ``shape`` become JSON values; None when they already are."""
        kind = shape.type
        if shape.is_document:
            return None
        if kind == "structure":
            return self.structure(shape)
        if kind in ("list", "map"):
            return self._aggregate(shape)
        return self._scalar(shape)

    def structure(self, shape: Shape) -> Conversion:
        """Return the conversion of a structure. None-valued members are left out, unknown ones raise ``UnknownMember``.


        Where members are bound to HTTP headers is the caller's business: a nested structure's never are.
        """
        known = self._compiled.get(shape.name)
        if known is not None:
            return known
        places: dict[str, tuple[str, Conversion | None]] = {}

        def convert(value: dict[str, Any]) -> dict[str, Any]:
            converted = {}
            for name, member in value.items():
                if member is not None:
                    place = places.get(name)
                    if place is None:
                        raise UnknownMember(shape, name)
                    wire, conversion = place
                    converted[wire] = member if conversion is None or type(member) in _READY else conversion(member)
            return converted

        self._compiled[shape.name] = convert
        for name, member in shape.members.items():
            places[name] = (self.name(member, name), self.conversion(member))
        return convert

    def name(self, member: Shape, name: str) -> str:
        """Return a structure member's name on the wire."""
        return member.location_name or name

    def _aggregate(self, shape: Shape) -> Conversion | None:
        if shape.name in self._compiled:
            return self._compiled[shape.name]
        # A list that contains itself finds this forwarder; whoever asks later gets the real conversion.
        self._compiled[shape.name] = lambda value: self._again(shape, value)
        compiled = self._list(shape) if shape.type == "list" else self._map(shape)
        self._compiled[shape.name] = compiled
        return compiled

    def _again(self, shape: Shape, value: Any) -> Any:
        conversion = self._compiled[shape.name]
        return value if conversion is None else conversion(value)

    def _list(self, shape: Shape) -> Conversion | None:
        each = self.conversion(shape.element)
        if each is None:
            return None

        def convert(value: list[Any]) -> list[Any]:
            if value and isinstance(value[0], msgspec.Struct):
                return value
            return [None if item is None else each(item) for item in value]

        return convert

    def _map(self, shape: Shape) -> Conversion | None:
        each = self.conversion(shape.value)
        if shape.traits.get("sparse"):
            return each and (lambda value: {k: None if v is None else each(v) for k, v in value.items()})
        if each is None:
            return lambda value: {k: v for k, v in value.items() if v is not None}
        return lambda value: {k: each(v) for k, v in value.items() if v is not None}

    def _scalar(self, shape: Shape) -> Conversion | None:
        if shape.type == "timestamp":
            return formatter(shape, epoch_seconds)
        if shape.type in ("float", "double"):
            return number
        return None


def number(value: float) -> float | str:
    """Return a float as JSON can hold it: the three that are no numbers go by their names."""
    if isfinite(value):
        return value
    return "NaN" if isnan(value) else "Infinity" if value > 0 else "-Infinity"
