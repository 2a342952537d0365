"""Whether the caller may do this. Until the policy engine decides, whoever is known may do everything."""

from __future__ import annotations

from typing import Any

from skyglobe.gateway.plans import Plan
from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError


def allow_every_known_caller(call: Call, plan: Plan, params: dict[str, Any]) -> None:
    """Let every authenticated principal do everything, and nobody anonymous anything that wants a signature.

    The permissive stand-in for the policy engine. Raises AccessDenied.
    """
    if call.principal.is_anonymous and not plan.is_anonymous_allowed:
        raise ServiceError("Access Denied", code="AccessDenied", status=403)
