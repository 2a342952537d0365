"""Streams as sources of events: in order, from where they stand, with failures dealt with as configured."""

import base64
import json

import pytest

from skyglobe.services.lambda_.records import shard_states
from tests.services.lambda_.conftest import ARN, SEND

COPY = (
    SEND
    + """
import base64, json, os
def handler(event, context):
    records = event["Records"]
    told = [base64.b64decode(one["kinesis"]["data"]).decode() for one in records if "kinesis" in one]
    told += [[one["eventName"], one["dynamodb"]["Keys"]["id"]["S"]] for one in records if "dynamodb" in one]
    if "window" in event:
        state = event["state"]
        state["sum"] = state.get("sum", 0) + len(told)
        if event["isFinalInvokeForWindow"]:
            send(json.dumps([event["window"], state]))
        return {"state": state}
    send(json.dumps(told))
    if "poison" in told:
        if os.environ.get("PARTIAL"):
            bad = records[told.index("poison")]["kinesis"]["sequenceNumber"]
            return {"batchItemFailures": [{"itemIdentifier": bad}]}
        raise ValueError("poison")
"""
)


@pytest.fixture
def out(make_queue):
    return make_queue("out")


@pytest.fixture
def copier(cloud, make_function, out):
    endpoint = cloud.listen()

    def make(**variables):
        variables = {"ENDPOINT": endpoint, "OUT": out.url, **variables}
        return make_function("copier", COPY, Timeout=30, Environment={"Variables": variables})

    return make


class Stream:
    def __init__(self, aws, shards=1):
        self.client = aws.client("kinesis")
        self.client.create_stream(StreamName="events", ShardCount=shards)
        self.arn = "arn:aws:kinesis:us-east-1:000000000000:stream/events"

    def put(self, *texts, key=None):
        entries = [{"Data": text.encode(), "PartitionKey": key or text} for text in texts]
        return self.client.put_records(StreamName="events", Records=entries)["Records"]


def mapping_of(client, arn, **options):
    options = {"StartingPosition": "TRIM_HORIZON", **options}
    return client.create_event_source_mapping(FunctionName="copier", EventSourceArn=arn, **options)


@pytest.mark.spec("LAM-018", "KDS-036")
def test_records_of_a_stream_come_in_order(cloud, aws, client, copier, out):
    copier()
    stream = Stream(aws, shards=2)
    stream.put(*map(str, range(10)))
    made = mapping_of(client, stream.arn, BatchSize=3)
    assert made["LastProcessingResult"] == "No records processed"
    cloud.settle()
    batches = out.taken()
    assert max(map(len, batches)) == 3
    assert sorted(int(one) for batch in batches for one in batch) == list(range(10))
    stream.put("10", "11", key="same")
    cloud.settle()
    assert [one for batch in out.taken() for one in batch] == ["10", "11"]
    assert client.get_event_source_mapping(UUID=made["UUID"])["LastProcessingResult"] == "OK"


@pytest.mark.spec("LAM-018", "LAM-036")
def test_a_mapping_from_now_on_leaves_out_what_was_before_and_goes_on_where_it_was(cloud, aws, client, copier, out):
    copier()
    stream = Stream(aws)
    stream.put("old")
    cloud.turn(5)
    made = mapping_of(client, stream.arn, StartingPosition="LATEST")
    cloud.turn(5)
    stream.put("new")
    cloud.settle()
    assert out.taken() == [["new"]]
    client.update_event_source_mapping(UUID=made["UUID"], Enabled=False)
    stream.put("meanwhile")
    cloud.turn(60)
    assert out.taken() == []
    client.update_event_source_mapping(UUID=made["UUID"], Enabled=True)
    cloud.settle()
    assert out.taken() == [["meanwhile"]]


@pytest.mark.spec("LAM-036", "KDS-036")
def test_a_batch_is_cut_in_two_until_the_poison_is_alone_and_given_up(cloud, aws, client, copier, out, make_queue):
    failures = make_queue("failures")
    copier()
    stream = Stream(aws)
    put = stream.put("a", "b", "poison", "c", key="k")
    mapping_of(
        client,
        stream.arn,
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": failures.arn}},
    )
    cloud.turn(300)
    batches = out.taken()
    assert batches[0] == ["a", "b", "poison", "c"]
    assert batches.count(["poison"]) == 2
    assert batches[-1] == ["c"]
    (record,) = failures.taken()
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert record["requestContext"]["functionArn"] == f"{ARN}:copier"
    information = record["KinesisBatchInfo"]
    assert information["startSequenceNumber"] == information["endSequenceNumber"] == put[2]["SequenceNumber"]
    assert (information["batchSize"], information["streamArn"]) == (1, stream.arn)


@pytest.mark.spec("LAM-036", "KDS-036")
def test_a_failing_shard_waits_while_others_go_on(cloud, aws, client, copier, out):
    copier()
    stream = Stream(aws, shards=2)
    keys = {}
    for text in ("poison", "fine"):
        for number in range(100):
            shard = stream.put("probe", key=f"{text}{number}")[0]["ShardId"]
            if shard not in keys:
                keys[shard] = f"{text}{number}"
                break
    cloud.turn(5)
    made = mapping_of(client, stream.arn, StartingPosition="LATEST", MaximumRecordAgeInSeconds=120)
    cloud.turn(5)
    bad, good = keys.values()
    stream.put("poison", key=bad)
    stream.put("behind", key=bad)
    stream.put("fine", key=good)
    cloud.turn(10)
    seen = out.taken()
    assert ["fine"] in seen
    assert seen.count(["poison", "behind"]) > 1
    cloud.turn(300)
    assert ["poison", "behind"] in out.taken()
    stream.put("after", key=bad)
    cloud.settle()
    assert out.taken() == [["after"]]
    assert client.get_event_source_mapping(UUID=made["UUID"])["MaximumRecordAgeInSeconds"] == 120


@pytest.mark.spec("LAM-036")
def test_a_stream_is_taken_up_at_the_record_a_function_failed_with(cloud, aws, client, copier, out):
    copier(PARTIAL="1")
    stream = Stream(aws)
    stream.put("a", "poison", "b", key="k")
    mapping_of(client, stream.arn, FunctionResponseTypes=["ReportBatchItemFailures"], MaximumRetryAttempts=1)
    cloud.turn(300)
    assert out.taken() == [["a", "poison", "b"], ["poison", "b"]]


@pytest.mark.spec("LAM-036")
def test_shares_of_a_shard_are_read_side_by_side_each_key_in_order(cloud, aws, client, copier, out):
    copier()
    stream = Stream(aws)
    for number in range(20):
        stream.put(f"{number % 5}:{number}", key=str(number % 5))
    made = mapping_of(client, stream.arn, ParallelizationFactor=4, BatchSize=2)
    cloud.settle()
    seen = [one for batch in out.taken() for one in batch]
    assert len(seen) == 20
    client.update_event_source_mapping(UUID=made["UUID"], ParallelizationFactor=1)
    stream.put("last", key="k")
    cloud.settle()
    assert "last" in [one for batch in out.taken() for one in batch]


@pytest.mark.spec("LAM-036")
def test_filters_look_into_the_data_of_records(cloud, aws, client, copier, out):
    copier()
    stream = Stream(aws)
    stream.put('{"kind": "order"}', '{"kind": "other"}', "no JSON", key="k")
    mapping_of(client, stream.arn, FilterCriteria={"Filters": [{"Pattern": '{"data": {"kind": ["order"]}}'}]})
    cloud.settle()
    assert out.taken() == [['{"kind": "order"}']]


def test_shards_that_are_gone_are_forgotten_and_their_children_read(cloud, aws, client, copier, out):
    copier()
    stream = Stream(aws)
    mapping_of(client, stream.arn)
    stream.put("before")
    cloud.settle()
    (shard,) = stream.client.list_shards(StreamName="events")["Shards"]
    middle = str(2**127)
    stream.client.split_shard(StreamName="events", ShardToSplit=shard["ShardId"], NewStartingHashKey=middle)
    stream.put("after", "later")
    cloud.settle()
    assert sorted(one for batch in out.taken() for one in batch) == ["after", "before", "later"]

    def kept(scope):
        return [one.shard for one in shard_states.scan(scope.within("000000000000", "us-east-1"))]

    assert len(cloud.run(cloud.kernel.transact(kept))) == 3
    cloud.turn(hours=30)
    stream.put("much later")
    cloud.settle()
    assert out.taken() == [["much later"]]
    assert len(cloud.run(cloud.kernel.transact(kept))) == 2


@pytest.mark.spec("LAM-036")
def test_a_tumbling_window_hands_its_state_on_and_ends_by_the_clock(cloud, aws, client, copier, out):
    copier()
    stream = Stream(aws)
    mapping_of(client, stream.arn, TumblingWindowInSeconds=60, BatchSize=2)
    cloud.turn(60 - cloud.now // 1000 % 60 + 1)  # a window begins
    stream.put("a", "b", "c", key="k")
    cloud.turn(30)
    stream.put("d", key="k")
    assert out.taken() == []
    cloud.turn(40)
    ((window, state),) = out.taken()
    assert state == {"sum": 4}
    assert window["start"].endswith(":00Z")


@pytest.mark.spec("LAM-019")
def test_changes_of_a_table_come_as_inserts_modifications_and_removals(cloud, aws, client, copier, out):
    copier()
    dynamodb = aws.client("dynamodb")
    dynamodb.create_table(
        TableName="changes",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    arn = dynamodb.describe_table(TableName="changes")["Table"]["LatestStreamArn"]
    dynamodb.put_item(TableName="changes", Item={"id": {"S": "old"}})
    cloud.turn(10)
    mapping_of(client, arn, StartingPosition="LATEST", FilterCriteria={"Filters": [{"Pattern": "{}"}]})
    dynamodb.put_item(TableName="changes", Item={"id": {"S": "a"}, "b": {"B": b"\x00\x01"}})
    dynamodb.put_item(TableName="changes", Item={"id": {"S": "a"}, "n": {"N": "1"}})
    dynamodb.delete_item(TableName="changes", Key={"id": {"S": "a"}})
    cloud.settle()
    seen = [one for batch in out.taken() for one in batch]
    assert seen == [["INSERT", "a"], ["MODIFY", "a"], ["REMOVE", "a"]]


def test_binary_data_of_records_comes_in_base64(cloud, aws, client, make_function, out, make_queue):
    code = "def handler(event, context):\n    raise ValueError(event['Records'][0]['kinesis']['data'])\n"
    make_function("copier", code)
    stream = Stream(aws)
    stream.client.put_record(StreamName="events", Data=b"\xff\x00", PartitionKey="k")
    made = mapping_of(client, stream.arn, MaximumRetryAttempts=0)
    cloud.settle()
    assert base64.b64encode(b"\xff\x00").decode() == "/wA="
    shown = client.get_event_source_mapping(UUID=made["UUID"])
    assert shown["LastProcessingResult"] == "PROBLEM: Function call failed"
    assert json.dumps(shown["DestinationConfig"]) == '{"OnFailure": {}}'
