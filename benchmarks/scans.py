"""Whole scans of a DynamoDB table with a filter that lets one item in a hundred through."""

from __future__ import annotations

import statistics
import time
from typing import Any

from benchmarks.growth import Growth, fill
from benchmarks.load import LoadFailed
from benchmarks.tables import Items
from benchmarks.targets import Target
from benchmarks.workloads import Unfit, expect

SCAN = "DynamoDB Scan with a filter, whole, by items stored"
LEVELS = (1_000, 100_000)
RUNS = 3
SHARE = 100
"""One item of so many passes the filter."""


async def measure_scan(target: Target, patience: float) -> Growth:
    """Fill a table to each level and scan it page by page; the median of three scans counts, in milliseconds."""
    found = Growth(SCAN, target.name, {})
    try:
        table, stored = Items(target), 0
        for level in LEVELS:
            found.note = await fill(target, table.additions(stored, level), level, patience)
            if found.note:
                break
            stored = level
            client = target.preparer().client("dynamodb")
            found.levels[level] = statistics.median(_scan(client, table.table, level) for _ in range(RUNS))
    except (Unfit, LoadFailed, OSError, TimeoutError) as error:
        found.note = f"{type(error).__name__}: {error}"[:200]
    return found


def _scan(client: Any, table: str, stored: int) -> float:
    """Return the milliseconds of one scan, having seen that it found the right items."""
    wanted = {"FilterExpression": "age = :a", "ExpressionAttributeValues": {":a": {"N": "7"}}}
    began = time.perf_counter()
    passed = 0
    for page in client.get_paginator("scan").paginate(TableName=table, **wanted):
        passed += page["Count"]
    took = (time.perf_counter() - began) * 1000
    expect(passed == stored // SHARE, f"{passed} items of {stored}")
    return took
