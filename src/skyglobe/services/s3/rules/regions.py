"""Where a bucket is made: what region and location constraint together say."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

HOME_REGION = "us-east-1"
"""The region whose endpoint makes buckets anywhere, and whose own buckets have no constraint."""

Refusal = Literal["invalid", "illegal", "illegal unspecified"]


def place_bucket(region: str, constraint: str | None, known: Collection[str]) -> tuple[str, Refusal | None]:
    """Return the region a bucket is to live in, and why not, if not.

    ``known`` are the constraints the model lists. ``EU`` is the old name of eu-west-1.
    """
    if constraint is None:
        return region, None if region == HOME_REGION else "illegal unspecified"
    wanted = "eu-west-1" if constraint == "EU" else constraint
    if constraint not in known:
        return wanted, "invalid"
    if region not in (HOME_REGION, wanted):
        return wanted, "illegal"
    return wanted, None
