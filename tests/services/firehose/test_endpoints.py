"""Deliveries to HTTP endpoints."""

import base64
import json

import pytest

from tests.services.firehose.conftest import BUCKET, StreamInHand


@pytest.fixture
def to_endpoint(firehose, s3, role, endpoint):
    def make(url=None, **more):
        configuration = {
            "EndpointConfiguration": {"Url": url or endpoint.url, "Name": "mine", "AccessKey": "secret"},
            "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 60},
            "RetryOptions": {"DurationInSeconds": 300},
            "S3Configuration": {"RoleARN": role, "BucketARN": BUCKET},
            **more,
        }
        firehose.create_delivery_stream(
            DeliveryStreamName="to-endpoint", HttpEndpointDestinationConfiguration=configuration
        )
        return StreamInHand(firehose, "to-endpoint")

    return make


def test_an_endpoint_is_sent_requests_as_specified(cloud, to_endpoint, endpoint, landed):
    attributes = [{"AttributeName": "env", "AttributeValue": "test"}]
    stream = to_endpoint(RequestConfiguration={"ContentEncoding": "GZIP", "CommonAttributes": attributes})
    stream.put_many([b"one", b"\x00two"])
    cloud.turn(61)
    ((headers, content),) = endpoint.requests
    assert [base64.b64decode(record["data"]) for record in content["records"]] == [b"one", b"\x00two"]
    assert headers["X-Amz-Firehose-Request-Id"] == content["requestId"]
    assert headers["X-Amz-Firehose-Protocol-Version"] == "1.0"
    assert headers["X-Amz-Firehose-Access-Key"] == "secret"
    assert headers["X-Amz-Firehose-Source-Arn"] == stream.described["DeliveryStreamARN"]
    assert json.loads(headers["X-Amz-Firehose-Common-Attributes"]) == {"commonAttributes": {"env": "test"}}
    assert abs(content["timestamp"] - cloud.now) < 5_000
    assert landed() == {}
    shown = stream.described["Destinations"][0]["HttpEndpointDestinationDescription"]
    assert shown["EndpointConfiguration"] == {"Url": endpoint.url, "Name": "mine"}


def test_an_endpoint_that_fails_is_asked_again(cloud, to_endpoint, endpoint, landed):
    stream = to_endpoint()
    endpoint.status = 500
    stream.put("stubborn")
    cloud.turn(61)
    assert len(endpoint.requests) == 1
    endpoint.status = 200
    cloud.turn(6)
    assert len(endpoint.requests) == 2
    assert endpoint.requests[0][1]["records"] == endpoint.requests[1][1]["records"]
    cloud.turn(hours=1)
    assert len(endpoint.requests) == 2
    assert landed() == {}


@pytest.mark.spec("KFH-013")
@pytest.mark.parametrize("fault", ["status", "answer", "nobody"])
def test_what_an_endpoint_never_takes_goes_to_the_error_prefix(cloud, to_endpoint, endpoint, landed, fault):
    stream = to_endpoint(url="https://127.0.0.1:9/" if fault == "nobody" else None)
    if fault == "status":
        endpoint.status = 503
    endpoint.answer = {"requestId": "another", "timestamp": 1}
    stream.put_many([b"a", b"b"])
    cloud.turn(61)
    cloud.turn(200)
    assert landed() == {}
    cloud.turn(200)
    ((key, content),) = landed().items()
    assert key.startswith("http-endpoint-failed/")
    lines = [json.loads(line) for line in content.splitlines()]
    assert [base64.b64decode(line["rawData"]) for line in lines] == [b"a", b"b"]
    assert lines[0]["errorCode"].startswith("HttpEndpoint.")
    assert lines[0]["attemptsMade"] > 3
    asked = len(endpoint.requests)
    cloud.turn(hours=1)
    assert len(endpoint.requests) == asked


@pytest.mark.parametrize("url", ["https://[::1", "https://h:99999/", "https:///path", "http://plain"])
def test_what_is_no_url_is_refused(to_endpoint, refused, url):
    assert refused(to_endpoint, url)[0] in ("InvalidArgumentException", "ValidationException")


def test_everything_can_be_backed_up(cloud, to_endpoint, endpoint, landed):
    stream = to_endpoint(S3BackupMode="AllData")
    stream.put("x")
    cloud.turn(61)
    assert len(endpoint.requests) == 1
    assert list(landed().values()) == [b"x"]
