"""What stands between an account and its archives: its own policy, and how much is provisioned."""

from __future__ import annotations

from skyglobe.kernel.scope import Scope
from skyglobe.services.glacier import refusals
from skyglobe.services.glacier.records import Retrieving, capacities, jobs, retrieved, retrieving, vaults
from skyglobe.services.glacier.rules.retrievals import is_within
from skyglobe.services.glacier.rules.times import month_of

NO_LIMIT = Retrieving(name="", strategy="None")
"""Of accounts that set none; developer guide, "Data retrieval policies"."""


def policy_of(scope: Scope) -> Retrieving:
    return retrieving.find(scope, "") or NO_LIMIT


def check_policy(scope: Scope, size_bytes: int) -> None:
    """Raise PolicyEnforcedException when one more standard retrieval would exceed what the account allows itself."""
    policy = policy_of(scope)
    if policy.strategy == "None":
        return
    month = retrieved.get(scope, month_of(scope.now))
    running = _running_bytes(scope) if policy.strategy == "BytesPerHour" else 0
    if not is_within(policy.strategy, policy.bytes_per_hour, size_bytes, running, month):
        raise refusals.policy_enforced()


def _running_bytes(scope: Scope) -> int:
    """Return what standard retrievals fetch at the moment. Looks at the jobs of a day: asked under a policy only."""
    return sum(
        job.output_bytes
        for vault in vaults.scan(scope)
        for job in jobs.scan(scope, vault.id)
        if job.tier == "Standard" and not job.completed_at
    )


def check_expedited(scope: Scope) -> None:
    """Raise InsufficientCapacityException when expedited retrievals are short and the account has none provisioned."""
    if scope.kernel.faults.get("glacier", "expedited-capacity") and not has_capacity(scope):
        raise refusals.no_capacity()


def has_capacity(scope: Scope) -> bool:
    return any(unit.expires_at > scope.now for unit in capacities.scan(scope))
