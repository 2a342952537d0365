"""Deliveries that were set aside after too many failures: looking at them, and trying again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from skyglobe.admin.dispatch import Refusal
from skyglobe.admin.interface import Admin
from skyglobe.admin.routes import route
from skyglobe.admin.status import Done
from skyglobe.kernel.outbox import Letter, letters, list_dead, revive
from skyglobe.kernel.scope import Scope

MAX_LISTED = 1_000


class Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many to list."""

    limit: Annotated[int, Meta(ge=1, le=MAX_LISTED)] = 100


class LetterId(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which letter."""

    id: str
    """As listed."""


class DeadLetter(msgspec.Struct, frozen=True):
    """A delivery that failed too often."""

    id: str
    """A number too large for JavaScript's, hence text."""
    service: str
    kind: str
    account: str
    region: str
    lane: str
    payload: Any
    posted_at: datetime
    attempts: int
    error: str


class DeadLetters(msgspec.Struct, frozen=True):
    """Oldest first."""

    letters: list[DeadLetter]


@route("GET", "/_skyglobe/outbox/dead")
async def list_dead_letters(admin: Admin, given: Limit) -> DeadLetters:
    """List deliveries that failed too often, oldest first."""
    found = await admin.kernel.transact(lambda scope: list_dead(scope, given.limit))
    return DeadLetters([_told(letter) for letter in found])


@route("POST", "/_skyglobe/outbox/dead/{id}/revive")
async def revive_dead_letter(admin: Admin, given: LetterId) -> Done:
    """Try a delivery that failed too often again, from its first attempt."""

    def work(scope: Scope) -> bool:
        letter = letters.find(scope, int(given.id)) if given.id.isdecimal() and len(given.id) < 20 else None
        if letter is None or not letter.dead:
            return False
        revive(scope, letter)
        return True

    if not await admin.kernel.transact(work):
        raise Refusal(404, f"There is no dead letter {given.id}.")
    return Done()


def _told(letter: Letter) -> DeadLetter:
    return DeadLetter(
        id=str(letter.id),
        service=letter.service,
        kind=letter.kind,
        account=letter.account,
        region=letter.region,
        lane=letter.lane,
        payload=letter.payload,
        posted_at=datetime.fromtimestamp(letter.posted_at / 1000, UTC),
        attempts=letter.attempts,
        error=letter.error,
    )
