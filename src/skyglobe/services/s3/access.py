"""S3's ARNs and canonical user ids."""

from __future__ import annotations

from skyglobe.kernel.principals import canonical_user_of as canonical_id
from skyglobe.kernel.scope import partition_of

__all__ = ["bucket_arn", "canonical_id", "owner_of"]


def bucket_arn(region: str, name: str) -> str:
    """Return a bucket's ARN, which names neither region nor account."""
    return f"arn:{partition_of(region)}:s3:::{name}"


def owner_of(account: str) -> dict[str, str]:
    """Return an ``Owner`` element. S3 no longer gives display names."""
    return {"ID": canonical_id(account)}
