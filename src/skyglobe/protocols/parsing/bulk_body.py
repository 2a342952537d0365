"""JSON bodies of many blobs, read in one go: records of streams, hundreds in a request.

Such a body is decoded straight into the operation's input, base64 and all, by a decoder made from the model. Whatever
that decoder does not take (a null, a wrong type, base64 broken into lines) is read again the usual way, which knows
what to let pass and how to refuse the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypedDict

import msgspec

from skyglobe.models import Shape

_SCALARS: dict[str, type] = {"string": str, "boolean": bool, "blob": bytes}


def bulk_decoder(shape: Shape) -> Callable[[bytes], Any] | None:
    """Return the decoder of an input that lists structures with blobs, and of nothing harder; None for all others.

    The decoder raises ValueError for what it does not take.
    """
    if not _is_bulk(shape):
        return None
    made = _type_of(shape)
    return msgspec.json.Decoder(made).decode if made is not None else None


def _is_bulk(shape: Shape) -> bool:
    lists = [member.element for member in shape.members.values() if member.type == "list"]
    return any(
        element.type == "structure" and any(member.type == "blob" for member in element.members.values())
        for element in lists
    )


def _type_of(shape: Shape, around: tuple[str, ...] = ()) -> Any:
    """Return what msgspec makes values of ``shape`` of; None when it has a part that must be converted by hand.

    ``around`` names the shapes it is within: one that contains itself, as DynamoDB's values do, is such a part.
    """
    if shape.name in around:
        return None
    around = (*around, shape.name)
    if shape.type == "list":
        element = None if shape.traits.get("sparse") else _type_of(shape.element, around)
        return list[element] if element is not None else None  # type: ignore[valid-type]
    if shape.type != "structure" or shape.is_document or shape.is_union:
        return _SCALARS.get(shape.type)
    members = {member.location_name or name: _type_of(member, around) for name, member in shape.members.items()}
    if None in members.values() or any(member.location_name for member in shape.members.values()):
        return None
    return TypedDict(shape.name, members, total=False)  # type: ignore[operator]
