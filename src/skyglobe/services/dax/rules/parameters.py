"""The parameters of a cluster: how long its caches remember."""

from __future__ import annotations

from typing import Any, Literal

RECORD_TTL = "record-ttl-millis"
QUERY_TTL = "query-ttl-millis"
Name = Literal["record-ttl-millis", "query-ttl-millis"]
DEFAULTS = {QUERY_TTL: "300000", RECORD_TTL: "300000"}
"""Milliseconds; developer guide, "Configuring TTL settings"."""
MAX_TTL = 2**63 - 1
_DESCRIPTIONS = {
    QUERY_TTL: "Duration in milliseconds for queries to remain cached",
    RECORD_TTL: "Duration in milliseconds for records to remain valid in cache (Default: 0 = infinite)",
}
"""As the CLI's reference shows them in ``describe-parameters``; so are the other members of ``shown``."""


def is_value(text: str) -> bool:
    """Return whether ``text`` is a number of milliseconds."""
    return text.isascii() and text.isdigit() and len(text) <= 19 and int(text) <= MAX_TTL


def shown(values: dict[str, str], *, is_default: bool) -> list[dict[str, Any]]:
    """Return the parameters as the API describes them."""
    return [
        {
            "ParameterName": name,
            "ParameterType": "DEFAULT",
            "ParameterValue": values.get(name, default),
            "NodeTypeSpecificValues": [],
            "Description": _DESCRIPTIONS[name],
            "Source": "system" if is_default else "user",
            "DataType": "integer",
            "AllowedValues": "0-",
            "IsModifiable": "TRUE",
            "ChangeType": "IMMEDIATE",
        }
        for name, default in sorted(DEFAULTS.items())
    ]
