"""Time to live: which items expire when, kept up to date with every write, and swept by the clock.

Developer guide, "Using time to live (TTL)". An item can be read until it is swept, at most a minute after it expired.
"""

from __future__ import annotations

from decimal import Decimal

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import find_timer, set_timer
from skyglobe.services.dynamodb.records import DynamoTable, Expiry, expiries
from skyglobe.services.dynamodb.rules.values import Item

SWEEP_AFTER = 60_000  # milliseconds after the first expiry; AWS only says "within a few days"
TOO_OLD_FOR = 5 * 365 * 86_400_000  # milliseconds; developer guide: older than five years is ignored


def expires_at(table: DynamoTable, item: Item | None) -> Instant | None:
    """Return when an item expires; None when it never does."""
    if item is None or table.ttl is None:
        return None
    number = item.get(table.ttl.attribute, {}).get("N")
    if number is None:
        return None
    at = int(Decimal(number) * 1000) if len(number) < 16 else -1
    return at if at > 0 else None


def note_expiry(scope: Scope, table: DynamoTable, key: bytes, old: Item | None, new: Item | None) -> None:
    """Keep what is known of an item's expiry in step with the item."""
    before, now = expires_at(table, old), expires_at(table, new)
    if before == now:
        return
    if before is not None:
        expiries.drop(scope, table.number, before, key)
    if now is not None and now > scope.now - TOO_OLD_FOR:
        expiries.insert(scope, Expiry(table=table.number, at=now, key=key))
        expect_sweep(scope, table, now)


def expect_sweep(scope: Scope, table: DynamoTable, at: Instant) -> None:
    """Have a sweep made soon after ``at``."""
    due_at = max(at, scope.now) + SWEEP_AFTER
    known = find_timer(scope, "dynamodb", "sweep", str(table.number))
    if known is None or known.due_at is None or known.due_at > due_at:
        set_timer(scope, "dynamodb", "sweep", str(table.number), due_at, {"table": table.id})
