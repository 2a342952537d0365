"""Object Lock: how long a version is kept from deletion, and who may change that.

S3 user guide, "Locking objects with Object Lock".
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

MODES = ("GOVERNANCE", "COMPLIANCE")
MAX_DAYS = 36_500  # of a default retention; S3 API reference, DefaultRetention
MAX_YEARS = 100  # same page
DAY = 86_400_000

Change = Literal["allowed", "bypass", "refused"]


def retained_until(now: int, days: int, years: int) -> int:
    """Return when a default retention that begins now ends."""
    if not years:
        return now + days * DAY
    begun = datetime.fromtimestamp(now / 1000, UTC)
    try:
        ended = begun.replace(year=begun.year + years)
    except ValueError:  # 29 February
        ended = begun.replace(year=begun.year + years, day=28)
    return now + round((ended - begun).total_seconds() * 1000)


def holds(mode: str, until: int, hold: str, now: int) -> Literal["", "GOVERNANCE", "COMPLIANCE", "HOLD"]:
    """Return what keeps a version from being deleted now; empty when nothing does. What nobody can lift comes first."""
    if mode == "COMPLIANCE" and until > now:
        return "COMPLIANCE"
    if hold == "ON":
        return "HOLD"
    return "GOVERNANCE" if mode == "GOVERNANCE" and until > now else ""


def plan_change(mode: str, until: int, new_mode: str, new_until: int, now: int) -> Change:
    """Decide whether retention may be changed: freely, by who bypasses governance, or by nobody until it is over.

    Longer is always allowed. Compliance is never shortened nor turned into governance.
    """
    if not mode or until <= now:
        return "allowed"
    if new_mode == mode and new_until >= until:
        return "allowed"
    return "refused" if mode == "COMPLIANCE" else "bypass"
