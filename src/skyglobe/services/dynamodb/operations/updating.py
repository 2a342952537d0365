"""UpdateTable."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.timers import set_timer
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.contributing import drop_rules
from skyglobe.services.dynamodb.creating import delay_of, plan_encryption, with_stream, without_stream
from skyglobe.services.dynamodb.describing import describe
from skyglobe.services.dynamodb.finding import Found, describe_table_at
from skyglobe.services.dynamodb.measuring import tell_of_units
from skyglobe.services.dynamodb.records import DynamoTable, SecondaryIndex, Throughput, tables
from skyglobe.services.dynamodb.refusals import invalid, invalid_values
from skyglobe.services.dynamodb.replicating import update_regions
from skyglobe.services.dynamodb.rules.schemas import (
    check_attributes_used,
    check_indexes,
    plan_attributes,
    plan_global,
    plan_on_demand,
    plan_throughput,
    plan_warm,
)
from skyglobe.services.dynamodb.sealing import with_table_key

DAY = 86_400_000  # milliseconds
MAX_SWITCHES = 4  # to on-demand, in 24 hours; developer guide, "Considerations when switching capacity modes"
FREE_DECREASES = 4  # a UTC day; DynamoDB quotas, "Decreasing provisioned throughput"
HOUR = 3_600_000  # milliseconds that must lie before each further decrease of the day

Given = dict[str, Any]
_MEMBERS = (
    "AttributeDefinitions",
    "BillingMode",
    "ProvisionedThroughput",
    "GlobalSecondaryIndexUpdates",
    "StreamSpecification",
    "SSESpecification",
    "TableClass",
    "DeletionProtectionEnabled",
    "OnDemandThroughput",
    "WarmThroughput",
    "ReplicaUpdates",
    "GlobalTableWitnessUpdates",
    "MultiRegionConsistency",
)
_SHARED = (
    "AttributeDefinitions",
    "BillingMode",
    "ProvisionedThroughput",
    "GlobalSecondaryIndexUpdates",
    "OnDemandThroughput",
)
"""What all replicas of a global table have alike. Developer guide, "Global tables: how it works"."""
_REGIONS = ("ReplicaUpdates", "GlobalTableWitnessUpdates", "MultiRegionConsistency")
_UNBUILT = ("GlobalTableSettingsReplicationMode",)


@dynamodb.operation
def update_table(call: Call, request: Given) -> dict[str, Any]:
    """Change a table's settings, throughput, stream, or one of its global indexes."""
    for name in _UNBUILT:
        if request.get(name) is not None:
            raise dynamodb.error(
                "NotImplemented", f"Skyglobe does not implement UpdateTable with {name} yet.", status=501
            )
    found = describe_table_at(call, request["TableName"])
    scope, table = found
    if not any(request.get(name) is not None for name in _MEMBERS):
        raise invalid(
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or "
            "SSESpecification or ReplicaUpdates is required"
        )
    status = table.status_at(scope.now)
    if status != "ACTIVE":
        word = {"CREATING": "created", "DELETING": "deleted"}.get(status, "updated")
        raise dynamodb.errors.ResourceInUseException(
            f"Attempt to change a resource which is still in use: Table is being {word}: {table.id}"
        )
    changed = _with_settings(found, _with_capacity(found, table, request), request)
    if request.get("SSESpecification") is not None:
        changed = with_table_key(call, changed)
    if request.get("GlobalSecondaryIndexUpdates"):
        changed = _with_indexes(found, changed, request)
    if request.get("StreamSpecification") is not None:
        stream = request["StreamSpecification"]
        changed = with_stream(scope, changed, stream) if stream["StreamEnabled"] else without_stream(scope, changed)
    if any(request.get(name) is not None for name in _REGIONS):
        changed = update_regions(found, changed, request)
    for region in () if table.is_legacy else table.replicas:
        _mirror(found, region, request)
    changed = replace(changed, status="UPDATING", ready_at=scope.now + delay_of(scope))
    tables.replace(scope, table, changed)
    tell_of_units(scope, changed)
    return {"TableDescription": describe(Found(scope, changed), "UPDATING")}


def _mirror(found: Found, region: str, request: Given) -> None:
    """Make the changes in another replica that all replicas of a global table share."""
    shared = {name: request[name] for name in _SHARED if request.get(name) is not None}
    there = found.scope.within(region=region)
    replica = tables.find(there, found.table.id)
    if replica is None or not shared:
        return
    place = Found(there, replica)
    changed = _with_settings(place, _with_capacity(place, replica, shared), shared)
    if shared.get("GlobalSecondaryIndexUpdates"):
        changed = _with_indexes(place, changed, shared)
    ready_at = found.scope.now + delay_of(there)
    tables.replace(there, replica, replace(changed, status="UPDATING", ready_at=ready_at))
    tell_of_units(there, changed)


def _with_settings(found: Found, table: DynamoTable, request: Given) -> DynamoTable:
    scope = found.scope
    if request.get("DeletionProtectionEnabled") is not None:
        table = replace(table, is_protected=request["DeletionProtectionEnabled"])
    if request.get("TableClass") is not None:
        table = replace(table, table_class=request["TableClass"], class_changed_at=scope.now)
    if request.get("SSESpecification") is not None:
        table = replace(table, kms_key=plan_encryption(scope, request["SSESpecification"]))
    if request.get("WarmThroughput") is not None:
        table = replace(table, warm=plan_warm(request["WarmThroughput"]))
    if request.get("OnDemandThroughput") is not None:
        if table.billing == "PROVISIONED":
            raise invalid_values("OnDemandThroughput cannot be specified when BillingMode is PROVISIONED")
        table = replace(table, on_demand=plan_on_demand(request["OnDemandThroughput"]))
    return table


def _with_capacity(found: Found, table: DynamoTable, request: Given) -> DynamoTable:
    billing, throughput = request.get("BillingMode"), request.get("ProvisionedThroughput")
    now = found.scope.now
    if billing == "PAY_PER_REQUEST":
        if throughput is not None:
            raise invalid_values(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
            )
        return _on_demand(table, now)
    if billing == "PROVISIONED" and table.billing != "PROVISIONED":
        if throughput is None:
            raise invalid_values(
                "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
            )
        return _provisioned(table, request)
    if throughput is None:
        return table
    if table.billing == "PAY_PER_REQUEST":
        raise invalid_values(
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
        )
    return replace(table, throughput=change_throughput(table.throughput, throughput, now, "table"))


def switch_billing(table: DynamoTable, billing: str, units: Given, now: int) -> DynamoTable:
    """Return a table, with its global indexes, in another billing mode; ``units`` count where they are provisioned."""
    if billing == table.billing:
        return table
    if billing == "PAY_PER_REQUEST":
        return _on_demand(table, now)
    updates = [{"Update": {"IndexName": index.name, "ProvisionedThroughput": units}} for index in table.indexes]
    return _provisioned(table, {"ProvisionedThroughput": units, "GlobalSecondaryIndexUpdates": updates})


def _on_demand(table: DynamoTable, now: int) -> DynamoTable:
    if table.billing == "PAY_PER_REQUEST":
        return table
    recent = tuple(at for at in table.billing_switches if now - at < DAY)
    if len(recent) >= MAX_SWITCHES:
        raise dynamodb.errors.LimitExceededException(
            "Subscriber limit exceeded: Update to PayPerRequest mode are limited to four times in a 24 hour window. "
        )
    indexes = tuple(replace(index, throughput=Throughput()) for index in table.indexes)
    return replace(
        table,
        billing="PAY_PER_REQUEST",
        billing_changed_at=now,
        billing_switches=(*recent, now),
        throughput=Throughput(),
        indexes=indexes,
    )


def _provisioned(table: DynamoTable, request: Given) -> DynamoTable:
    wanted = {
        update["Update"]["IndexName"]: update["Update"].get("ProvisionedThroughput")
        for update in request.get("GlobalSecondaryIndexUpdates") or ()
        if "Update" in update
    }
    indexes = []
    for index in table.indexes:
        if not index.is_local:
            if wanted.get(index.name) is None:
                raise invalid_values(f"ProvisionedThroughput must be specified for index: {index.name}")
            index = replace(index, throughput=plan_throughput(wanted[index.name]), on_demand=None)
        indexes.append(index)
    throughput = plan_throughput(request["ProvisionedThroughput"])
    return replace(table, billing="PROVISIONED", throughput=throughput, on_demand=None, indexes=tuple(indexes))


def change_throughput(known: Throughput, given: Given, now: int, what: str) -> Throughput:
    """Return changed throughput. Raises ValidationException for the same again, LimitExceededException."""
    reads, writes = given["ReadCapacityUnits"], given["WriteCapacityUnits"]
    if (reads, writes) == (known.reads, known.writes):
        raise invalid(
            f"The provisioned throughput for the {what} will not change. The requested value equals the current value. "
            f"Current ReadCapacityUnits provisioned for the {what}: {known.reads}. "
            f"Requested ReadCapacityUnits: {reads}. "
            f"Current WriteCapacityUnits provisioned for the {what}: {known.writes}. "
            f"Requested WriteCapacityUnits: {writes}. Refer to the Amazon DynamoDB Developer Guide for current limits "
            "and how to request higher limits."
        )
    changed = replace(known, reads=reads, writes=writes)
    if reads > known.reads or writes > known.writes:
        changed = replace(changed, increased_at=now)
    if reads < known.reads or writes < known.writes:
        today = known.decreases if known.decreased_at // DAY == now // DAY else 0
        if today >= FREE_DECREASES and now - known.decreased_at < HOUR:
            raise _too_many_decreases(today)
        changed = replace(changed, decreased_at=now, decreases=today + 1)
    return changed


def _too_many_decreases(today: int) -> ServiceError:
    return dynamodb.errors.LimitExceededException(
        "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. After the "
        f"first {FREE_DECREASES} decreases, each subsequent decrease in the same UTC day can be performed at most once "
        f"every 3600 seconds. Number of decreases today: {today}."
    )


def _with_indexes(found: Found, table: DynamoTable, request: Given) -> DynamoTable:
    updates = request["GlobalSecondaryIndexUpdates"]
    if any(len(update) != 1 for update in updates):
        raise invalid_values("One of Create, Update or Delete must be specified for each GlobalSecondaryIndexUpdate")
    if sum("Update" not in update for update in updates) > 1:
        raise dynamodb.errors.LimitExceededException(
            "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"
        )
    for update in updates:
        ((kind, given),) = update.items()
        table = _CHANGES[kind](found, table, given, request)
    return table


def _named(table: DynamoTable, name: str) -> SecondaryIndex:
    index = table.find_index(name)
    if index is None or index.is_local:
        raise dynamodb.errors.ResourceNotFoundException("Requested resource not found")
    return index


def _exchanged(table: DynamoTable, index: SecondaryIndex) -> DynamoTable:
    indexes = tuple(index if other.name == index.name else other for other in table.indexes)
    return replace(table, indexes=indexes)


def _create_index(found: Found, table: DynamoTable, given: Given, request: Given) -> DynamoTable:
    scope = found.scope
    if table.find_index(given["IndexName"]) is not None:
        raise invalid("Attempting to create an index which already exists")
    types = {**table.attributes, **plan_attributes(request.get("AttributeDefinitions") or [])}
    if any(types[name] != kind for name, kind in table.attributes.items()):
        raise invalid_values("An attribute that is a key already cannot be given another type")
    number = table.next_index
    index = plan_global(given, number, is_provisioned=table.billing == "PROVISIONED", status="CREATING")
    index = replace(index, is_backfilling=True)
    indexes = (*table.indexes, index)
    check_indexes(indexes)
    check_attributes_used(types, [table.keys, *(other.keys for other in indexes)])
    payload = {"table": table.id, "index": index.name, "past": b""}
    set_timer(scope, "dynamodb", "backfill", str(table.number), scope.now + delay_of(scope), payload)
    return replace(table, indexes=indexes, attributes=types, next_index=number + 1)


def _delete_index(found: Found, table: DynamoTable, given: Given, request: Given) -> DynamoTable:
    scope, index = found.scope, _named(table, given["IndexName"])
    payload = {"table": table.id, "number": table.number, "index": index.number}
    key = f"{table.number} {index.number}"
    set_timer(scope, "dynamodb", "unindex", key, scope.now + delay_of(scope), payload)
    drop_rules(scope, table, index.name, index.insights)
    return _exchanged(table, replace(index, status="DELETING", insights=None))


def _update_index(found: Found, table: DynamoTable, given: Given, request: Given) -> DynamoTable:
    index = _named(table, given["IndexName"])
    if given.get("ProvisionedThroughput") is not None and request.get("BillingMode") != "PROVISIONED":
        if table.billing == "PAY_PER_REQUEST":
            raise invalid_values(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
            )
        changed = change_throughput(index.throughput, given["ProvisionedThroughput"], found.scope.now, "index")
        index = replace(index, throughput=changed)
    if given.get("OnDemandThroughput") is not None:
        index = replace(index, on_demand=plan_on_demand(given["OnDemandThroughput"]))
    if given.get("WarmThroughput") is not None:
        index = replace(index, warm=plan_warm(given["WarmThroughput"]))
    return _exchanged(table, index)


_CHANGES = {"Create": _create_index, "Delete": _delete_index, "Update": _update_index}
