"""On-demand backups, and what becomes of them: CreateBackup, DescribeBackup, ListBackups, DeleteBackup."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.outbox import post
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.copying import as_table as table_of
from skyglobe.services.dynamodb.copying import bare, begin_copy, copy_step, hold, plan_backup
from skyglobe.services.dynamodb.describing import describe, instant, shown_keys
from skyglobe.services.dynamodb.finding import Found, find_by_arn, locate
from skyglobe.services.dynamodb.items import tally_of
from skyglobe.services.dynamodb.records import Backup, DynamoTable, backups, tables, transfers
from skyglobe.services.dynamodb.refusals import invalid

MAX_LISTED = 100  # API reference of ListBackups


def table_to_back_up(call: Call, name: str) -> Found:
    """Return a table. Raises TableNotFoundException."""
    scope, name = locate(call, name)
    table = tables.find(scope, name)
    if table is None or table.status == "DELETING":
        raise dynamodb.errors.TableNotFoundException(f"Table not found: {name}")
    return Found(scope, table)


def get_backup(call: Call, arn: str) -> tuple[Scope, Backup]:
    """Return a backup and the scope it lives in. Raises BackupNotFoundException."""
    known = find_by_arn(backups, call, arn)
    if known is None:
        raise dynamodb.errors.BackupNotFoundException(f"Backup not found: {arn}")
    return call.within(known.owner, arn.split(":")[3]), known


@dynamodb.operation
def create_backup(call: Call, table_name: str, backup_name: str) -> dict[str, Any]:
    """Keep a table as it is now. The backup is available as soon as its items are copied."""
    scope, table = table_to_back_up(call, table_name)
    made = plan_backup(scope, table, backup_name, "USER", scope.kernel.next_order())
    backups.insert(scope, made)
    hold(scope, table, 1)
    begin_copy(scope, made.id, table.number, scope.kernel.next_order(), {"table": table.id, "backup": made.id})
    return {"BackupDetails": _details(made)}


@dynamodb.timer("copy")
def copy(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Do the next step of a backup or restore, and come back for the rest."""
    if "export" in payload:
        done = _copy_export
    else:
        done = _copy_backup if "backup" in payload and "target" not in payload else _copy_restore
    following = done(scope, payload)
    if following is not None:
        set_timer(scope, "dynamodb", "copy", key, scope.now, following)


def _copy_backup(scope: Scope, payload: dict[str, Any]) -> dict[str, Any] | None:
    backup, table = backups.find(scope, payload["backup"]), tables.find(scope, payload["table"])
    if backup is None or table is None or table.number != payload["source"]:
        return None
    following = copy_step(scope, table, Found(scope, table_of(backup)), payload)
    if following is None:
        tally = tally_of(scope, table_of(backup))
        backups.replace(scope, backup, replace(backup, status="AVAILABLE", items=tally.items, size=tally.size))
        hold(scope, table, -1)
    return following


def _copy_export(scope: Scope, payload: dict[str, Any]) -> dict[str, Any] | None:
    export, table = transfers.find(scope, payload["export"]), tables.find(scope, payload["table"])
    if export is None or export.table is None or table is None or table.number != payload["source"]:
        return None
    copied = bare(export.table, export.number)
    following = copy_step(scope, table, Found(scope, copied), payload)
    if following is None:
        hold(scope, table, -1)
        post(scope, "dynamodb", "export", {"id": export.id})
    return following


def _copy_restore(scope: Scope, payload: dict[str, Any]) -> dict[str, Any] | None:
    target = tables.find(scope, payload["target"])
    source = _source(scope, payload)
    if target is None or source is None:
        return None
    following = copy_step(scope, source, Found(scope, target), payload)
    if following is None:
        tables.replace(scope, target, replace(target, ready_at=scope.now))
        if "backup" not in payload:
            hold(scope, source, -1)
    return following


def _source(scope: Scope, payload: dict[str, Any]) -> DynamoTable | None:
    if "backup" in payload:
        backup = backups.find(scope, payload["backup"])
        return table_of(backup) if backup is not None else None
    table = tables.find(scope, payload["table"])
    return table if table is not None and table.number == payload["source"] else None


@dynamodb.operation
def describe_backup(call: Call, backup_arn: str) -> dict[str, Any]:
    """Describe a backup and the table it was made of."""
    _, backup = get_backup(call, backup_arn)
    return {"BackupDescription": _described(call, backup)}


def _described(scope: Scope, backup: Backup) -> dict[str, Any]:
    table = backup.table
    shown = describe(Found(scope, table))
    features: dict[str, Any] = {}
    for which in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        wanted = ("IndexName", "KeySchema", "Projection", "ProvisionedThroughput")
        if which in shown:
            local = which.startswith("Local")
            features[which] = [
                {name: one[name] for name in (wanted[:3] if local else wanted) if name in one} for one in shown[which]
            ]
            for one in features[which]:
                if "ProvisionedThroughput" in one:
                    one["ProvisionedThroughput"] = _units(one["ProvisionedThroughput"])
    if "StreamSpecification" in shown:
        features["StreamDescription"] = shown["StreamSpecification"]
    if table.ttl is not None and table.ttl.is_enabled:
        ttl = {"TimeToLiveStatus": "ENABLED", "AttributeName": table.ttl.attribute}
        features["TimeToLiveDescription"] = ttl
    return {
        "BackupDetails": _details(backup),
        "SourceTableDetails": {
            "TableName": table.id,
            "TableId": table.uid,
            "TableArn": table.arn,
            "TableSizeBytes": backup.size,
            "KeySchema": shown_keys(table.keys),
            "TableCreationDateTime": instant(table.created_at),
            "ProvisionedThroughput": _units(shown["ProvisionedThroughput"]),
            "ItemCount": backup.items,
            "BillingMode": table.billing,
        },
        "SourceTableFeatureDetails": features,
    }


def _units(shown: dict[str, Any]) -> dict[str, int]:
    return {name: shown[name] for name in ("ReadCapacityUnits", "WriteCapacityUnits")}


def _details(backup: Backup, status: str | None = None) -> dict[str, Any]:
    shown = {
        "BackupArn": backup.arn,
        "BackupName": backup.name,
        "BackupSizeBytes": backup.size,
        "BackupStatus": status or backup.status,
        "BackupType": backup.kind,
        "BackupCreationDateTime": instant(backup.created_at),
    }
    if backup.expires_at is not None:
        shown["BackupExpiryDateTime"] = instant(backup.expires_at)
    return shown


@dynamodb.operation
def list_backups(
    call: Call,
    table_name: str | None = None,
    limit: int | None = None,
    time_range_lower_bound: datetime | None = None,
    time_range_upper_bound: datetime | None = None,
    exclusive_start_backup_arn: str | None = None,
    backup_type: str | None = None,
) -> dict[str, Any]:
    """List backups, a hundred a page, oldest first."""
    limit = limit or MAX_LISTED
    past = None
    if exclusive_start_backup_arn is not None:
        past = (exclusive_start_backup_arn.rpartition("/")[2],)
    if table_name is not None:
        scope, name = locate(call, table_name)
        candidates = backups.scan_by(scope, "table", name, past=past)
    else:
        candidates = backups.scan(call, past=past)
    found: list[Backup] = []
    for backup in candidates:
        if backup_type not in (None, "ALL", backup.kind) and not (backup_type is None and backup.kind == "USER"):
            continue
        if time_range_lower_bound is not None and instant(backup.created_at) < time_range_lower_bound:
            continue
        if time_range_upper_bound is not None and instant(backup.created_at) >= time_range_upper_bound:
            continue
        found.append(backup)
        if len(found) > limit:
            break
    answer: dict[str, Any] = {"BackupSummaries": [_summary(backup) for backup in found[:limit]]}
    if len(found) > limit:
        answer["LastEvaluatedBackupArn"] = found[limit - 1].arn
    return answer


def _summary(backup: Backup) -> dict[str, Any]:
    table = backup.table
    return {"TableName": table.id, "TableId": table.uid, "TableArn": table.arn, **_details(backup)}


@dynamodb.operation
def delete_backup(call: Call, backup_arn: str) -> dict[str, Any]:
    """Delete a backup. Restores that have not ended keep it. Raises BackupInUseException."""
    scope, backup = get_backup(call, backup_arn)
    if backup.kind != "USER":
        raise invalid(f"Backup of the type {backup.kind} cannot be deleted: {backup_arn}")
    if backup.status != "AVAILABLE" or _is_being_restored(scope, backup):
        raise in_use(backup)
    shown = _described(call, backup)
    shown["BackupDetails"] = _details(backup, "DELETED")
    forget_backup(scope, backup)
    return {"BackupDescription": shown}


def in_use(backup: Backup) -> ServiceError:
    return dynamodb.errors.BackupInUseException(f"Backup is in use: {backup.arn}")


def _is_being_restored(scope: Scope, backup: Backup) -> bool:
    return any(
        table.restored_from is not None and table.restored_from[0] == backup.arn and scope.now < table.ready_at
        for table in tables.scan(scope)
    )


def forget_backup(scope: Scope, backup: Backup) -> None:
    """Delete a backup and have its items cleared away."""
    backups.delete(scope, backup)
    set_timer(scope, "dynamodb", "clear", str(backup.number), scope.now)


@dynamodb.timer("expire_backup")
def expire_backup(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Delete the backup of a deleted table whose time is over."""
    backup = backups.find(scope, key)
    if backup is not None:
        forget_backup(scope, backup)
