"""Configurations that a bucket has many of, under ids: metrics, inventories, storage class analysis."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Record, Table
from skyglobe.services.s3 import s3

PAGE = 100  # configurations; ListBucketMetricsConfigurations, …InventoryConfigurations, …AnalyticsConfigurations
MAX_CONFIGURATIONS = 1_000  # of a bucket and kind; PutBucketMetricsConfiguration and the others


class Configuration(Record, frozen=True):
    """One of them, where its bucket is."""

    bucket: str
    id: str
    text: str
    """As it was put, in JSON."""


C = TypeVar("C", bound=Configuration)


def check_room(scope: Scope, table: Table[C], bucket: str) -> None:
    """Raise TooManyConfigurations where a bucket has no room for another one."""
    if sum(1 for _ in table.scan(scope, bucket, limit=MAX_CONFIGURATIONS)) >= MAX_CONFIGURATIONS:
        text = "You are attempting to create a new configuration but have already reached the "
        raise s3.error("TooManyConfigurations", f"{text}{MAX_CONFIGURATIONS:,}-configuration limit.")


def get_configuration(scope: Scope, table: Table[C], request: dict[str, Any]) -> C:
    """Return the configuration a request names. Raises NoSuchConfiguration."""
    kept = table.find(scope, request["Bucket"], request["Id"])
    if kept is None:
        raise s3.error("NoSuchConfiguration", "The specified configuration does not exist.", status=404)
    return kept


def page_of_configurations(scope: Scope, table: Table[C], request: dict[str, Any], member: str) -> dict[str, Any]:
    """Return a page by id, under the name its answer has. The token is the last id of the page before."""
    token = request.get("ContinuationToken")
    found = list(table.scan(scope, request["Bucket"], past=(token,) if token else None, limit=PAGE + 1))
    answer: dict[str, Any] = {"IsTruncated": len(found) > PAGE}
    if found:
        answer[member] = [json.loads(kept.text) for kept in found[:PAGE]]
    if len(found) > PAGE:
        answer["NextContinuationToken"] = found[PAGE - 1].id
    if token:
        answer["ContinuationToken"] = token
    return answer
