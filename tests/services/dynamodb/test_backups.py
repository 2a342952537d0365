"""Backups, and restores to any second."""

from datetime import UTC, datetime

import pytest

from tests.services.dynamodb.conftest import TableInHand, index, wire


def recover(table, is_enabled=True, **more):
    table.client.update_continuous_backups(
        TableName=table.name,
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": is_enabled, **more},
    )


def at(cloud):
    return datetime.fromtimestamp(cloud.now / 1000, UTC)


def restore(cloud, table, name, **more):
    made = table.client.restore_table_to_point_in_time(SourceTableName=table.name, TargetTableName=name, **more)[
        "TableDescription"
    ]
    assert made["TableStatus"] == "CREATING"
    assert made["RestoreSummary"]["RestoreInProgress"]
    cloud.turn(1)
    return TableInHand(table.client, name)


def sorted_items(table):
    return sorted(table.items(), key=lambda item: item["pk"])


@pytest.mark.spec("DBK-001", "DBD-009")
def test_a_table_is_restored_to_any_second(cloud, table):
    table.put({"pk": "before"})
    recover(table)
    instants, states = [], []
    for number in range(6):
        table.put({"pk": f"item {number % 4}", "n": number})
        table.delete({"pk": f"item {(number + 2) % 4}"})
        cloud.turn(1)
        instants.append(at(cloud))
        states.append(sorted_items(table))
        cloud.turn(1)
    for number, (instant, state) in enumerate(zip(instants, states, strict=True)):
        restored = restore(cloud, table, f"restored-{number}", RestoreDateTime=instant)
        assert sorted_items(restored) == state
        assert restored.describe()["TableStatus"] == "ACTIVE"
        assert restored.describe()["RestoreSummary"]["SourceTableArn"] == table.arn
    latest = restore(cloud, table, "latest", UseLatestRestorableTime=True)
    assert sorted_items(latest) == sorted_items(table)


@pytest.mark.spec("DBK-003", "DBD-009")
def test_the_window_of_recovery_has_ends(cloud, table, refused):
    more = {"SourceTableName": table.name, "TargetTableName": "other"}
    client = table.client
    failed = refused(client.restore_table_to_point_in_time, UseLatestRestorableTime=True, **more)
    assert failed[0] == "PointInTimeRecoveryUnavailableException"
    too_early = at(cloud)
    cloud.turn(10)
    recover(table, RecoveryPeriodInDays=2)
    failed = refused(client.restore_table_to_point_in_time, RestoreDateTime=too_early, **more)
    assert failed[0] == "InvalidRestoreTimeException"
    first = at(cloud)
    cloud.turn(days=3)
    failed = refused(client.restore_table_to_point_in_time, RestoreDateTime=first, **more)
    assert failed[0] == "InvalidRestoreTimeException"
    told = client.describe_continuous_backups(TableName=table.name)["ContinuousBackupsDescription"]
    window = told["PointInTimeRecoveryDescription"]
    assert (window["RecoveryPeriodInDays"], window["PointInTimeRecoveryStatus"]) == (2, "ENABLED")
    length = window["LatestRestorableDateTime"] - window["EarliestRestorableDateTime"]
    assert length.total_seconds() == 2 * 86_400


@pytest.mark.spec("DBK-002", "DBK-005")
def test_a_backup_outlives_its_table(cloud, dynamodb, make_table, refused):
    table = make_table(
        "pk:S", attributes=["group:S"], GlobalSecondaryIndexes=[index("groups", "group")], name="backed-up"
    )
    for start in range(0, 1200, 25):
        requests = [
            {"PutRequest": {"Item": wire({"pk": str(n), "group": str(n % 3)})}} for n in range(start, start + 25)
        ]
        dynamodb.batch_write_item(RequestItems={table.name: requests})
    details = dynamodb.create_backup(TableName=table.name, BackupName="first")["BackupDetails"]
    table.put({"pk": "later"})
    table.delete({"pk": "7"})
    cloud.turn(1)
    arn = details["BackupArn"]
    shown = dynamodb.describe_backup(BackupArn=arn)["BackupDescription"]
    assert shown["BackupDetails"]["BackupStatus"] == "AVAILABLE"
    assert shown["SourceTableDetails"]["ItemCount"] == 1200
    dynamodb.delete_table(TableName=table.name)
    cloud.turn(1)
    (listed,) = dynamodb.list_backups(TableName=table.name)["BackupSummaries"]
    assert listed["BackupArn"] == arn
    cloud.shake("dynamodb", "delay", 5)
    dynamodb.restore_table_from_backup(TargetTableName="restored", BackupArn=arn)
    assert refused(dynamodb.delete_backup, BackupArn=arn)[0] == "BackupInUseException"
    cloud.turn(5)
    restored = TableInHand(dynamodb, "restored")
    assert {item["pk"] for item in restored.items()} == {str(n) for n in range(1200)}
    assert (
        restored.query(
            "#g = :g", {":g": "1"}, IndexName="groups", Select="COUNT", ExpressionAttributeNames={"#g": "group"}
        )["Count"]
        == 400
    )
    assert dynamodb.delete_backup(BackupArn=arn)["BackupDescription"]["BackupDetails"]["BackupStatus"] == "DELETED"
    assert refused(dynamodb.describe_backup, BackupArn=arn)[0] == "BackupNotFoundException"
    assert len(restored.items()) == 1200


@pytest.mark.spec("DBK-004")
def test_a_restore_makes_a_new_table_with_its_own_settings(cloud, dynamodb, make_table, refused):
    table = make_table(
        attributes=["group:S"],
        GlobalSecondaryIndexes=[index("groups", "group")],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        Tags=[{"Key": "a", "Value": "b"}],
    )
    ttl = {"AttributeName": "expires", "Enabled": True}
    dynamodb.update_time_to_live(TableName=table.name, TimeToLiveSpecification=ttl)
    recover(table)
    table.put({"pk": "a", "group": "g"})
    more = {"SourceTableName": table.name, "UseLatestRestorableTime": True}
    failed = refused(dynamodb.restore_table_to_point_in_time, TargetTableName=table.name, **more)
    assert failed[0] == "TableAlreadyExistsException"
    units = {"ReadCapacityUnits": 3, "WriteCapacityUnits": 3}
    restored = restore(
        cloud,
        table,
        "other",
        UseLatestRestorableTime=True,
        GlobalSecondaryIndexOverride=[],
        BillingModeOverride="PROVISIONED",
        ProvisionedThroughputOverride=units,
    )
    shown = restored.describe()
    assert "GlobalSecondaryIndexes" not in shown
    assert "StreamSpecification" not in shown
    assert shown["ProvisionedThroughput"]["ReadCapacityUnits"] == 3
    assert dynamodb.list_tags_of_resource(ResourceArn=shown["TableArn"])["Tags"] == []
    told = dynamodb.describe_time_to_live(TableName="other")["TimeToLiveDescription"]
    assert told["TimeToLiveStatus"] == "DISABLED"
    assert restored.items() == [{"pk": "a", "group": "g"}]


@pytest.mark.spec("DBK-006")
def test_deleting_a_table_with_recovery_leaves_a_backup_for_35_days(cloud, dynamodb, table):
    recover(table)
    table.put({"pk": "a", "n": 1})
    dynamodb.delete_table(TableName=table.name)
    (listed,) = dynamodb.list_backups(BackupType="SYSTEM")["BackupSummaries"]
    assert listed["BackupStatus"] == "AVAILABLE"
    dynamodb.restore_table_from_backup(TargetTableName="back-again", BackupArn=listed["BackupArn"])
    cloud.turn(1)
    assert TableInHand(dynamodb, "back-again").items() == [{"pk": "a", "n": 1}]
    cloud.turn(days=35)
    assert dynamodb.list_backups(BackupType="SYSTEM")["BackupSummaries"] == []
