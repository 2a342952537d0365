"""What of connections is shown, and which are meant."""

from __future__ import annotations

from typing import Any

SCHEMA_VERSION = 1  # of all connections there are here
_HIDDEN = frozenset({"PASSWORD", "ENCRYPTED_PASSWORD"})


def without_passwords(properties: dict[str, str]) -> dict[str, str]:
    """Return a connection's properties as ``HidePassword`` shows them."""
    return {name: value for name, value in properties.items() if name not in _HIDDEN}


def is_meant(given: dict[str, Any], chosen: dict[str, Any]) -> bool:
    """Whether a connection has the type, and all the criteria, of a ``GetConnectionsFilter``."""
    return (
        chosen.get("ConnectionType") in (None, given["ConnectionType"])
        and set(chosen.get("MatchCriteria") or ()) <= set(given.get("MatchCriteria") or ())
        and chosen.get("ConnectionSchemaVersion", SCHEMA_VERSION) == SCHEMA_VERSION
    )
