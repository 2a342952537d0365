"""How many there are of each kind in an account, for the quotas and the account's summary."""

from __future__ import annotations

from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Counter
from skyglobe.services.iam.refusals import over_quota

counts = Counter("iam.counts", reach="account")

# "IAM and AWS STS quotas", IAM user guide; the kinds are named as in GetAccountSummary.
USERS_QUOTA = 5_000
GROUPS_QUOTA = 300


def count_one(scope: Scope, kind: str, quota: int, quota_name: str) -> None:
    """Count one more of ``kind``. Raises LimitExceeded when the account has ``quota`` of them."""
    if counts.get(scope, kind) >= quota:
        raise over_quota(quota_name, quota)
    counts.add(scope, kind, 1)
