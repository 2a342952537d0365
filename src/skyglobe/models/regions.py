"""AWS's partitions and their Regions, as botocore ships them."""

from __future__ import annotations

from functools import cache

import msgspec

from skyglobe.models.caching import data_folder


@cache
def partitions() -> dict[str, frozenset[str]]:
    """Return the Regions of each partition: ``{"aws": {"us-east-1", …}, "aws-cn": …}``."""
    known = msgspec.json.decode((data_folder() / "partitions.json").read_bytes())["partitions"]
    return {one["id"]: frozenset(name for name in one["regions"] if not name.endswith("-global")) for one in known}
