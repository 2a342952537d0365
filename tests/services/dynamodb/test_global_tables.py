"""Global tables: written in several regions, the same in all."""

import pytest

from tests.services.dynamodb.conftest import TableInHand, index, wire


@pytest.fixture
def europe(cloud):
    return cloud.client("dynamodb", region_name="eu-west-1")


def add_replica(table, region="eu-west-1"):
    create = {"Create": {"RegionName": region}}
    return table.client.update_table(TableName=table.name, ReplicaUpdates=[create])["TableDescription"]


def replicas(table):
    return {one["RegionName"]: one["ReplicaStatus"] for one in table.describe().get("Replicas", [])}


def sorted_items(table):
    return sorted(table.items(), key=lambda item: item["pk"])


@pytest.fixture
def pair(cloud, table, europe):
    add_replica(table)
    cloud.turn(1)
    return table, TableInHand(europe, table.name)


@pytest.mark.spec("DGT-001", "DGT-002", "DGT-003", "DST-005", "DBD-008")
def test_writes_in_either_region_reach_the_other(cloud, pair):
    here, there = pair
    here.put({"pk": "a", "n": 1})
    there.put({"pk": "b", "n": 2})
    cloud.settle()
    there.update({"pk": "a"}, "SET n = n + :one", {":one": 1})
    here.delete({"pk": "b"})
    here.client.transact_write_items(
        TransactItems=[{"Put": {"TableName": here.name, "Item": wire({"pk": name})}} for name in "xy"]
    )
    cloud.settle()
    assert sorted_items(here) == sorted_items(there) == [{"pk": "a", "n": 2}, {"pk": "x"}, {"pk": "y"}]


@pytest.mark.spec("DGT-007", "DGT-004")
def test_a_replica_receives_what_is_there(cloud, make_table, europe, many):
    table = make_table(attributes=["group:S"], GlobalSecondaryIndexes=[index("groups", "group")])
    items = [wire({"pk": str(number), "group": str(number % 2)}) for number in range(700)]
    many("dynamodb", "PutItem", [{"TableName": table.name, "Item": item} for item in items])
    cloud.shake("dynamodb", "delay", 5)
    shown = add_replica(table)
    assert shown["GlobalTableVersion"] == "2019.11.21"
    assert replicas(table) == {"eu-west-1": "CREATING"}
    assert table.describe()["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    table.delete({"pk": "3"})
    table.put({"pk": "new", "group": "1"})
    cloud.turn(5)
    there = TableInHand(europe, table.name)
    assert replicas(table) == {"eu-west-1": "ACTIVE"}
    assert replicas(there) == {"us-east-1": "ACTIVE"}
    assert sorted_items(there) == sorted_items(table)
    assert there.scan(IndexName="groups", Select="COUNT")["Count"] == 700


@pytest.mark.spec("DGT-005", "DBD-008")
def test_the_later_write_wins_in_both_regions(cloud, pair):
    here, there = pair

    async def write_both():
        """Write in both regions within one turn, before anything is carried over."""
        invoke = cloud.kernel.invoke
        from skyglobe.kernel.principals import root_of

        for region, value in (("us-east-1", "first"), ("eu-west-1", "second"), ("us-east-1", "third")):
            item = wire({"pk": "a", "by": value})
            params = {"TableName": here.name, "Item": item}
            await invoke(root_of("000000000000"), "000000000000", region, "dynamodb", "PutItem", params)

    cloud.run(write_both())
    cloud.settle()
    assert here.items() == there.items() == [{"pk": "a", "by": "third"}]


@pytest.mark.spec("DGT-010")
def test_a_replica_is_removed_by_update(cloud, pair, refused):
    here, there = pair
    here.put({"pk": "a"})
    cloud.settle()
    delete = {"Delete": {"RegionName": "eu-west-1"}}
    here.client.update_table(TableName=here.name, ReplicaUpdates=[delete])
    assert replicas(here) == {}
    assert refused(there.describe)[0] == "ResourceNotFoundException"
    here.put({"pk": "b"})
    cloud.settle()
    assert len(here.items()) == 2
    assert refused(here.client.update_table, TableName=here.name, ReplicaUpdates=[delete])[0] == (
        "ResourceNotFoundException"
    )


def test_three_regions_know_of_each_other(cloud, pair):
    here, there = pair
    add_replica(here, "ap-south-1")
    cloud.turn(1)
    third = TableInHand(cloud.client("dynamodb", region_name="ap-south-1"), here.name)
    third.put({"pk": "from afar"})
    cloud.settle()
    assert here.items() == there.items() == third.items() == [{"pk": "from afar"}]
    assert set(replicas(there)) == {"us-east-1", "ap-south-1"}
    there.client.delete_table(TableName=there.name)
    assert set(replicas(here)) == {"ap-south-1"}
    here.put({"pk": "b"})
    cloud.settle()
    assert len(third.items()) == 2


def test_a_replica_needs_a_free_name(table, europe, make_table, refused):
    make_table(client=europe, name=table.name)
    assert refused(add_replica, table)[0] == "ValidationException"
    assert refused(add_replica, table, "us-east-1")[0] == "ValidationException"


@pytest.mark.spec("DGT-009")
def test_indexes_capacity_and_expiry_are_alike_in_all_regions(cloud, pair):
    here, there = pair
    here.put({"pk": "a", "group": "g", "expires": cloud.now // 1000 + 100})
    cloud.settle()
    there.client.update_table(
        TableName=there.name,
        AttributeDefinitions=[{"AttributeName": "group", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[{"Create": index("groups", "group")}],
    )
    cloud.turn(1)
    for table in pair:
        (shown,) = table.describe()["GlobalSecondaryIndexes"]
        assert (shown["IndexStatus"], shown["ItemCount"]) == ("ACTIVE", 1)
    expiry = {"AttributeName": "expires", "Enabled": True}
    here.client.update_time_to_live(TableName=here.name, TimeToLiveSpecification=expiry)
    told = there.client.describe_time_to_live(TableName=there.name)["TimeToLiveDescription"]
    assert told == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    cloud.turn(200)
    assert here.items() == there.items() == []
    here.client.update_table(
        TableName=here.name,
        BillingMode="PROVISIONED",
        ProvisionedThroughput={"ReadCapacityUnits": 3, "WriteCapacityUnits": 4},
        GlobalSecondaryIndexUpdates=[
            {
                "Update": {
                    "IndexName": "groups",
                    "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
                }
            }
        ],
    )
    assert there.describe()["ProvisionedThroughput"]["WriteCapacityUnits"] == 4


def test_a_backup_of_a_replica_changes_nothing_elsewhere(cloud, pair):
    here, there = pair
    here.put({"pk": "a"})
    cloud.settle()
    cloud.shake("dynamodb", "delay", 5)
    here.client.create_backup(TableName=here.name, BackupName="backup")
    here.delete({"pk": "a"})
    cloud.settle()
    cloud.turn(20)  # the copy is made now, as of then
    (backup,) = here.client.list_backups()["BackupSummaries"]
    assert (backup["BackupStatus"], here.items(), there.items()) == ("AVAILABLE", [], [])
