"""Continuous backups and restores: UpdateContinuousBackups, RestoreTableToPointInTime, RestoreTableFromBackup."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.arns import make_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.clock import Instant
from skyglobe.kernel.scope import Scope
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.copying import begin_copy, hold, order_after
from skyglobe.services.dynamodb.creating import add_table, delay_of, plan_encryption
from skyglobe.services.dynamodb.describing import describe, instant
from skyglobe.services.dynamodb.finding import Found
from skyglobe.services.dynamodb.operations.backups import get_backup, in_use, table_to_back_up
from skyglobe.services.dynamodb.records import DynamoTable, Recovery, Throughput, tables
from skyglobe.services.dynamodb.refusals import invalid
from skyglobe.services.dynamodb.rules.names import check_table_name
from skyglobe.services.dynamodb.rules.schemas import plan_on_demand, plan_throughput
from skyglobe.services.dynamodb.sealing import with_table_key
from skyglobe.services.dynamodb.trimming import DAY, keep_trimming

DEFAULT_DAYS = 35  # API reference of PointInTimeRecoverySpecification
Given = dict[str, Any]


@dynamodb.operation
def update_continuous_backups(
    call: Call, table_name: str, point_in_time_recovery_specification: Given
) -> dict[str, Any]:
    """Have every change of a table kept for up to 35 days, or no more."""
    scope, table = table_to_back_up(call, table_name)
    if point_in_time_recovery_specification["PointInTimeRecoveryEnabled"]:
        days = point_in_time_recovery_specification.get("RecoveryPeriodInDays") or DEFAULT_DAYS
        since = table.recovery.since if table.recovery is not None else scope.now
        changed = replace(table, recovery=Recovery(since, days))
        keep_trimming(scope, table.number)
    else:
        changed = replace(table, recovery=None)
    tables.replace(scope, table, changed)
    return {"ContinuousBackupsDescription": _shown(Found(scope, changed))}


@dynamodb.operation
def describe_continuous_backups(call: Call, table_name: str) -> dict[str, Any]:
    """Tell whether, and how far back, a table can be restored."""
    return {"ContinuousBackupsDescription": _shown(table_to_back_up(call, table_name))}


def _shown(found: Found) -> dict[str, Any]:
    recovery = found.table.recovery
    if recovery is None:
        return {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "DISABLED"},
        }
    return {
        "ContinuousBackupsStatus": "ENABLED",
        "PointInTimeRecoveryDescription": {
            "PointInTimeRecoveryStatus": "ENABLED",
            "RecoveryPeriodInDays": recovery.days,
            "EarliestRestorableDateTime": instant(earliest(recovery, found.scope.now)),
            "LatestRestorableDateTime": instant(found.scope.now),
        },
    }


def earliest(recovery: Recovery, now: Instant) -> Instant:
    """Return the first instant that can be restored."""
    return max(recovery.since, now - recovery.days * DAY)


@dynamodb.operation
def restore_table_to_point_in_time(
    call: Call,
    target_table_name: str,
    source_table_name: str | None = None,
    source_table_arn: str | None = None,
    use_latest_restorable_time: bool | None = None,
    restore_date_time: datetime | None = None,
    billing_mode_override: str | None = None,
    global_secondary_index_override: list[Given] | None = None,
    local_secondary_index_override: list[Given] | None = None,
    provisioned_throughput_override: Given | None = None,
    on_demand_throughput_override: Given | None = None,
    sse_specification_override: Given | None = None,
) -> dict[str, Any]:
    """Make a new table with the items another had at some second of the last days."""
    name = source_table_name or source_table_arn
    if name is None:
        raise invalid("Either SourceTableName or SourceTableArn must be specified")
    found = table_to_back_up(call, name)
    scope, source = found
    if source.recovery is None:
        raise dynamodb.errors.PointInTimeRecoveryUnavailableException(
            f"Point in time recovery is not enabled for table '{source.id}'"
        )
    at = _instant(found, source.recovery, restore_date_time, is_latest=bool(use_latest_restorable_time))
    overrides = {
        "BillingMode": billing_mode_override,
        "GlobalSecondaryIndexes": global_secondary_index_override,
        "LocalSecondaryIndexes": local_secondary_index_override,
        "ProvisionedThroughput": provisioned_throughput_override,
        "OnDemandThroughput": on_demand_throughput_override,
        "SSESpecification": sse_specification_override,
    }
    target = _add_target(call, scope, source, target_table_name, overrides, "", at)
    hold(scope, source, 1)
    order = scope.kernel.next_order() if use_latest_restorable_time else order_after(at)
    payload = {"table": source.id, "target": target.id}
    begin_copy(scope, f"restore {target.number}", source.number, order, payload)
    return {"TableDescription": _creating(Found(scope, target))}


def _instant(found: Found, recovery: Recovery, given: datetime | None, *, is_latest: bool) -> Instant:
    if (given is None) != is_latest:
        raise invalid("Exactly one of RestoreDateTime and UseLatestRestorableTime must be specified")
    now = found.scope.now
    if given is None:
        return now
    at = round(given.timestamp() * 1000)
    if not earliest(recovery, now) - 1000 <= at <= now:
        raise dynamodb.errors.InvalidRestoreTimeException(
            "Invalid restore time: it must be between EarliestRestorableDateTime and LatestRestorableDateTime"
        )
    return at


@dynamodb.operation
def restore_table_from_backup(
    call: Call,
    target_table_name: str,
    backup_arn: str,
    billing_mode_override: str | None = None,
    global_secondary_index_override: list[Given] | None = None,
    local_secondary_index_override: list[Given] | None = None,
    provisioned_throughput_override: Given | None = None,
    on_demand_throughput_override: Given | None = None,
    sse_specification_override: Given | None = None,
) -> dict[str, Any]:
    """Make a new table of a backup."""
    scope, backup = get_backup(call, backup_arn)
    if backup.status != "AVAILABLE":
        raise in_use(backup)
    overrides = {
        "BillingMode": billing_mode_override,
        "GlobalSecondaryIndexes": global_secondary_index_override,
        "LocalSecondaryIndexes": local_secondary_index_override,
        "ProvisionedThroughput": provisioned_throughput_override,
        "OnDemandThroughput": on_demand_throughput_override,
        "SSESpecification": sse_specification_override,
    }
    target = _add_target(call, scope, backup.table, target_table_name, overrides, backup.arn, backup.created_at)
    payload = {"backup": backup.id, "target": target.id}
    begin_copy(scope, f"restore {target.number}", backup.number, scope.kernel.next_order(), payload)
    return {"TableDescription": _creating(Found(scope, target))}


def _creating(found: Found) -> dict[str, Any]:
    shown = describe(found, "CREATING")
    shown["RestoreSummary"]["RestoreInProgress"] = True
    return shown


def _add_target(
    call: Call, scope: Scope, source: DynamoTable, name: str, overrides: Given, backup: str, at: Instant
) -> DynamoTable:
    """Write the table that is restored to. TTL, streams, tags and policies are not restored, as AWS does not."""
    check_table_name(name)
    if tables.find(scope, name) is not None:
        raise dynamodb.errors.TableAlreadyExistsException(f"Table already exists: {name}")
    target = DynamoTable(
        arn=make_arn(scope, "dynamodb", f"table/{name}"),
        id=name,
        owner=scope.account,
        created_at=scope.now,
        number=scope.kernel.next_order(),
        uid=scope.kernel.ids.uuid(),
        status="CREATING",
        ready_at=scope.now + max(delay_of(scope), DAY),  # until the copy is made, which sets it
        attributes=source.attributes,
        keys=source.keys,
        indexes=_kept_indexes(source, overrides),
        billing=source.billing,
        billing_changed_at=source.billing_changed_at,
        throughput=source.throughput,
        on_demand=source.on_demand,
        table_class=source.table_class,
        kms_key=source.kms_key,
        restored_from=(backup, source.arn, at),
        next_index=source.next_index,
    )
    return add_table(scope, with_table_key(call, _overridden(scope, target, overrides)))


def _kept_indexes(source: DynamoTable, overrides: Given) -> tuple[Any, ...]:
    """Return the indexes to restore: all, or those the request lists."""
    kept = []
    for index in source.indexes:
        wanted = overrides["LocalSecondaryIndexes" if index.is_local else "GlobalSecondaryIndexes"]
        if wanted is None or any(given["IndexName"] == index.name for given in wanted):
            kept.append(replace(index, status="ACTIVE", is_backfilling=False, insights=None))
    return tuple(kept)


def _overridden(scope: Scope, target: DynamoTable, overrides: Given) -> DynamoTable:
    used = {key.name for keys in (target.keys, *(index.keys for index in target.indexes)) for key in keys}
    target = replace(target, attributes={name: kind for name, kind in target.attributes.items() if name in used})
    if overrides["BillingMode"] == "PAY_PER_REQUEST":
        indexes = tuple(replace(index, throughput=Throughput()) for index in target.indexes)
        target = replace(
            target,
            billing="PAY_PER_REQUEST",
            billing_changed_at=scope.now,
            throughput=Throughput(),
            indexes=indexes,
        )
    elif overrides["BillingMode"] == "PROVISIONED" and overrides["ProvisionedThroughput"] is None:
        raise invalid("ProvisionedThroughputOverride must be specified when BillingModeOverride is PROVISIONED")
    if overrides["ProvisionedThroughput"] is not None:
        throughput = plan_throughput(overrides["ProvisionedThroughput"])
        target = replace(target, billing="PROVISIONED", throughput=throughput, on_demand=None)
    if overrides["OnDemandThroughput"] is not None:
        target = replace(target, on_demand=plan_on_demand(overrides["OnDemandThroughput"]))
    if overrides["SSESpecification"] is not None:
        target = replace(target, kms_key=plan_encryption(scope, overrides["SSESpecification"]))
    return target
