"""Global tables of the version 2017.11.29: CreateGlobalTable, UpdateGlobalTable and what tells of them."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.describing import instant
from skyglobe.services.dynamodb.finding import Found
from skyglobe.services.dynamodb.grouping import candidate, check_alike, get_global_table, join, part, replicas_of
from skyglobe.services.dynamodb.measuring import tell_of_units
from skyglobe.services.dynamodb.operations.updating import change_throughput, switch_billing
from skyglobe.services.dynamodb.records import DynamoTable, GlobalTable, global_tables, tables
from skyglobe.services.dynamodb.refusals import invalid

MAX_LISTED = 100  # of one answer; API reference of ListGlobalTables
Given = dict[str, Any]


@dynamodb.operation
def create_global_table(call: Call, global_table_name: str, replication_group: list[Given]) -> dict[str, Any]:
    """Join empty tables of one name, alike in each region, to a global table."""
    if global_tables.find(call, global_table_name) is not None:
        raise dynamodb.errors.GlobalTableAlreadyExistsException(
            f"Global table with name: '{global_table_name}' already exists"
        )
    regions = [replica["RegionName"] for replica in replication_group]
    if len(set(regions)) < len(regions) or not regions:
        raise invalid("ReplicationGroup must name at least one Region, and each Region once")
    check_alike([candidate(call, global_table_name, region) for region in regions])
    known = GlobalTable(name=global_table_name, created_at=call.now, regions=tuple(sorted(regions)))
    join(call, known)
    return {"GlobalTableDescription": _described(call, known, "CREATING")}


def _described(call: Call, known: GlobalTable, status: str = "ACTIVE") -> dict[str, Any]:
    return {
        "GlobalTableName": known.name,
        "GlobalTableArn": f"arn:{call.partition}:dynamodb::{call.account}:global-table/{known.name}",
        "GlobalTableStatus": status,
        "CreationDateTime": instant(known.created_at),
        "ReplicationGroup": [{"RegionName": region, "ReplicaStatus": "ACTIVE"} for region in known.regions],
    }


@dynamodb.operation
def update_global_table(call: Call, global_table_name: str, replica_updates: list[Given]) -> dict[str, Any]:
    """Add tables to a global table, and take others out. A table that is taken out keeps its items."""
    known = get_global_table(call, global_table_name)
    for update in replica_updates:
        if len(update) != 1:
            raise invalid("Each replica update must contain exactly one of Create and Delete")
        ((kind, given),) = update.items()
        region = given["RegionName"]
        if kind == "Create":
            if region in known.regions:
                raise dynamodb.errors.ReplicaAlreadyExistsException(
                    f"Failed to create a the new replica of table with name: '{known.name}' because one already exists"
                )
            check_alike([*replicas_of(call, known), candidate(call, known.name, region)])
            known = replace(known, regions=tuple(sorted({*known.regions, region})))
            join(call, known)
        else:
            known = part(call, _with_replica(known, region), region)
    return {"GlobalTableDescription": _described(call, known, "UPDATING")}


def _with_replica(known: GlobalTable, region: str) -> GlobalTable:
    if region not in known.regions:
        raise dynamodb.errors.ReplicaNotFoundException(
            f"Replica not found: Global table '{known.name}' has no replica in Region {region}"
        )
    return known


@dynamodb.operation
def describe_global_table(call: Call, global_table_name: str) -> dict[str, Any]:
    """Describe a global table of the version 2017.11.29."""
    return {"GlobalTableDescription": _described(call, get_global_table(call, global_table_name))}


@dynamodb.operation
def list_global_tables(
    call: Call,
    exclusive_start_global_table_name: str | None = None,
    limit: int | None = None,
    region_name: str | None = None,
) -> dict[str, Any]:
    """List global tables, or those with a replica in one region."""
    past = (exclusive_start_global_table_name,) if exclusive_start_global_table_name is not None else None
    wanted, found = limit or MAX_LISTED, []
    for known in global_tables.scan(call, past=past):
        if region_name is None or region_name in known.regions:
            found.append(known)
            if len(found) > wanted:
                break
    shown = [
        {"GlobalTableName": one.name, "ReplicationGroup": [{"RegionName": region} for region in one.regions]}
        for one in found[:wanted]
    ]
    answer: dict[str, Any] = {"GlobalTables": shown}
    if len(found) > wanted:
        answer["LastEvaluatedGlobalTableName"] = found[wanted - 1].name
    return answer


@dynamodb.operation
def describe_global_table_settings(call: Call, global_table_name: str) -> dict[str, Any]:
    """Tell the capacity of a global table's tables, region by region."""
    known = get_global_table(call, global_table_name)
    return {"GlobalTableName": known.name, "ReplicaSettings": [_settings(one) for one in replicas_of(call, known)]}


def _settings(found: Found) -> dict[str, Any]:
    scope, table = found
    shown: dict[str, Any] = {
        "RegionName": scope.region,
        "ReplicaStatus": table.status_at(scope.now),
        "ReplicaProvisionedReadCapacityUnits": table.throughput.reads,
        "ReplicaProvisionedWriteCapacityUnits": table.throughput.writes,
        "ReplicaBillingModeSummary": {"BillingMode": table.billing},
    }
    if table.table_class:
        shown["ReplicaTableClassSummary"] = {"TableClass": table.table_class}
    wide = [index for index in table.indexes if not index.is_local]
    if wide:
        shown["ReplicaGlobalSecondaryIndexSettings"] = [
            {
                "IndexName": index.name,
                "IndexStatus": index.status,
                "ProvisionedReadCapacityUnits": index.throughput.reads,
                "ProvisionedWriteCapacityUnits": index.throughput.writes,
            }
            for index in wide
        ]
    return shown


@dynamodb.operation
def update_global_table_settings(call: Call, request: Given) -> dict[str, Any]:
    """Change the billing mode and write capacity of all tables, and the read capacity and class of single ones."""
    _refuse_scaling(request)
    known = get_global_table(call, request["GlobalTableName"])
    own = {given["RegionName"]: given for given in request.get("ReplicaSettingsUpdate") or ()}
    for region in own:
        _with_replica(known, region)
    for scope, table in replicas_of(call, known):
        changed = _changed(scope.now, table, request, own.get(scope.region) or {})
        if changed is not table:
            tables.replace(scope, table, changed)
            tell_of_units(scope, changed)
    settings = [_settings(one) for one in replicas_of(call, known)]
    return {"GlobalTableName": known.name, "ReplicaSettings": settings}


_SCALING = (
    "GlobalTableProvisionedWriteCapacityAutoScalingSettingsUpdate",
    "ProvisionedReadCapacityAutoScalingSettingsUpdate",
    "ProvisionedWriteCapacityAutoScalingSettingsUpdate",
    "ReplicaProvisionedReadCapacityAutoScalingSettingsUpdate",
)


def _refuse_scaling(given: Any) -> None:
    """Refuse (501) auto scaling, wherever it is asked for: there is no Application Auto Scaling yet."""
    if isinstance(given, list):
        for part_ in given:
            _refuse_scaling(part_)
    elif isinstance(given, dict):
        for name, inner in given.items():
            if name in _SCALING:
                text = f"Skyglobe does not implement UpdateGlobalTableSettings with {name} yet."
                raise dynamodb.error("NotImplemented", text, status=501)
            _refuse_scaling(inner)


def _changed(now: int, table: DynamoTable, request: Given, own: Given) -> DynamoTable:
    writes = request.get("GlobalTableProvisionedWriteCapacityUnits")
    billing = request.get("GlobalTableBillingMode")
    reads = own.get("ReplicaProvisionedReadCapacityUnits")
    if billing is not None:
        table = switch_billing(
            table, billing, {"ReadCapacityUnits": reads or 1, "WriteCapacityUnits": writes or 1}, now
        )
    elif reads is not None or writes is not None:
        table = replace(table, throughput=_throughput(table.throughput, reads, writes, now, "table"))
    if own.get("ReplicaTableClass") is not None:
        table = replace(table, table_class=own["ReplicaTableClass"], class_changed_at=now)
    wide = request.get("GlobalTableGlobalSecondaryIndexSettingsUpdate") or []
    local = own.get("ReplicaGlobalSecondaryIndexSettingsUpdate") or []
    for given in (*wide, *local):
        table = _with_index(table, given, now)
    return table


def _with_index(table: DynamoTable, given: Given, now: int) -> DynamoTable:
    index = table.find_index(given["IndexName"])
    if index is None or index.is_local:
        raise dynamodb.errors.IndexNotFoundException(f"Index not found: {given['IndexName']}")
    reads, writes = given.get("ProvisionedReadCapacityUnits"), given.get("ProvisionedWriteCapacityUnits")
    if reads is None and writes is None:
        return table
    index = replace(index, throughput=_throughput(index.throughput, reads, writes, now, "index"))
    return replace(table, indexes=tuple(index if one.name == index.name else one for one in table.indexes))


def _throughput(known: Any, reads: int | None, writes: int | None, now: int, what: str) -> Any:
    wanted = {"ReadCapacityUnits": reads or known.reads, "WriteCapacityUnits": writes or known.writes}
    if (known.reads, known.writes) == tuple(wanted.values()):
        return known
    return change_throughput(known, wanted, now, what)
