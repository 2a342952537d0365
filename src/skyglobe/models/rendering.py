"""Values as AWS's messages show them, which is as Java prints them."""

from __future__ import annotations

from typing import Any

from skyglobe.models.shapes import Shape

MAX_SHOWN = 8192
"""Characters of a value that are repeated to its sender."""


def render(value: Any, shape: Shape) -> str:
    """Return ``value`` in quotes, or nothing when the model calls it (or what it consists of) sensitive."""
    if _is_sensitive(shape):
        return ""
    shown = _text(value, shape)
    return f"'{shown if len(shown) <= MAX_SHOWN else shown[:MAX_SHOWN] + '…'}'"


def _is_sensitive(shape: Shape) -> bool:
    if shape.traits.get("sensitive"):
        return True
    if shape.type == "list":
        return _is_sensitive(shape.element)
    return shape.type == "map" and (_is_sensitive(shape.key) or _is_sensitive(shape.value))


def _text(value: Any, shape: Shape) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, bytes | bytearray | memoryview):
        return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
    if shape.type == "list":
        return f"[{', '.join(_text(element, shape.element) for element in value[:MAX_SHOWN])}]"
    if shape.type == "map":
        return f"{{{', '.join(f'{key}={_text(part, shape.value)}' for key, part in value.items())}}}"
    # Java shows a structure by its class and an address; what is in it may be nobody's business.
    return shape.name if shape.type == "structure" else str(value)
