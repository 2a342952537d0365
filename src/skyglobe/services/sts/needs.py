"""What each call to STS needs to be allowed."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.access import Need
from skyglobe.kernel.call import Call
from skyglobe.services.sts import sts

_ALWAYS = frozenset({"GetCallerIdentity", "GetSessionToken"})
"""STS API reference: no permission is required, and none can be taken away."""


@sts.needs
def find_needs(call: Call, operation: str, params: dict[str, Any]) -> list[Need]:
    """List what a call needs."""
    if operation in _ALWAYS:
        return []
    return [Need(f"sts:{operation}", "*", call.account)]
