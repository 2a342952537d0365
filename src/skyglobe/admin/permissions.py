"""What callers have used, as policies that allow just that."""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe.admin.dispatch import Refusal
from skyglobe.admin.durations import parse_duration, parse_instant
from skyglobe.admin.interface import Admin
from skyglobe.admin.routes import route
from skyglobe.policy.least import Permission, least_policy


class Whose(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose permissions, and since when."""

    principal: str = ""
    """ARN of a user or role, or of the root user; empty for everybody."""
    since: str = ""
    """An instant, or a duration before now: ``2026-11-23T17:00:00Z``, ``2h``. Empty for all that is remembered."""


class LeastPolicy(msgspec.Struct, frozen=True):
    """The policy that allows what one caller was allowed and did."""

    principal: str
    permissions: int
    """How many different ones were used."""
    document: dict[str, Any]


class LeastPolicies(msgspec.Struct, frozen=True):
    """A policy for each caller, by ARN."""

    policies: list[LeastPolicy]


@route("GET", "/_skyglobe/permissions")
async def get_used_permissions(admin: Admin, given: Whose) -> LeastPolicies:
    """Write the least-privilege policy for what each caller was allowed and did."""
    since = _instant(admin, given.since) if given.since else 0
    used: dict[str, list[Permission]] = {}
    for one in admin.gateway.traces.usage.since(since, given.principal or None):
        used.setdefault(one.principal, []).append(Permission(one.action, one.resource, dict(one.context)))
    return LeastPolicies(
        [LeastPolicy(principal, len(found), least_policy(found)) for principal, found in sorted(used.items())]
    )


def _instant(admin: Admin, text: str) -> int:
    if text[:4].isdigit() and "-" in text:
        try:
            return int(parse_instant(text).timestamp() * 1000)
        except ValueError as error:
            raise Refusal(400, str(error)) from None
    try:
        return admin.kernel.clock.now() - int(parse_duration(text).total_seconds() * 1000)
    except ValueError:
        raise Refusal(400, f"{text!r} is no instant or duration: write 2026-12-31T00:00:00Z, or 2h.") from None
