"""Bodies in JSON."""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe.protocols.parsing.failures import serialization_failure

_decode = msgspec.json.Decoder().decode


def decode_json(body: bytes) -> Any:
    """Return the value of a JSON text; an empty body is an empty object, as AWS takes it.

    Raises ServiceError ``SerializationException``. Of repeated keys the last counts.
    """
    try:
        return _decode(body) if body else {}
    except (ValueError, RecursionError):
        # msgspec's DecodeError and Python's UnicodeDecodeError are ValueErrors.
        raise serialization_failure("The request body is not valid JSON.") from None
