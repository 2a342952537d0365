"""The scopes of directory buckets' access points: what they may be; API reference of PutAccessPointScope."""

from __future__ import annotations

from typing import Any

from skyglobe.services.s3.points import AccessPoint
from skyglobe.services.s3control import refusals

MAX_PREFIX_BYTES = 256  # of all of a scope's prefixes together: less than that


def check_scope(scope: dict[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return a scope's prefixes and permissions. Raises InvalidRequest for prefixes that are too long together.

    A trailing asterisk, which stands for whatever follows, says nothing that a prefix does not.
    """
    prefixes = tuple(dict.fromkeys(scope.get("Prefixes") or ()))
    if sum(len(prefix.encode("utf-8", "surrogatepass")) for prefix in prefixes) >= MAX_PREFIX_BYTES:
        raise refusals.invalid_request(
            f"The total length of characters of all prefixes must be less than {MAX_PREFIX_BYTES} bytes in size."
        )
    bare = tuple(prefix.removesuffix("*") for prefix in prefixes)
    return bare, tuple(dict.fromkeys(scope.get("Permissions") or ()))


def scope_shape(point: AccessPoint) -> dict[str, Any]:
    """Return a ``Scope``."""
    return {"Prefixes": list(point.prefixes), "Permissions": list(point.permissions)}
