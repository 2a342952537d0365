"""Throughput in quota mode: provisioned units, burst credit, bounds on demand."""

import pytest
from botocore.config import Config as ClientConfig

from skyglobe.kernel.clock import Clock
from skyglobe.kernel.config import Config
from skyglobe.testing.clouds import TestCloud
from tests.services.dynamodb.conftest import index, wire
from tests.services.within import calls_within


@pytest.fixture
def still_cloud():
    """A cloud in quota mode whose clock moves only when it is turned."""
    made = TestCloud(Config(quotas=True), clock=Clock(wall=lambda: 1_800_000_000_000))
    yield made
    made.close()


@pytest.fixture
def client(still_cloud):
    return still_cloud.client("dynamodb", config=ClientConfig(retries={"total_max_attempts": 1}))


@pytest.fixture
def many_still(still_cloud):
    return calls_within(still_cloud)


def provisioned(reads, writes):
    return {"ProvisionedThroughput": {"ReadCapacityUnits": reads, "WriteCapacityUnits": writes}}


def until_throttled(refused, call, allowed):
    for _ in range(allowed):
        call()
    return refused(call)[0]


@pytest.mark.spec("DDB-017", "DDB-022")
def test_a_provisioned_table_bursts_for_five_minutes_and_then_throttles(
    still_cloud, client, make_table, many_still, refused
):
    table = make_table(client=client, **provisioned(1, 1))
    item = wire({"pk": "a"})
    put = lambda: table.put({"pk": "a"})  # noqa: E731
    many_still("dynamodb", "PutItem", [{"TableName": table.name, "Item": item}] * 300)
    assert until_throttled(refused, put, 0) == "ProvisionedThroughputExceededException"
    still_cloud.turn(2)
    assert until_throttled(refused, put, 2) == "ProvisionedThroughputExceededException"
    read = lambda: table.get({"pk": "a"})  # noqa: E731
    many_still("dynamodb", "GetItem", [{"TableName": table.name, "Key": item}] * 600)
    assert until_throttled(refused, read, 0) == "ProvisionedThroughputExceededException"


@pytest.mark.spec("DDB-020", "DDB-022")
def test_a_table_on_demand_is_not_throttled_unless_bounded(client, make_table, many_still, refused):
    free = make_table(client=client)
    many_still("dynamodb", "PutItem", [{"TableName": free.name, "Item": wire({"pk": "a"})}] * 400)
    bounded = make_table(client=client, OnDemandThroughput={"MaxReadRequestUnits": 2, "MaxWriteRequestUnits": 3})
    assert until_throttled(refused, lambda: bounded.put({"pk": "a"}), 3) == "ThrottlingException"
    assert until_throttled(refused, lambda: bounded.get({"pk": "a"}), 4) == "ThrottlingException"


def test_an_index_without_throughput_throttles_writes_that_reach_it(client, make_table, many_still, refused):
    table = make_table(
        client=client,
        attributes=["group:S"],
        GlobalSecondaryIndexes=[{**index("groups", "group"), **provisioned(1, 1)}],
        **provisioned(10, 10),
    )
    items = [wire({"pk": str(number), "group": "g"}) for number in range(300)]
    many_still("dynamodb", "PutItem", [{"TableName": table.name, "Item": item} for item in items])
    put = lambda: table.put({"pk": "300", "group": "g"})  # noqa: E731
    assert until_throttled(refused, put, 0) == "ProvisionedThroughputExceededException"
    assert table.describe()["ItemCount"] == 300  # the refused write left nothing, in no index either
    table.put({"pk": "outside the index"})


@pytest.mark.spec("DDB-028")
def test_a_batch_that_meets_the_limit_returns_the_rest(client, make_table, many_still, refused):
    table = make_table(client=client, **provisioned(1, 1))
    many_still("dynamodb", "PutItem", [{"TableName": table.name, "Item": wire({"pk": "a"})}] * 290)
    requests = [{"PutRequest": {"Item": wire({"pk": str(n)})}} for n in range(25)]
    left = client.batch_write_item(RequestItems={table.name: requests})["UnprocessedItems"][table.name]
    assert len(left) == 15
    assert table.describe()["ItemCount"] == 11
    assert refused(client.batch_write_item, RequestItems={table.name: left})[0] == (
        "ProvisionedThroughputExceededException"
    )
    many_still("dynamodb", "GetItem", [{"TableName": table.name, "Key": wire({"pk": "a"})}] * 595)
    keys = [wire({"pk": str(n)}) for n in range(25)]
    answer = client.batch_get_item(RequestItems={table.name: {"Keys": keys}})
    assert len(answer["UnprocessedKeys"][table.name]["Keys"]) == 20


def test_without_quota_mode_nothing_is_throttled(make_table, many):
    table = make_table(**provisioned(1, 1))
    many("dynamodb", "PutItem", [{"TableName": table.name, "Item": wire({"pk": "a"})}] * 320)


@pytest.mark.spec("DBK-007", "DXI-006")
def test_backups_restores_and_exports_take_no_capacity(still_cloud, client, make_table, refused):
    table = make_table(client=client, **provisioned(1, 1))
    table.put({"pk": "big", "text": "x" * 40_000})  # 40 units
    for number in range(40):
        table.put({"pk": str(number), "text": "x" * 4_000})  # 4 each
    client.update_continuous_backups(
        TableName=table.name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    s3 = still_cloud.client("s3")
    s3.create_bucket(Bucket="files")
    made = client.create_backup(TableName=table.name, BackupName="backup")["BackupDetails"]["BackupArn"]
    still_cloud.turn(0.1)
    client.restore_table_from_backup(TargetTableName="restored", BackupArn=made)
    client.restore_table_to_point_in_time(
        SourceTableName=table.name, TargetTableName="recovered", UseLatestRestorableTime=True
    )
    client.export_table_to_point_in_time(TableArn=table.arn, S3Bucket="files")
    still_cloud.turn(0.1)
    assert client.scan(TableName="recovered", Select="COUNT")["Count"] == 41
    assert client.list_exports()["ExportSummaries"][0]["ExportStatus"] == "COMPLETED"
    # What was left before is left still: of 300 units a hundred to write with, and all to read with.
    write = lambda: table.put({"pk": "w", "text": "x" * 10_000})  # noqa: E731
    assert until_throttled(refused, write, 10) == "ProvisionedThroughputExceededException"
    read = lambda: table.get({"pk": "big"})  # noqa: E731
    assert until_throttled(refused, read, 60) == "ProvisionedThroughputExceededException"
