"""Contributor Insights: which keys are accessed and throttled, counted where they are enabled.

Developer guide, "CloudWatch Contributor Insights for DynamoDB: How it works". Accesses are counted in
ConsumedThroughputUnits, three times the write units and the read units; throttles by number.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

from skyglobe.kernel.contributors import ManagedRule, contribute, managed_rules
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.services.dynamodb.records import DynamoTable, Insights, KeyElement
from skyglobe.services.dynamodb.rules.values import Item

WRITE_WEIGHT = 3
"""Of a write unit, in ConsumedThroughputUnits; same page, "Most accessed items"."""
MAX_NAME = 128  # characters of a rule's name; CloudWatch API reference of InsightRule
ACCESSED, THROTTLED = "C", "T"

_LABELS = ("PartitionKey", "SortKey")
_VALUES = {ACCESSED: "ConsumedThroughputUnits", THROTTLED: "ThrottleCount"}


def rule_name(kind: str, table: str, index: str, since: int) -> str:
    """Return what a rule is called: ``DynamoDBContributorInsights-PKC-orders-1571698466880``."""
    resource = f"{table}-{index}" if index else table
    start, end = f"DynamoDBContributorInsights-{kind}-", f"-{since}"
    return start + resource[: MAX_NAME - len(start) - len(end)] + end


def rule_names(table: DynamoTable, index: str, insights: Insights) -> list[str]:
    """Return the names of the rules of a table or index; none while nothing is counted."""
    return [rule_name(kind, table.id, index, insights.since) for kind in _kinds(table, index, insights)]


def _kinds(table: DynamoTable, index: str, insights: Insights) -> Iterator[str]:
    starts = ("PK", "SK") if len(_schema(table, index)) > 1 else ("PK",)
    if insights.counts_accesses:
        yield from (start + ACCESSED for start in starts)
    if insights.counts_throttles:
        yield from (start + THROTTLED for start in starts)


def _schema(table: DynamoTable, index: str) -> tuple[KeyElement, ...]:
    described = table.find_index(index) if index else None
    return described.keys if described is not None else table.keys


def make_rules(scope: Scope, table: DynamoTable, index: str, insights: Insights) -> None:
    """Have CloudWatch show the rules of a table or index."""
    for kind, name in zip(_kinds(table, index, insights), rule_names(table, index, insights), strict=True):
        labels = _LABELS if kind.startswith("SK") else _LABELS[:1]
        rule = ManagedRule(
            name=name,
            labels=labels,
            statistic="Sum",
            definition=_definition(table, index, labels, kind[2]),
            made_at=scope.now,
            resource_arn=table.arn,
        )
        managed_rules.insert(scope, rule)


def _definition(table: DynamoTable, index: str, labels: tuple[str, ...], what: str) -> str:
    filters = [
        {"Match": "$.TableName", "In": [table.id]},
        *([{"Match": "$.IndexName", "In": [index]}] if index else ()),
    ]
    contribution = {"Keys": [f"$.{label}" for label in labels], "ValueOf": f"$.{_VALUES[what]}", "Filters": filters}
    definition = {
        "Schema": {"Name": "ServiceLogRule", "Version": 1},
        "AggregateOn": "Sum",
        "Contribution": contribution,
    }
    return json.dumps(definition, separators=(",", ":"))


def drop_rules(scope: Scope, table: DynamoTable, index: str, insights: Insights | None) -> None:
    """Delete the rules of a table or index, and what was counted under them."""
    for name in rule_names(table, index, insights) if insights is not None else ():
        managed_rules.drop(scope, name)
        set_timer(scope, "dynamodb", "uncount", name, scope.now)


def drop_all_rules(scope: Scope, table: DynamoTable) -> None:
    """Delete the rules of a table and of its indexes."""
    drop_rules(scope, table, "", table.insights)
    for index in table.indexes:
        drop_rules(scope, table, index.name, index.insights)


def note_access(scope: Scope, table: DynamoTable, index: str, insights: Insights, item: Item, units: float) -> None:
    """Count an access for the keys that ``item`` has; without a sort key, as in a query, for the partition only."""
    if insights.counts_accesses:
        _note(scope, table, index, insights, item, ACCESSED, units)


def note_throttle(scope: Scope, table: DynamoTable, index: str, insights: Insights, item: Item) -> None:
    """Count a throttled request for the keys that ``item`` has, in work of its own: the request's is not kept."""
    if insights.counts_throttles:
        keys = {element.name: item[element.name] for element in _schema(table, index) if element.name in item}
        scope.kernel.spawn(
            scope.kernel.transact(
                lambda own: _note(own, table, index, insights, keys, THROTTLED, 1.0), scope.account, scope.region
            )
        )


def _note(
    scope: Scope, table: DynamoTable, index: str, insights: Insights, item: Item, what: str, value: float
) -> None:
    schema = _schema(table, index)
    hashes = [element.name for element in schema if element.role == "HASH"]
    sorts = [element.name for element in schema if element.role == "RANGE"]
    if any(name not in item for name in hashes):
        return
    partition = _shown(item, hashes)
    contribute(scope, rule_name(f"PK{what}", table.id, index, insights.since), (partition,), value)
    if sorts and all(name in item for name in sorts):
        keys = (partition, _shown(item, sorts))
        contribute(scope, rule_name(f"SK{what}", table.id, index, insights.since), keys, value)


def _shown(item: Item, names: list[str]) -> str:
    return ",".join(_text(item[name]) for name in names)


def _text(value: dict[str, Any]) -> str:
    ((_, content),) = value.items()
    return base64.b64encode(content).decode() if isinstance(content, bytes) else str(content)
