"""S3's ARNs and canonical user ids."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256

from skyglobe.kernel.scope import partition_of


def bucket_arn(region: str, name: str) -> str:
    """Return a bucket's ARN, which names neither region nor account."""
    return f"arn:{partition_of(region)}:s3:::{name}"


@lru_cache(maxsize=1024)  # accounts in use
def canonical_id(account: str) -> str:
    """Return the canonical user id of an account: 64 hexadecimal digits, always the same."""
    return sha256(f"canonical user of {account}".encode()).hexdigest()


def owner_of(account: str) -> dict[str, str]:
    """Return an ``Owner`` element. S3 no longer gives display names."""
    return {"ID": canonical_id(account)}
