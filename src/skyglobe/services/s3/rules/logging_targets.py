"""Configurations of server access logs."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from skyglobe.services.s3.rules.access_logs import Target

DATE_SOURCES = ("EventTime", "DeliveryTime")


@lru_cache(maxsize=1024)  # configurations in use
def target_in(text: str) -> Target:
    """Return where a stored configuration sends the log."""
    return target_of(json.loads(text))


def target_of(enabled: dict[str, Any]) -> Target:
    """Return where a LoggingEnabled element sends the log; partitioned by delivery time unless it says otherwise."""
    form = enabled.get("TargetObjectKeyFormat") or {}
    partition = ""
    if "PartitionedPrefix" in form:
        partition = (form["PartitionedPrefix"] or {}).get("PartitionDateSource") or "DeliveryTime"
    return Target(enabled.get("TargetBucket", ""), enabled.get("TargetPrefix", ""), partition)
