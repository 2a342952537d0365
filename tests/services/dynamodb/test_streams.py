"""Streams of changes, and items that expire by the clock."""

import json

import pytest

from tests.services.dynamodb.conftest import plain, wire


class Reader:
    """Reads a stream from one place on, shard after shard."""

    def __init__(self, client, arn):
        self.client = client
        self.arn = arn

    def describe(self):
        return self.client.describe_stream(StreamArn=self.arn)["StreamDescription"]

    def iterator(self, kind="TRIM_HORIZON", shard=-1, **more):
        shard_id = self.describe()["Shards"][shard]["ShardId"]
        answer = self.client.get_shard_iterator(StreamArn=self.arn, ShardId=shard_id, ShardIteratorType=kind, **more)
        return answer["ShardIterator"]

    def read(self, iterator, **more):
        answer = self.client.get_records(ShardIterator=iterator, **more)
        return answer["Records"], answer.get("NextShardIterator")

    def everything(self):
        found = []
        for shard in range(len(self.describe()["Shards"])):
            iterator, records = self.iterator(shard=shard), [None]
            while records and iterator:
                records, iterator = self.read(iterator)
                found += records
        return found


@pytest.fixture
def reader(aws):
    def open_stream(table):
        return Reader(aws.client("dynamodbstreams"), table.describe()["LatestStreamArn"])

    return open_stream


@pytest.fixture
def streamed(make_table):
    def make(view="NEW_AND_OLD_IMAGES", **more):
        return make_table(StreamSpecification={"StreamEnabled": True, "StreamViewType": view}, **more)

    return make


def write_some(table):
    table.put({"pk": "a", "n": 1})
    table.update({"pk": "a"}, "SET n = :n", {":n": 2})
    table.put({"pk": "b"})
    table.delete({"pk": "a"})


@pytest.mark.spec("DST-001")
def test_a_stream_tells_every_change_in_order(streamed, reader):
    table = streamed()
    write_some(table)
    records = reader(table).everything()
    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "INSERT", "REMOVE"]
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
    assert numbers == sorted(numbers)
    assert len({record["eventID"] for record in records}) == 4
    assert all("userIdentity" not in record for record in records)
    assert plain(records[1]["dynamodb"]["OldImage"]) == {"pk": "a", "n": 1}
    assert plain(records[1]["dynamodb"]["NewImage"]) == {"pk": "a", "n": 2}


@pytest.mark.spec("DST-009")
@pytest.mark.parametrize(
    ("view", "images"),
    [
        ("KEYS_ONLY", set()),
        ("NEW_IMAGE", {"NewImage"}),
        ("OLD_IMAGE", {"OldImage"}),
        ("NEW_AND_OLD_IMAGES", {"NewImage", "OldImage"}),
    ],
)
def test_the_view_decides_on_the_images(streamed, reader, view, images):
    table = streamed(view)
    write_some(table)
    change = reader(table).everything()[1]["dynamodb"]
    assert {name for name in change if name.endswith("Image")} == images
    assert change["StreamViewType"] == view
    assert plain(change["Keys"]) == {"pk": "a"}


@pytest.mark.spec("DST-010", "DST-003")
def test_a_write_that_changes_nothing_is_not_told(streamed, reader):
    table = streamed()
    table.put({"pk": "a", "n": 1})
    table.put({"pk": "a", "n": 1})
    table.update({"pk": "a"}, "SET n = :n", {":n": 1})
    table.delete({"pk": "never there"})
    assert len(reader(table).everything()) == 1


@pytest.mark.spec("DST-011")
def test_iterators_start_where_they_are_told_and_last_fifteen_minutes(cloud, streamed, reader, refused):
    table = streamed()
    table.put({"pk": "before"})
    stream = reader(table)
    latest = stream.iterator("LATEST")
    table.put({"pk": "a"})
    table.put({"pk": "b"})
    records, following = stream.read(latest)
    assert [plain(record["dynamodb"]["Keys"])["pk"] for record in records] == ["a", "b"]
    assert stream.read(following)[0] == []
    number = records[0]["dynamodb"]["SequenceNumber"]
    at, after = (stream.iterator(f"{kind}_SEQUENCE_NUMBER", SequenceNumber=number) for kind in ("AT", "AFTER"))
    assert len(stream.read(at)[0]) == 2
    assert len(stream.read(after)[0]) == 1
    one, rest = stream.read(at, Limit=1)
    assert (len(one), len(stream.read(rest)[0])) == (1, 1)
    cloud.turn(minutes=15, seconds=1)
    assert refused(stream.read, following)[0] == "ExpiredIteratorException"
    assert refused(stream.read, "made up")[0] == "ValidationException"


@pytest.mark.spec("DST-011")
def test_shards_roll_and_a_closed_one_ends(cloud, streamed, reader):
    table = streamed()
    table.put({"pk": "first"})
    stream = reader(table)
    cloud.turn(hours=4)
    table.put({"pk": "second"})
    parent, child = stream.describe()["Shards"]
    assert child["ParentShardId"] == parent["ShardId"]
    assert "EndingSequenceNumber" in parent["SequenceNumberRange"]
    assert "EndingSequenceNumber" not in child["SequenceNumberRange"]
    records, following = stream.read(stream.iterator(shard=0))
    assert (len(records), following) == (1, None)
    assert len(stream.everything()) == 2


@pytest.mark.spec("DST-007")
def test_changes_are_kept_for_a_day(cloud, streamed, reader, refused):
    table = streamed()
    table.put({"pk": "old"})
    stream = reader(table)
    number = stream.everything()[0]["dynamodb"]["SequenceNumber"]
    cloud.turn(hours=23)
    assert len(stream.everything()) == 1
    cloud.turn(hours=2)
    table.put({"pk": "new"})
    assert [plain(record["dynamodb"]["Keys"])["pk"] for record in stream.everything()] == ["new"]
    failed = refused(stream.iterator, "AT_SEQUENCE_NUMBER", shard=0, SequenceNumber=number)
    assert failed[0] in ("TrimmedDataAccessException", "ValidationException")


@pytest.mark.spec("DST-012")
def test_a_disabled_stream_stays_for_a_day_beside_its_successor(cloud, dynamodb, streamed, reader, refused):
    table = streamed()
    table.put({"pk": "a"})
    old = reader(table)
    dynamodb.update_table(TableName=table.name, StreamSpecification={"StreamEnabled": False})
    table.put({"pk": "unseen"})
    cloud.turn(1)
    specification = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    dynamodb.update_table(TableName=table.name, StreamSpecification=specification)
    table.put({"pk": "b"})
    new = reader(table)
    assert new.arn != old.arn
    assert old.describe()["StreamStatus"] == "DISABLED"
    assert [plain(record["dynamodb"]["Keys"])["pk"] for record in old.everything()] == ["a"]
    assert [plain(record["dynamodb"]["Keys"])["pk"] for record in new.everything()] == ["b"]
    listed = old.client.list_streams(TableName=table.name)["Streams"]
    assert {stream["StreamArn"] for stream in listed} == {old.arn, new.arn}
    cloud.turn(hours=26)
    assert refused(old.describe)[0] == "ResourceNotFoundException"


def test_the_stream_of_a_deleted_table_can_be_read_to_its_end(dynamodb, streamed, reader):
    table = streamed()
    write_some(table)
    stream = reader(table)
    dynamodb.delete_table(TableName=table.name)
    assert len(stream.everything()) == 4


def test_a_transaction_that_fails_tells_nothing(dynamodb, streamed, reader, refused):
    table = streamed()
    put = {"Put": {"TableName": table.name, "Item": {"pk": {"S": "a"}}}}
    check = {"TableName": table.name, "Key": {"pk": {"S": "b"}}, "ConditionExpression": "attribute_exists(pk)"}
    items = [put, {"ConditionCheck": check}]
    assert refused(dynamodb.transact_write_items, TransactItems=items)[0] == "TransactionCanceledException"
    assert reader(table).everything() == []


def enable_ttl(table, is_enabled=True):
    return table.client.update_time_to_live(
        TableName=table.name, TimeToLiveSpecification={"AttributeName": "expires", "Enabled": is_enabled}
    )


@pytest.mark.spec("DTTL-001", "DTTL-005", "DTTL-007", "DTTL-002")
def test_items_expire_by_the_clock(cloud, dynamodb, table):
    enable_ttl(table)
    shown = dynamodb.describe_time_to_live(TableName=table.name)["TimeToLiveDescription"]
    assert shown == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    now = cloud.now // 1000
    table.put({"pk": "soon", "expires": now + 60})
    table.put({"pk": "later", "expires": now + 600})
    table.put({"pk": "never"})
    cloud.turn(61)
    assert table.get({"pk": "soon"}) is not None  # until it is swept
    cloud.turn(60)
    assert table.get({"pk": "soon"}) is None
    assert table.describe()["ItemCount"] == 2
    cloud.turn(600)
    assert table.items() == [{"pk": "never"}]


@pytest.mark.spec("DTTL-006")
def test_only_numbers_of_the_last_five_years_make_items_expire(cloud, table):
    enable_ttl(table)
    now = cloud.now // 1000
    table.put({"pk": "text", "expires": str(now)})
    table.put({"pk": "ancient", "expires": now - 6 * 365 * 86_400})
    table.put({"pk": "milliseconds", "expires": cloud.now})
    table.put({"pk": "past", "expires": now - 86_400})
    cloud.turn(hours=1)
    assert {item["pk"] for item in table.items()} == {"text", "ancient", "milliseconds"}


@pytest.mark.spec("DTTL-010", "DTTL-004")
def test_an_item_whose_expiry_was_put_off_stays(cloud, table):
    enable_ttl(table)
    now = cloud.now // 1000
    table.put({"pk": "a", "expires": now + 10})
    cloud.turn(11)
    table.update({"pk": "a"}, "SET expires = :e", {":e": now + 1000})
    cloud.turn(120)
    assert table.get({"pk": "a"}) is not None
    cloud.turn(1000)
    assert table.get({"pk": "a"}) is None


@pytest.mark.spec("DTTL-003")
def test_items_that_were_there_before_expire_too(cloud, table, many):
    now = cloud.now // 1000
    items = [wire({"pk": str(number), "expires": now + 5 + number % 2 * 10_000}) for number in range(600)]
    many("dynamodb", "PutItem", [{"TableName": table.name, "Item": item} for item in items])
    enable_ttl(table)
    cloud.turn(120)
    assert table.describe()["ItemCount"] == 300


@pytest.mark.spec("DTTL-008")
def test_time_to_live_is_changed_once_an_hour(cloud, table, refused):
    enable_ttl(table)
    text = "Time to live has been modified multiple times within a fixed interval"
    assert refused(enable_ttl, table, False) == ("ValidationException", 400, text)
    cloud.turn(hours=1)
    assert refused(enable_ttl, table)[2] == "TimeToLive is already enabled"
    table.put({"pk": "a", "expires": cloud.now // 1000 + 10})
    enable_ttl(table, False)
    cloud.turn(hours=1)
    assert table.get({"pk": "a"}) is not None


@pytest.mark.spec("DST-013", "DTTL-009", "DBD-002")
def test_an_expiry_leaves_indexes_and_is_told_as_the_services_doing(cloud, streamed, reader):
    from tests.services.dynamodb.conftest import index

    table = streamed(attributes=["group:S"], GlobalSecondaryIndexes=[index("groups", "group")])
    enable_ttl(table)
    table.put({"pk": "a", "group": "g", "expires": cloud.now // 1000 + 1})
    cloud.turn(120)
    assert table.scan(IndexName="groups")["Count"] == 0
    insert, remove = reader(table).everything()
    assert remove["eventName"] == "REMOVE"
    assert remove["userIdentity"] == {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}
    assert "userIdentity" not in insert


@pytest.fixture
def kinesis(aws):
    client = aws.client("kinesis")
    client.create_stream(StreamName="changes", ShardCount=1)
    return client


def kinesis_records(client):
    arn = client.describe_stream(StreamName="changes")["StreamDescription"]["StreamARN"]
    shard = client.list_shards(StreamName="changes")["Shards"][0]["ShardId"]
    more = {"ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
    iterator = client.get_shard_iterator(StreamName="changes", **more)["ShardIterator"]
    return arn, [json.loads(one["Data"]) for one in client.get_records(ShardIterator=iterator)["Records"]]


@pytest.mark.spec("DST-008", "DST-015", "DBD-007")
def test_changes_go_into_a_kinesis_stream_while_it_is_enabled(cloud, dynamodb, table, kinesis, refused):
    cloud.turn(60)  # the stream is created
    arn, _ = kinesis_records(kinesis)
    table.put({"pk": "before"})
    dynamodb.enable_kinesis_streaming_destination(TableName=table.name, StreamArn=arn)
    dynamodb.get_waiter("kinesis_streaming_destination_active").wait(TableName=table.name)
    write_some(table)
    cloud.settle()
    records = kinesis_records(kinesis)[1]
    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "INSERT", "REMOVE"]
    assert records[1]["dynamodb"]["OldImage"]["n"] == {"N": "1"}
    assert (records[0]["tableName"], records[0]["eventSource"]) == (table.name, "aws:dynamodb")
    failed = refused(dynamodb.enable_kinesis_streaming_destination, TableName=table.name, StreamArn=arn)
    assert failed[0] == "ResourceInUseException"
    dynamodb.disable_kinesis_streaming_destination(TableName=table.name, StreamArn=arn)
    table.put({"pk": "after"})
    cloud.settle()
    assert len(kinesis_records(kinesis)[1]) == 4
    shown = dynamodb.describe_kinesis_streaming_destination(TableName=table.name)
    assert [one["DestinationStatus"] for one in shown["KinesisDataStreamDestinations"]] == ["DISABLED"]
