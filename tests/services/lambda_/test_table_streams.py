"""Streams of tables as sources of events: images, copies of tables, and records that functions fail with."""

import json
import random

import pytest

from tests.services.lambda_.conftest import SEND

FUNCTION = (
    SEND
    + """
import json
def call(operation, given):
    scope = "Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0"
    headers = {
        "Authorization": "AWS4-HMAC-SHA256 " + scope,
        "X-Amz-Target": "DynamoDB_20120810." + operation,
        "Content-Type": "application/x-amz-json-1.0",
    }
    request = urllib.request.Request(os.environ["ENDPOINT"], json.dumps(given).encode(), headers)
    urllib.request.urlopen(request).read()

def copy(records):
    last = {json.dumps(one["dynamodb"]["Keys"]): one["dynamodb"] for one in records}
    changes = [
        {"PutRequest": {"Item": one["NewImage"]}} if "NewImage" in one else {"DeleteRequest": {"Key": one["Keys"]}}
        for one in last.values()
    ]
    for first in range(0, len(changes), 25):
        call("BatchWriteItem", {"RequestItems": {"copy": changes[first : first + 25]}})

def handler(event, context):
    records = event["Records"]
    table = records[0]["eventSourceARN"].split("/")[1]
    if table == "source":
        return copy(records)
    names = [one["dynamodb"]["Keys"]["id"]["S"] for one in records]
    send(json.dumps([table, records if table == "whole" else names]))
    if "poison" in names:
        if table == "partial":
            bad = records[names.index("poison")]["dynamodb"]["SequenceNumber"]
            return {"batchItemFailures": [{"itemIdentifier": bad}]}
        raise ValueError("poison")
"""
)


@pytest.fixture
def out(make_queue):
    return make_queue("out")


@pytest.fixture
def function(cloud, make_function, out):
    variables = {"ENDPOINT": cloud.listen(), "OUT": out.url}
    make_function("copier", FUNCTION, Timeout=30, Environment={"Variables": variables})
    return "copier"


class Source:
    """A table with a stream."""

    def __init__(self, aws, name):
        self.dynamodb, self.name = aws.client("dynamodb"), name
        made = self.dynamodb.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )["TableDescription"]
        self.arn = made["LatestStreamArn"]

    def map(self, client, position="TRIM_HORIZON", **more):
        given = {"StartingPosition": position, **more}
        client.create_event_source_mapping(FunctionName="copier", EventSourceArn=self.arn, **given)

    def put(self, *names, **more):
        for name in names:
            self.dynamodb.put_item(TableName=self.name, Item={"id": {"S": name}, **more})

    def items(self):
        return sorted(self.dynamodb.scan(TableName=self.name)["Items"], key=lambda item: item["id"]["S"])


@pytest.mark.spec("DST-002", "DST-006", "DBD-007")
def test_each_change_invokes_the_function_with_keys_and_images(cloud, aws, client, function, out):
    table = Source(aws, "whole")
    table.put("before")
    cloud.turn(10)
    table.map(client, "LATEST")
    cloud.turn(5)
    before = cloud.now
    table.put("a", n={"N": "1"})
    table.put("a", n={"N": "2"})
    cloud.settle()
    told = [record for _, records in out.taken() for record in records]
    assert cloud.now - before < 60_000  # nothing had to be waited for but the work itself
    assert [(one["eventName"], one["dynamodb"]["Keys"]) for one in told] == [
        ("INSERT", {"id": {"S": "a"}}),
        ("MODIFY", {"id": {"S": "a"}}),
    ]
    assert "OldImage" not in told[0]["dynamodb"]
    images = told[1]["dynamodb"]["OldImage"], told[1]["dynamodb"]["NewImage"]
    assert images == ({"id": {"S": "a"}, "n": {"N": "1"}}, {"id": {"S": "a"}, "n": {"N": "2"}})
    assert (told[0]["eventSource"], told[0]["eventSourceARN"]) == ("aws:dynamodb", table.arn)


@pytest.mark.spec("DST-004")
def test_a_function_keeps_a_second_table_equal_to_the_first(cloud, aws, client, function):
    source, copy = Source(aws, "source"), Source(aws, "copy")
    source.map(client)
    rng = random.Random(11)
    for number in range(40):
        names = rng.sample(range(60), 25)
        changes = [
            {"DeleteRequest": {"Key": {"id": {"S": str(name)}}}}
            if rng.random() < 0.3
            else {"PutRequest": {"Item": {"id": {"S": str(name)}, "n": {"N": str(number)}}}}
            for name in names
        ]
        source.dynamodb.batch_write_item(RequestItems={"source": changes})
    cloud.settle()
    assert len(source.items()) > 20
    assert copy.items() == source.items()


@pytest.mark.spec("DST-014")
def test_poison_in_a_tables_stream_is_filtered_bisected_reported_and_told(
    cloud, aws, client, function, out, make_queue
):
    failures = make_queue("failures")
    inserts = {"Filters": [{"Pattern": json.dumps({"eventName": ["INSERT"]})}]}
    more = {
        "FilterCriteria": inserts,
        "MaximumRetryAttempts": 1,
        "DestinationConfig": {"OnFailure": {"Destination": failures.arn}},
    }
    halved, partial = Source(aws, "halved"), Source(aws, "partial")
    for table in (halved, partial):
        table.put("a", "b", "poison", "c")
        table.put("a", n={"N": "1"})  # a change, which the filter leaves out
    halved.map(client, BisectBatchOnFunctionError=True, **more)
    partial.map(client, FunctionResponseTypes=["ReportBatchItemFailures"], **more)
    cloud.turn(300)
    seen = {"halved": [], "partial": []}
    for name, names in out.taken():
        seen[name].append(names)
    assert all(batches[0] == ["a", "b", "poison", "c"] for batches in seen.values())
    assert ["poison"] in seen["halved"]
    assert seen["halved"][-1] == ["c"]
    assert ["poison", "c"] in seen["partial"]
    told = failures.taken()
    assert {one["DDBStreamBatchInfo"]["streamArn"] for one in told} == {halved.arn, partial.arn}
    assert {one["requestContext"]["condition"] for one in told} == {"RetryAttemptsExhausted"}
