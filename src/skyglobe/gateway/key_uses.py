"""Noting who called what, cheaply: at most one write a minute for each caller, operation and region."""

from __future__ import annotations

from typing import Final

from skyglobe.gateway.plans import Plan
from skyglobe.kernel.credentials import KeyUse, key_uses
from skyglobe.kernel.entity_uses import EntityUse, entity_uses
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.principals import Principal
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.store import WriteSet

NOTED_EVERY: Final = 60_000  # milliseconds; AWS itself tells last uses hours late
MAX_KEPT: Final = 10_000  # uses remembered; beyond, some are written once more than needed


class KeyUses:
    """Remembers which uses were written lately."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._noted: dict[tuple[str, str, str, str], int] = {}

    def note(self, principal: Principal, plan: Plan, region: str) -> None:
        """Note a call that was signed with credentials of the caller, whatever became of it.

        For keys that IAM issued (``AKIA…``) the key is noted, and for these and for sessions the user or role behind.
        """
        key = principal.access_key_id
        # Sessions are many and their keys are not asked for: all of one role or user are one caller.
        who = key if key[:4] == "AKIA" else principal.user_id.partition(":")[0]
        kernel, use = self._kernel, (who, plan.signed.signing_name, plan.name, region)
        now = kernel.clock.now()
        # Turned back and forth, the clock may have passed a use that was noted.
        if abs(now - self._noted.get(use, -NOTED_EVERY)) < NOTED_EVERY:
            return
        if len(self._noted) >= MAX_KEPT:
            self._noted.clear()
        self._noted[use] = now

        def write(writes: WriteSet) -> None:
            _note_key(Scope(kernel, writes, "", "", now), principal, use)
            _note_entity(Scope(kernel, writes, principal.account, "", now), principal, use)

        kernel.turns.run(write, _nothing_follows)


def _note_key(scope: Scope, principal: Principal, use: tuple[str, str, str, str]) -> None:
    key, service, _, region = use
    if key == principal.access_key_id:
        arn = principal.arn
        key_uses.put(scope, KeyUse(access_key_id=key, service=service, region=region, at=scope.now, principal_arn=arn))


def _note_entity(scope: Scope, principal: Principal, use: tuple[str, str, str, str]) -> None:
    _, service, operation, region = use
    entity_id = principal.user_id.partition(":")[0]
    if principal.type == "federated-user" and principal.session is not None:
        entity_id = principal.session.issuer_id
    noted = EntityUse(
        entity_id=entity_id, service=service, operation=operation, region=region, at=scope.now, arn=principal.arn
    )
    entity_uses.put(scope, noted)


def _nothing_follows(result: None, failure: BaseException | None) -> None:
    """A use that could not be kept is noted again in a minute."""
