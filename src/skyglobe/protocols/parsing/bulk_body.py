"""JSON bodies read in one go: decoded straight into the operation's input, base64 and all, by a decoder made from the
model, which holds every part to the model's constraints on the way.

Whatever that decoder does not take (a null, a wrong type, base64 broken into lines, a value too long) is read again
the usual way, which knows what to let pass and how to refuse the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, floor
from typing import Annotated, Any, Literal, NamedTuple, Required, TypedDict

import msgspec

from skyglobe.models import Shape
from skyglobe.models.constraints import own_constraints
from skyglobe.models.patterns import quick_form
from skyglobe.protocols.parsing.texts import INT32, INT64

MAX_UNROLLED = 3
"""Levels of a shape within itself, such as DynamoDB's values, that are decoded so. Deeper ones come the usual way."""

_SCALARS: dict[str, Any] = {
    "string": str,
    "boolean": bool,
    "blob": bytes,
    "integer": int,
    "long": int,
}
_BOUNDS = {"integer": INT32, "long": INT64}
_NEVER = Literal["\0 nothing a body holds \0"]


class BulkDecoder(NamedTuple):
    """What reads an input, raising ValueError for what it does not take."""

    decode: Callable[[bytes], Any]
    checks_all: bool
    """Whether what it takes meets all constraints of the model."""


def bulk_decoder(shape: Shape) -> BulkDecoder | None:
    """Return the decoder of an operation's input; None when a part of it must be converted by hand."""
    types = _Types()
    made = types.of(shape, {})
    return BulkDecoder(msgspec.json.Decoder(made).decode, types.checks_all) if made is not None else None


class _Types:
    """Makes what msgspec decodes shapes into."""

    def __init__(self) -> None:
        self.checks_all = True
        self._structures: dict[tuple[str, int], Any] = {}

    def of(self, shape: Shape, around: dict[str, int]) -> Any:
        """Return the type of ``shape``'s values, None when there is none. ``around`` counts the shapes it is within."""
        made = self._plain(shape, around)
        return made if made is None or made is _NEVER else self._demanding(shape, made)

    def _plain(self, shape: Shape, around: dict[str, int]) -> Any:
        if shape.type == "list":
            element = None if shape.traits.get("sparse") else self.of(shape.element, around)
            return list[element] if element is not None else None  # type: ignore[valid-type]
        if shape.type == "map":
            value = None if shape.traits.get("sparse") else self.of(shape.value, around)
            key = self.of(shape.key, around)
            return dict[key, value] if value is not None else None  # type: ignore[valid-type]
        if shape.type != "structure" or shape.is_document or shape.is_union or shape.is_event_stream:
            return _SCALARS.get(shape.type)
        depth = around.get(shape.name, 0)
        if depth > MAX_UNROLLED:
            return _NEVER
        known = self._structures.get((shape.name, depth))
        if known is None:
            known = self._structures[shape.name, depth] = self._structure(shape, {**around, shape.name: depth + 1})
        return known

    def _structure(self, shape: Shape, around: dict[str, int]) -> Any:
        if not shape.members or any(member.location_name for member in shape.members.values()):
            return None
        members = {name: self.of(member, around) for name, member in shape.members.items()}
        if None in members.values():
            return None
        for name in shape.required:
            if name in members:
                members[name] = Required[members[name]]
        return TypedDict(shape.name, members, total=False)  # type: ignore[operator]

    def _demanding(self, shape: Shape, made: Any) -> Any:
        """Return ``made`` with what ``shape`` demands of a value itself."""
        kinds = {constraint.kind for constraint in own_constraints(shape)}
        if "enum" in kinds:
            self.checks_all = self.checks_all and "pattern" not in kinds
            return Literal[shape.enum]
        if shape.type in _BOUNDS:
            least, most = _BOUNDS[shape.type][0], _BOUNDS[shape.type][-1]
            least = least if shape.min is None else max(least, ceil(shape.min))
            most = most if shape.max is None else min(most, floor(shape.max))
            return Annotated[made, msgspec.Meta(ge=least, le=most)]
        if not kinds:
            return made
        longest = None if shape.max is None or "length" not in kinds else min(int(shape.max), INT64[-1])
        meta: dict[str, Any] = {"min_length": int(shape.min or 0), "max_length": longest}
        return Annotated[made, self._held_to_pattern(shape, meta) if "pattern" in kinds else msgspec.Meta(**meta)]

    def _held_to_pattern(self, shape: Shape, meta: dict[str, Any]) -> msgspec.Meta:
        form = quick_form(shape.pattern or "")
        if form is None:
            self.checks_all = False
            return msgspec.Meta(**meta)
        longest = meta["max_length"]
        meta["max_length"] = form.longest if longest is None else min(longest, form.longest)
        return msgspec.Meta(**meta, pattern=form.expression)
