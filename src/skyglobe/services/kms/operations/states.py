"""EnableKey, DisableKey, ScheduleKeyDeletion, CancelKeyDeletion."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.timers import cancel_timer, set_timer
from skyglobe.services.kms import kms, refusals
from skyglobe.services.kms.finding import get_customer_key, get_living_key
from skyglobe.services.kms.managing import DAY
from skyglobe.services.kms.records import families, keys
from skyglobe.services.kms.rotating import catch_up, is_complete

SHORTEST_WINDOW, LONGEST_WINDOW = 7, 30  # days; API reference of ScheduleKeyDeletion


@kms.operation
def enable_key(call: Call, key_id: str) -> None:
    """Let a key be used again. Material that should have been rotated meanwhile is rotated now."""
    scope, key, _ = get_living_key(call, key_id)
    if key.state == "PendingImport":
        raise refusals.is_pending_import(key.arn)
    enabled = replace(key, state="Enabled")
    keys.replace(scope, key, enabled)
    catch_up(scope, enabled)


@kms.operation
def disable_key(call: Call, key_id: str) -> None:
    """Let nobody use a key until it is enabled."""
    scope, key, _ = get_living_key(call, key_id)
    if key.state == "PendingImport":
        raise refusals.is_pending_import(key.arn)
    keys.replace(scope, key, replace(key, state="Disabled"))


@kms.operation
def schedule_key_deletion(call: Call, key_id: str, pending_window_in_days: int = LONGEST_WINDOW) -> dict[str, Any]:
    """Have a key deleted after so many days; a primary key's days begin when its last replica is gone."""
    scope, key, _ = get_living_key(call, key_id)
    days = pending_window_in_days
    if not SHORTEST_WINDOW <= days <= LONGEST_WINDOW:
        raise refusals.invalid(
            f"PendingWindowInDays must be between {SHORTEST_WINDOW} and {LONGEST_WINDOW}, inclusive; it is {days}."
        )
    family = families.find(scope, key.id) if key.multi_region == "PRIMARY" else None
    answer: dict[str, Any] = {"KeyId": key.arn, "PendingWindowInDays": days}
    if family is not None and family.replicas:
        keys.replace(scope, key, replace(key, state="PendingReplicaDeletion", pending_days=days))
        return {**answer, "KeyState": "PendingReplicaDeletion"}
    due_at = call.now + days * DAY
    keys.replace(scope, key, replace(key, state="PendingDeletion", pending_days=days, deletion_at=due_at))
    set_timer(scope, "kms", "delete", key.id, due_at)
    return {**answer, "KeyState": "PendingDeletion", "DeletionDate": due_at / 1000}


@kms.operation
def cancel_key_deletion(call: Call, key_id: str) -> dict[str, Any]:
    """Keep a key that was to be deleted. It is disabled then, or waits for its material."""
    scope, key, _ = get_customer_key(call, key_id)
    if key.state not in ("PendingDeletion", "PendingReplicaDeletion"):
        raise kms.errors.KMSInvalidStateException(f"{key.arn} is not pending deletion.")
    state = "Disabled" if is_complete(scope, key) else "PendingImport"
    keys.replace(scope, key, replace(key, state=state, pending_days=0, deletion_at=None))
    cancel_timer(scope, "kms", "delete", key.id)
    return {"KeyId": key.arn}
