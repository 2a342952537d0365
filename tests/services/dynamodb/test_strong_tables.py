"""Global tables with multi-region strong consistency: three regions that are the same at every moment."""

import pytest
from botocore.config import Config as ClientConfig

from tests.services.dynamodb.conftest import TableInHand, index, wire

OTHERS = ("us-east-2", "us-west-2")


def create(*regions):
    return [{"Create": {"RegionName": region}} for region in regions]


def delete(*regions):
    return [{"Delete": {"RegionName": region}} for region in regions]


def strengthen(table, *replicas, witness=None):
    more = {"GlobalTableWitnessUpdates": create(witness)} if witness else {}
    given = {"TableName": table.name, "ReplicaUpdates": create(*replicas), "MultiRegionConsistency": "STRONG", **more}
    return table.client.update_table(**given)["TableDescription"]


def there(cloud, table, region):
    impatient = ClientConfig(retries={"total_max_attempts": 1})
    return TableInHand(cloud.client("dynamodb", region_name=region, config=impatient), table.name)


@pytest.mark.spec("DGT-008")
def test_a_write_is_there_in_every_region_when_it_is_answered(cloud, make_table):
    table = make_table(attributes=["group:S"], GlobalSecondaryIndexes=[index("groups", "group")])
    strengthen(table, *OTHERS)
    cloud.turn(1)
    others = [there(cloud, table, region) for region in OTHERS]
    shown = table.describe()
    assert (shown["MultiRegionConsistency"], shown["GlobalTableVersion"]) == ("STRONG", "2019.11.21")
    assert {one["RegionName"]: one["ReplicaStatus"] for one in shown["Replicas"]} == dict.fromkeys(OTHERS, "ACTIVE")
    assert "StreamSpecification" not in shown
    table.put({"pk": "a", "n": 1, "group": "g"})
    for seen, other in enumerate(others, 1):  # nothing is settled in between
        assert other.get({"pk": "a"}, ConsistentRead=True)["n"] == seen
        other.update({"pk": "a"}, "ADD n :one", {":one": 1})
    assert table.get({"pk": "a"})["n"] == 3
    requests = [
        {"PutRequest": {"Item": wire({"pk": "b", "group": "g"})}},
        {"DeleteRequest": {"Key": wire({"pk": "a"})}},
    ]
    others[1].client.batch_write_item(RequestItems={table.name: requests})
    assert table.items() == others[0].items() == others[1].items() == [{"pk": "b", "group": "g"}]
    assert others[0].scan(IndexName="groups", Select="COUNT")["Count"] == 1


@pytest.mark.spec("DGT-008")
def test_a_witness_takes_a_third_replicas_place(cloud, table, refused):
    strengthen(table, "us-west-2", witness="us-east-2")
    cloud.turn(1)
    (witness,) = there(cloud, table, "us-west-2").describe()["GlobalTableWitnesses"]
    assert witness == {"RegionName": "us-east-2", "WitnessStatus": "ACTIVE"}
    assert refused(there(cloud, table, "us-east-2").put, {"pk": "a"})[0] == "ResourceNotFoundException"
    change = table.client.update_table
    alone = {"TableName": table.name, "ReplicaUpdates": delete("us-west-2")}
    assert refused(change, **alone)[0] == "ValidationException"
    assert refused(change, TableName=table.name, ReplicaUpdates=create("us-east-2"))[0] == "ValidationException"
    assert refused(table.client.delete_table, TableName=table.name)[0] == "ValidationException"
    change(**alone, GlobalTableWitnessUpdates=delete("us-east-2"))
    assert not {"Replicas", "GlobalTableWitnesses", "MultiRegionConsistency"} & table.describe().keys()
    assert refused(there(cloud, table, "us-west-2").describe)[0] == "ResourceNotFoundException"
    table.client.delete_table(TableName=table.name)


@pytest.mark.spec("DGT-008")
def test_transactions_and_expiry_are_refused(cloud, table, refused):
    strengthen(table, *OTHERS)
    client = table.client
    put = {"Put": {"TableName": table.name, "Item": wire({"pk": "a"})}}
    get = {"Get": {"TableName": table.name, "Key": wire({"pk": "a"})}}
    statement = {"Statement": f"SELECT * FROM \"{table.name}\" WHERE pk = 'a'"}
    expiry = {"AttributeName": "expires", "Enabled": True}
    for call, given in (
        (client.transact_write_items, {"TransactItems": [put]}),
        (client.transact_get_items, {"TransactItems": [get]}),
        (client.execute_transaction, {"TransactStatements": [statement]}),
        (client.update_time_to_live, {"TableName": table.name, "TimeToLiveSpecification": expiry}),
    ):
        assert refused(call, **given)[0] == "ValidationException"


@pytest.mark.spec("DGT-008")
def test_writes_can_be_made_to_meet_another_regions(cloud, table, refused):
    strengthen(table, *OTHERS)
    cloud.turn(1)
    other = there(cloud, table, OTHERS[0])
    cloud.shake("dynamodb", "conflicts", 1)
    for call, arguments in ((other.put, [{"pk": "a"}]), (other.update, [{"pk": "b"}, "SET n = :n", {":n": 1}])):
        code, status, _ = refused(call, *arguments)
        assert (code, status) == ("ReplicatedWriteConflictException", 400)
    cloud.shake("dynamodb", "conflicts", 0)
    assert table.items() == []
    other.put({"pk": "a"})
    assert table.items() == [{"pk": "a"}]


def test_only_three_regions_of_one_set_can_be_strong(cloud, table, make_table, refused):
    wrong = [
        (table, ("us-east-2",), None),
        (table, ("us-east-2", "us-east-2"), None),
        (table, ("us-east-1", "us-east-2"), None),
        (table, ("us-east-2", "eu-west-1"), None),
        (table, (*OTHERS, "eu-west-1"), None),
        (table, OTHERS, "eu-west-1"),
        (make_table("pk:S", "sk:N", attributes=["r:S"], LocalSecondaryIndexes=[index("lsi", "pk", "r")]), OTHERS, None),
    ]
    full = make_table()
    full.put({"pk": "a"})
    for made, replicas, witness in [*wrong, (full, OTHERS, None)]:
        assert refused(strengthen, made, *replicas, witness=witness)[0] == "ValidationException", (replicas, witness)
    change = table.client.update_table
    assert refused(change, TableName=table.name, MultiRegionConsistency="STRONG")[0] == "ValidationException"
    assert refused(change, TableName=table.name, GlobalTableWitnessUpdates=create("us-east-2"))[0] == (
        "ValidationException"
    )
    change(TableName=table.name, ReplicaUpdates=create("us-east-2"), MultiRegionConsistency="EVENTUAL")
    cloud.turn(1)
    assert table.describe()["MultiRegionConsistency"] == "EVENTUAL"
    assert refused(strengthen, table, "us-west-2", witness="us-east-2")[0] == "ValidationException"


def test_a_backup_of_a_strong_table_changes_nothing_elsewhere(cloud, table):
    strengthen(table, *OTHERS)
    table.put({"pk": "a"})
    cloud.shake("dynamodb", "delay", 5)
    table.client.create_backup(TableName=table.name, BackupName="backup")
    table.delete({"pk": "a"})
    cloud.turn(20)
    assert there(cloud, table, OTHERS[0]).items() == table.items() == []
