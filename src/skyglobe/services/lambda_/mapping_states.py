"""States of event source mappings, and the letters that set them to work."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.outbox import post
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import cancel_timer, set_timer
from skyglobe.kernel.watching import unwatch
from skyglobe.services.lambda_ import lambda_
from skyglobe.services.lambda_.records import Mapping, mappings, shard_states
from skyglobe.services.lambda_.rules.sources import watched_arn

CHANGES_FOR = 5_000  # milliseconds at the realistic pace. AWS promises none; its users see some seconds
CONSUMER = "poll"


def begin(scope: Scope, mapping: Mapping, state: str, *, is_enabled: bool) -> Mapping:
    """Put a mapping into a state that ends by itself, and return it: at the instant pace it has ended already."""
    changing = replace(mapping, state=state)
    mappings.replace(scope, mapping, changing)
    payload = {"is_enabled": is_enabled}
    if scope.kernel.config.pace == "instant":
        return _settled(scope, changing, is_enabled)
    set_timer(scope, "lambda", "settle_mapping", mapping.id, scope.now + CHANGES_FOR, payload)
    return changing


def begin_deletion(scope: Scope, mapping: Mapping) -> Mapping:
    """Have a mapping read no more, and go."""
    deleting = replace(mapping, state="Deleting")
    mappings.replace(scope, mapping, deleting)
    if scope.kernel.config.pace == "instant":
        _delete(scope, deleting)
    else:
        set_timer(scope, "lambda", "settle_mapping", mapping.id, scope.now + CHANGES_FOR)
    return deleting


@lambda_.timer("settle_mapping")
def settle_mapping(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Have a mapping be what it was becoming."""
    mapping = mappings.find(scope, key)
    if mapping is None:
        return
    if mapping.state == "Deleting":
        _delete(scope, mapping)
    else:
        _settled(scope, mapping, payload["is_enabled"])


def _settled(scope: Scope, mapping: Mapping, is_enabled: bool) -> Mapping:
    settled = replace(mapping, state="Enabled" if is_enabled else "Disabled")
    mappings.replace(scope, mapping, settled)
    if is_enabled:
        poll_now(scope, mapping.id)
    else:
        stop_polling(scope, settled)
    return settled


def poll_now(scope: Scope, mapping_id: str) -> None:
    """Have a mapping look at its source."""
    # The same lane as that of letters from the source itself: see ``kernel.watching``.
    post(scope, "lambda", CONSUMER, {"key": mapping_id}, lane=f"{CONSUMER}:{mapping_id}")


def poll_at(scope: Scope, mapping_id: str, at: int, name: str = "") -> None:
    """Have a mapping look at its source again at an instant; ``name`` tells such timers of one mapping apart."""
    set_timer(scope, "lambda", "poll", f"{mapping_id}:{name}" if name else mapping_id, at, {"key": mapping_id})


@lambda_.timer("poll")
def poll_due(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Look at a source again."""
    poll_now(scope, payload["key"])


def stop_polling(scope: Scope, mapping: Mapping) -> None:
    """Be told of the source no more."""
    unwatch(scope, watched_arn(mapping.source_arn), "lambda", CONSUMER, mapping.id)
    cancel_timer(scope, "lambda", "poll", mapping.id)


def _delete(scope: Scope, mapping: Mapping) -> None:
    stop_polling(scope, mapping)
    shard_states.clear(scope, mapping.id)
    mappings.delete(scope, mapping)
