"""What DynamoDB counts for CloudWatch: consumed and provisioned units, throttled requests."""

import pytest
from botocore.config import Config as ClientConfig
from botocore.exceptions import ClientError

from skyglobe.kernel.config import Config
from skyglobe.kernel.metric_points import key_of, read_points, series
from skyglobe.kernel.metrics import read_gauges
from skyglobe.testing.clouds import TestCloud
from tests.services.dynamodb.conftest import index, wire
from tests.services.dynamodb.test_quotas import provisioned


def summed(cloud, name, **dimensions):
    """Return the sum of everything that was counted under a name."""

    def read(scope):
        cloud.kernel.metrics.fold(scope)
        found = series.find(scope, "AWS/DynamoDB", name, key_of(tuple(sorted(dimensions.items()))))
        points = read_points(scope, found.number, 0, scope.now + 60_000) if found is not None else ()
        return sum(point.sum for point in points)

    return cloud.run(cloud.kernel.transact(read, "000000000000", "us-east-1"))


def test_a_write_whose_condition_fails_consumes_what_is_there(cloud, dynamodb, make_table):
    table = make_table("pk:S")
    table.put({"pk": "a", "text": "x" * 1500})
    for name in ("a", "none"):
        with pytest.raises(ClientError, match="ConditionalCheckFailed"):
            table.put({"pk": name}, ConditionExpression="size(pk) > :n", ExpressionAttributeValues={":n": {"N": "9"}})
    assert summed(cloud, "ConsumedWriteCapacityUnits", TableName=table.name) == 2 + 2 + 1


def test_consumed_units_are_counted_for_tables_and_global_indexes(cloud, dynamodb, make_table):
    table = make_table(
        "pk:S",
        "sk:N",
        attributes=["group:S", "rank:N"],
        GlobalSecondaryIndexes=[index("groups", "group")],
        LocalSecondaryIndexes=[index("ranks", "pk", "rank", "KEYS_ONLY")],
    )
    here = {"TableName": table.name}
    of_groups = {**here, "GlobalSecondaryIndexName": "groups"}
    table.put({"pk": "a", "sk": 1, "group": "g", "rank": 1, "text": "x" * 1500})
    assert summed(cloud, "ConsumedWriteCapacityUnits", **here) == 3  # two for the item, one in the local index
    assert summed(cloud, "ConsumedWriteCapacityUnits", **of_groups) == 2
    table.get({"pk": "a", "sk": 1})
    table.get({"pk": "a", "sk": 1}, ConsistentRead=True)
    table.query("pk = :a", {":a": "a"})
    assert summed(cloud, "ConsumedReadCapacityUnits", **here) == 2
    table.query("#g = :g", {":g": "g"}, IndexName="groups", ExpressionAttributeNames={"#g": "group"})
    assert summed(cloud, "ConsumedReadCapacityUnits", **of_groups) == 0.5
    dynamodb.transact_write_items(
        TransactItems=[{"Put": {"TableName": table.name, "Item": wire({"pk": "b", "sk": 1})}}]
    )
    assert summed(cloud, "ConsumedWriteCapacityUnits", **here) == 5
    dynamodb.execute_statement(Statement=f"SELECT * FROM \"{table.name}\" WHERE pk = 'a' AND sk = 1")
    assert summed(cloud, "ConsumedReadCapacityUnits", **here) == 2.5


def test_what_is_throttled_consumes_nothing_and_is_counted_as_such(make_table, refused):
    cloud = TestCloud(Config(quotas=True))
    try:
        once = ClientConfig(retries={"total_max_attempts": 1})
        table = make_table(client=cloud.client("dynamodb", config=once), **provisioned(1, 1))
        here = {"TableName": table.name}
        code = refused(table.put, {"pk": "a", "text": "x" * 310_000})[0]
        assert code == "ProvisionedThroughputExceededException"
        assert summed(cloud, "ConsumedWriteCapacityUnits", **here) == 0
        assert summed(cloud, "WriteThrottleEvents", **here) == 1
    finally:
        cloud.close()


def test_provisioned_units_can_be_read_at_any_time(cloud, make_table):
    table = make_table(
        attributes=["group:S"],
        GlobalSecondaryIndexes=[{**index("groups", "group"), **provisioned(3, 4)}],
        **provisioned(1, 2),
    )
    make_table()  # on demand: nothing is provisioned

    def read(dimensions):
        def work(scope):
            return {
                (one.name, len(one.dimensions)): one.value for one in read_gauges(scope, "AWS/DynamoDB", dimensions)
            }

        return cloud.run(cloud.kernel.transact(work, "000000000000", "us-east-1"))

    of_table = {("ProvisionedReadCapacityUnits", 1): 1, ("ProvisionedWriteCapacityUnits", 1): 2}
    of_index = {("ProvisionedReadCapacityUnits", 2): 3, ("ProvisionedWriteCapacityUnits", 2): 4}
    assert read(None) == of_table | of_index
    assert read({"TableName": table.name}) == of_table
    assert read({"TableName": table.name, "GlobalSecondaryIndexName": "groups"}) == of_index
    assert read({"TableName": "nowhere"}) == {}
