"""CBOR bodies, for the smithy-rpc-v2-cbor protocol: members go by their own names, instants as tag 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skyglobe.models import Shape
from skyglobe.protocols.serializing.instants import epoch_seconds
from skyglobe.protocols.serializing.json_body import Conversion, JsonCompiler

if TYPE_CHECKING:
    from cbor2 import CBORTag


class CborCompiler(JsonCompiler):
    """Compiles the shapes of one service into what cbor2 encodes as it stands."""

    def name(self, member: Shape, name: str) -> str:
        return name

    def _scalar(self, shape: Shape) -> Conversion | None:
        return tagged_instant if shape.type == "timestamp" else None


def tagged_instant(instant: Any) -> CBORTag:
    """Return an instant as CBOR's tag 1: seconds since the epoch."""
    from cbor2 import CBORTag

    return CBORTag(1, epoch_seconds(instant))


def encode(value: Any) -> bytes:
    """Return ``value`` in CBOR. cbor2 is imported at the first call."""
    from cbor2 import dumps

    encoded: bytes = dumps(value)
    return encoded
