"""CBOR bodies.

In the smithy-rpc-v2-cbor protocol members go by their own names, and instants as tag 1. In the older
``application/x-amz-cbor-1.1``, which AWS's Java SDKs speak to Kinesis, they are called as in JSON, and instants are
bare milliseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from skyglobe.models import Shape
from skyglobe.protocols.serializing.instants import epoch_milliseconds, epoch_seconds
from skyglobe.protocols.serializing.json_body import Conversion, JsonCompiler

if TYPE_CHECKING:
    from cbor2 import CBORTag

AMZ_CBOR_TYPE = "application/x-amz-cbor-1.1"


class CborCompiler(JsonCompiler):
    """Compiles the shapes of one service into what cbor2 encodes as it stands."""

    def name(self, member: Shape, name: str) -> str:
        return name

    def _scalar(self, shape: Shape) -> Conversion | None:
        return tagged_instant if shape.type == "timestamp" else None


class AmzCborCompiler(JsonCompiler):
    """Compiles the shapes of one service into what cbor2 encodes as JSON's twin."""

    def _list(self, shape: Shape) -> Conversion | None:
        each = self.conversion(shape.element)
        if each is None:
            return None
        return lambda value: [None if item is None else each(_as_dict(item)) for item in value]

    def _scalar(self, shape: Shape) -> Conversion | None:
        return epoch_milliseconds if shape.type == "timestamp" else None


def _as_dict(item: Any) -> Any:
    """Return what stands for a structure in a long list, ready for JSON only, as the dict of its members."""
    if not isinstance(item, msgspec.Struct):
        return item
    members = ((name, getattr(item, name)) for name in item.__struct_fields__)
    return {name: value for name, value in members if value is not msgspec.UNSET}


def tagged_instant(instant: Any) -> CBORTag:
    """Return an instant as CBOR's tag 1: seconds since the epoch."""
    from cbor2 import CBORTag

    return CBORTag(1, epoch_seconds(instant))


def encode(value: Any) -> bytes:
    """Return ``value`` in CBOR. cbor2 is imported at the first call."""
    from cbor2 import dumps

    encoded: bytes = dumps(value)
    return encoded
