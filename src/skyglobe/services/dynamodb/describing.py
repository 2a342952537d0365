"""Tables as DescribeTable shows them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from skyglobe.kernel.clock import Instant
from skyglobe.services.dynamodb.finding import Found
from skyglobe.services.dynamodb.items import tally_of
from skyglobe.services.dynamodb.records import DynamoTable, KeyElement, OnDemand, SecondaryIndex, Throughput, tables
from skyglobe.services.dynamodb.sealing import is_key_usable

# Developer guide, "Warm throughput": what every new table can take at once.
WARM_READS, WARM_WRITES = 12_000, 4_000


def instant(at: Instant) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)


def shown_keys(keys: tuple[KeyElement, ...]) -> list[dict[str, str]]:
    return [{"AttributeName": key.name, "KeyType": key.role} for key in keys]


def describe(found: Found, status: str | None = None) -> dict[str, Any]:
    """Return a TableDescription. ``status`` overrides the table's own, for answers to what has just begun."""
    scope, table = found
    tally = tally_of(scope, table)
    shown: dict[str, Any] = {
        "TableName": table.id,
        "TableArn": table.arn,
        "TableId": table.uid,
        "TableStatus": status or _status(found),
        "CreationDateTime": instant(table.created_at),
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kind} for name, kind in table.attributes.items()
        ],
        "KeySchema": shown_keys(table.keys),
        "ItemCount": tally.items,
        "TableSizeBytes": tally.size,
        "ProvisionedThroughput": _throughput(table.throughput),
        "DeletionProtectionEnabled": table.is_protected,
        "WarmThroughput": _warm(table, table.throughput, table.warm),
    }
    if table.billing_changed_at is not None:
        shown["BillingModeSummary"] = {
            "BillingMode": table.billing,
            "LastUpdateToPayPerRequestDateTime": instant(table.billing_changed_at),
        }
    if table.on_demand is not None:
        shown["OnDemandThroughput"] = _on_demand(table.on_demand)
    local = [_local(index, tally.indexes, table) for index in table.indexes if index.is_local]
    wide = [_global(index, tally.indexes, table) for index in table.indexes if not index.is_local]
    if local:
        shown["LocalSecondaryIndexes"] = local
    if wide:
        shown["GlobalSecondaryIndexes"] = wide
    _add_settings(shown, found)
    return shown


def _status(found: Found) -> str:
    """Return a table's status. One whose KMS key cannot be used says so as long as that is so."""
    scope, table = found
    status = table.status_at(scope.now)
    if status == "ACTIVE" and table.table_key and not is_key_usable(scope, table):
        return "INACCESSIBLE_ENCRYPTION_CREDENTIALS"
    return status


def _replica_status(found: Found, region: str) -> str:
    there = found.scope.within(region=region)
    replica = tables.find(there, found.table.id)
    return replica.status_at(found.scope.now) if replica is not None else "DELETING"


def _add_settings(shown: dict[str, Any], found: Found) -> None:
    table = found.table
    if table.stream is not None:
        if table.is_streaming:
            shown["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": table.stream.view}
        shown["LatestStreamLabel"] = table.stream.label
        shown["LatestStreamArn"] = f"{table.arn}/stream/{table.stream.label}"
    if table.kms_key:
        shown["SSEDescription"] = {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": table.kms_key}
    if table.table_class:
        shown["TableClassSummary"] = {"TableClass": table.table_class}
        if table.class_changed_at is not None:
            shown["TableClassSummary"]["LastUpdateDateTime"] = instant(table.class_changed_at)
    if table.replicas and not table.is_legacy:
        shown["GlobalTableVersion"] = "2019.11.21"
        shown["Replicas"] = [
            {
                "RegionName": region,
                "ReplicaStatus": _replica_status(found, region),
                "ReplicaArn": table.arn.replace(f":{found.scope.region}:", f":{region}:", 1),
            }
            for region in table.replicas
        ]
        shown["MultiRegionConsistency"] = "STRONG" if table.is_strong else "EVENTUAL"
        if table.witness:
            shown["GlobalTableWitnesses"] = [{"RegionName": table.witness, "WitnessStatus": "ACTIVE"}]
    if table.restored_from is not None:
        backup, source, at = table.restored_from
        summary = {"SourceTableArn": source, "RestoreDateTime": instant(at), "RestoreInProgress": False}
        shown["RestoreSummary"] = {"SourceBackupArn": backup, **summary} if backup else summary


def _throughput(throughput: Throughput) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "NumberOfDecreasesToday": throughput.decreases,
        "ReadCapacityUnits": throughput.reads,
        "WriteCapacityUnits": throughput.writes,
    }
    if throughput.increased_at:
        shown["LastIncreaseDateTime"] = instant(throughput.increased_at)
    if throughput.decreased_at:
        shown["LastDecreaseDateTime"] = instant(throughput.decreased_at)
    return shown


def _on_demand(given: OnDemand) -> dict[str, int]:
    return {"MaxReadRequestUnits": given.reads, "MaxWriteRequestUnits": given.writes}


def _warm(table: DynamoTable, throughput: Throughput, warm: tuple[int, int] | None) -> dict[str, Any]:
    if warm is None:
        is_free = table.billing == "PAY_PER_REQUEST"
        warm = (WARM_READS, WARM_WRITES) if is_free else (throughput.reads, throughput.writes)
    return {"ReadUnitsPerSecond": warm[0], "WriteUnitsPerSecond": warm[1], "Status": "ACTIVE"}


def _index(index: SecondaryIndex, counts: dict[int, tuple[int, int]], table: DynamoTable) -> dict[str, Any]:
    count, size = counts.get(index.number, (0, 0))
    projection: dict[str, Any] = {"ProjectionType": index.projection}
    if index.extra:
        projection["NonKeyAttributes"] = list(index.extra)
    return {
        "IndexName": index.name,
        "KeySchema": shown_keys(index.keys),
        "Projection": projection,
        "IndexSizeBytes": size,
        "ItemCount": count,
        "IndexArn": f"{table.arn}/index/{index.name}",
    }


_local = _index


def _global(index: SecondaryIndex, counts: dict[int, tuple[int, int]], table: DynamoTable) -> dict[str, Any]:
    shown = {
        **_index(index, counts, table),
        "IndexStatus": index.status,
        "ProvisionedThroughput": _throughput(index.throughput),
        "WarmThroughput": _warm(table, index.throughput, index.warm),
    }
    if index.status == "CREATING":
        shown["Backfilling"] = index.is_backfilling
    if index.on_demand is not None:
        shown["OnDemandThroughput"] = _on_demand(index.on_demand)
    return shown
