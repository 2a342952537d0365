"""Noting that an access key was used, cheaply: at most one write a minute for each key, service and region."""

from __future__ import annotations

from skyglobe.gateway.plans import Plan
from skyglobe.kernel.credentials import KeyUse, key_uses
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.principals import Principal
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.store import WriteSet

NOTED_EVERY = 60_000  # milliseconds; AWS itself tells last uses hours late
MAX_KEPT = 10_000  # uses remembered; beyond, some are written once more than needed


class KeyUses:
    """Remembers which uses were written lately."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._noted: dict[tuple[str, str, str], int] = {}

    def note(self, principal: Principal, plan: Plan, region: str) -> None:
        """Note a call that was signed with a key of the caller, whatever became of it.

        Keys that IAM issued are noted (``AKIA…``), not sessions and keys taken on trust.
        """
        key = principal.access_key_id
        if key[:4] != "AKIA":
            return
        kernel, use = self._kernel, (key, plan.signed.signing_name, region)
        now = kernel.clock.now()
        # Turned back and forth, the clock may have passed a use that was noted.
        if abs(now - self._noted.get(use, -NOTED_EVERY)) < NOTED_EVERY:
            return
        if len(self._noted) >= MAX_KEPT:
            self._noted.clear()
        self._noted[use] = now
        noted = KeyUse(access_key_id=key, service=use[1], region=region, at=now, principal_arn=principal.arn)

        def write(writes: WriteSet) -> None:
            key_uses.put(Scope(kernel, writes, "", "", now), noted)

        kernel.turns.run(write, _nothing_follows)


def _nothing_follows(result: None, failure: BaseException | None) -> None:
    """A use that could not be kept is noted again in a minute."""
