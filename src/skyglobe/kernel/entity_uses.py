"""What users and roles did last: noted by the gateway, told by IAM (``RoleLastUsed``, access advisor)."""

from __future__ import annotations

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Record, Table

TRACKED_FOR = 400 * 24 * 3_600_000  # milliseconds; IAM user guide, "Refine permissions using last accessed information"


class EntityUse(Record, frozen=True):
    """A user, role or root user of the account asked a service for something, whatever the answer was."""

    entity_id: str
    """Unique id of the user or role; the account for root."""
    service: str
    """Signing name, which is what actions start with: ``sqs``."""
    operation: str
    region: str
    """Of the last time."""
    at: Instant
    """When last, to the minute."""
    arn: str
    """Whom the credentials spoke for: the user, or the session."""


entity_uses: Table[EntityUse] = Table(
    "kernel.entity_uses", EntityUse, key=("entity_id", "service", "operation"), reach="account"
)


def uses_of(scope: Scope, entity_id: str, *service: str) -> list[EntityUse]:
    """Return what the account's entity did within the time that is told of, by service and operation."""
    since = scope.now - TRACKED_FOR
    return [use for use in entity_uses.scan(scope, entity_id, *service) if use.at >= since]


def last_use_of(scope: Scope, entity_id: str) -> EntityUse | None:
    """Return what the account's entity did last, or None."""
    return max(uses_of(scope, entity_id), key=lambda use: use.at, default=None)


def forget_uses(scope: Scope, entity_id: str) -> None:
    """Forget what a deleted user or role did: its id comes never again."""
    for use in list(entity_uses.scan(scope, entity_id)):
        entity_uses.delete(scope, use)
