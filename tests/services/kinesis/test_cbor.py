"""Kinesis in CBOR, as Java's SDKs call it unless they are told otherwise."""

import datetime as dt

import cbor2
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from skyglobe.kernel.wire import Request

TYPE = "application/x-amz-cbor-1.1"


@pytest.fixture
def call(cloud):
    """Call an operation with a CBOR body; return status, headers and decoded answer."""

    def send(operation, body):
        data = body if isinstance(body, bytes) else cbor2.dumps(body)
        headers = {"Content-Type": TYPE, "X-Amz-Target": f"Kinesis_20131202.{operation}"}
        signed = AWSRequest("POST", "http://kinesis.us-east-1.localhost/", headers=headers, data=data)
        SigV4Auth(Credentials("test", "test"), "kinesis", "us-east-1").add_auth(signed)
        sent = {name.lower(): value for name, value in signed.headers.items()}
        sent |= {"host": "kinesis.us-east-1.localhost", "content-length": str(len(data))}
        answer = cloud.send(Request("POST", "/", "", sent, data))
        return answer.status, answer.headers, cbor2.loads(answer.body) if answer.body else None

    return send


def test_records_go_in_and_out_as_bytes_with_times_in_milliseconds(call, cloud):
    before = cloud.now
    assert call("CreateStream", {"StreamName": "s", "ShardCount": 1})[0] == 200
    entries = [{"Data": bytes([number, 255, 0]), "PartitionKey": "k"} for number in range(3)]
    status, headers, put = call("PutRecords", {"StreamName": "s", "Records": entries})
    assert (status, headers["Content-Type"]) == (200, TYPE)
    assert put["FailedRecordCount"] == 0
    assert [record["ShardId"] for record in put["Records"]] == ["shardId-000000000000"] * 3
    since = cbor2.CBORTag(1, before - 1000)
    asked = {"StreamName": "s", "ShardId": "shardId-000000000000", "ShardIteratorType": "AT_TIMESTAMP"}
    _, _, found = call("GetShardIterator", {**asked, "Timestamp": since})
    _, _, got = call("GetRecords", {"ShardIterator": found["ShardIterator"]})
    assert [record["Data"] for record in got["Records"]] == [entry["Data"] for entry in entries]
    arrived = got["Records"][0]["ApproximateArrivalTimestamp"]
    assert before <= arrived <= cloud.now
    assert set(got["Records"][0]) == {"SequenceNumber", "ApproximateArrivalTimestamp", "Data", "PartitionKey"}
    ahead = int(dt.datetime.now(dt.UTC).timestamp() * 1000) + 10_000_000
    status, _, told = call("GetShardIterator", {**asked, "Timestamp": cbor2.CBORTag(1, ahead)})
    assert (status, told["__type"]) == (400, "InvalidArgumentException")


def test_errors_come_in_cbor_too(call):
    status, headers, told = call("DescribeStream", {"StreamName": "nothing"})
    assert (status, headers["Content-Type"]) == (400, TYPE)
    assert told == {
        "__type": "ResourceNotFoundException",
        "message": "Stream nothing under account 000000000000 not found.",
    }
    status, _, told = call("DescribeStream", b"\xff\xff")
    assert (status, told["__type"]) == (400, "SerializationException")
    status, _, told = call("Nothing", {})
    assert (status, told["__type"]) == (400, "UnknownOperationException")
    status, _, told = call("CreateStream", {"StreamName": "a b", "ShardCount": 1})
    assert (status, told["__type"]) == (400, "ValidationException")
