"""How many there are of each kind in an account, for the quotas and the account's summary."""

from __future__ import annotations

from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Counter
from skyglobe.services.iam import iam

counts = Counter("iam.counts", reach="account")

# "IAM and AWS STS quotas", IAM user guide; the keys are those of GetAccountSummary.
USERS_QUOTA = 5_000
GROUPS_QUOTA = 300


def count_one(scope: Scope, kind: str, quota: int, quota_name: str) -> None:
    """Count one more of ``kind``. Raises LimitExceeded when the account has ``quota`` of them."""
    if counts.get(scope, kind) >= quota:
        raise iam.errors.LimitExceededException(f"Cannot exceed quota for {quota_name}: {quota}")
    counts.add(scope, kind, 1)
