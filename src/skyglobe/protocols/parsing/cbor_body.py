"""Bodies in CBOR: of Smithy's RPC v2 protocol, and of the older ``application/x-amz-cbor-1.1``, JSON's twin."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from skyglobe.protocols.parsing.failures import MAX_DEPTH, cannot_convert, serialization_failure
from skyglobe.protocols.parsing.instants import as_utc, instant_from_number
from skyglobe.protocols.parsing.trees import TreeConverters


def decode_cbor(body: bytes) -> Any:
    """Return the value of a CBOR item; an empty body is an empty map.

    Raises ServiceError ``SerializationException``.
    """
    if not body:
        return {}
    import cbor2  # few services speak CBOR

    try:
        return cbor2.loads(body, max_depth=MAX_DEPTH, strict_hashable_types=True)
    except (cbor2.CBORError, ValueError, TypeError, ArithmeticError, LookupError, RecursionError):
        # Besides its own error, cbor2 lets out those of the types that exotic tags stand for.
        raise serialization_failure("The request body is not valid CBOR.") from None


def decode_amz_cbor(body: bytes) -> Any:
    """As ``decode_cbor``, but leaves the number of a tagged instant as it stands: it counts milliseconds here."""
    if not body:
        return {}
    import cbor2

    try:
        return cbor2.loads(body, max_depth=MAX_DEPTH, strict_hashable_types=True, semantic_decoders={1: _untagged})
    except (cbor2.CBORError, ValueError, TypeError, ArithmeticError, LookupError, RecursionError):
        raise serialization_failure("The request body is not valid CBOR.") from None


def _untagged(value: Any, immutable: bool) -> Any:
    return value


class CborConverters(TreeConverters):
    """The converters of one service's shapes: blobs are bytes, timestamps tag 1 or bare numbers."""

    def blob(self, value: Any, depth: int) -> bytes:
        if type(value) is not bytes:
            raise cannot_convert(value, "Blob")
        return value

    def timestamp(self, value: Any, depth: int) -> datetime:
        try:
            if isinstance(value, datetime):
                return as_utc(value)
            if type(value) is int or type(value) is float:
                return instant_from_number(value)
        except ValueError:
            pass
        raise cannot_convert(value, "Timestamp")


class AmzCborConverters(CborConverters):
    """The converters of one service's shapes as AWS's Java SDKs write them: timestamps are milliseconds."""

    def timestamp(self, value: Any, depth: int) -> datetime:
        try:
            if type(value) is int or type(value) is float:
                return instant_from_number(value / 1000)
        except (ValueError, OverflowError):
            pass
        raise cannot_convert(value, "Timestamp")
