"""What every SDK does before and after a request: it looks for a region, and tries again when it is throttled."""

import contextlib
import json

import pytest
from botocore import UNSIGNED
from botocore.config import Config as ClientConfig
from botocore.exceptions import ClientError, NoRegionError

from skyglobe.kernel.config import Config
from skyglobe.kernel.wire import Request
from skyglobe.testing import TestCloud


@pytest.fixture
def nowhere(cloud, monkeypatch):
    """A session that was told no region."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    session = cloud.session()
    session._session.set_config_variable("region", None)
    return session


def scope_of(client, call):
    """Return the region and service that a client signs a call for."""
    scopes = []
    event = f"before-send.{client.meta.service_model.service_id.hyphenize()}"
    client.meta.events.register(event, lambda request, **_: scopes.append(request.headers["Authorization"]))
    call()
    parts = scopes[0].decode().split("Credential=")[1].split(",")[0].split("/")
    return parts[2], parts[3]


@pytest.mark.spec("SDK-001")
def test_without_a_region_only_global_services_are_found(nowhere):
    with pytest.raises(NoRegionError):
        nowhere.client("sqs")
    s3, iam = nowhere.client("s3"), nowhere.client("iam")
    assert scope_of(s3, s3.list_buckets) == ("us-east-1", "s3")
    assert scope_of(iam, iam.list_users) == ("us-east-1", "iam")


@pytest.mark.spec("SDK-002")
def test_requests_without_a_region_are_of_us_east_1(cloud):
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="open")
    s3.delete_public_access_block(Bucket="open")
    allowed = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::open/*"]}
    condition = {"Condition": {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}}
    s3.put_bucket_policy(
        Bucket="open", Policy=json.dumps({"Version": "2012-10-17", "Statement": [allowed | condition]})
    )
    s3.put_object(Bucket="open", Key="a", Body=b"apple")
    anonymous = cloud.session().client("s3", config=ClientConfig(signature_version=UNSIGNED))
    assert anonymous.get_object(Bucket="open", Key="a")["Body"].read() == b"apple"
    answer = cloud.send(Request("GET", "/open/a", "", {"host": "s3.amazonaws.com"}))
    assert (answer.status, answer.body) == (200, b"apple")
    for service in ("iam", "organizations"):
        client = cloud.session(region="ap-southeast-2").client(service)
        call = client.list_users if service == "iam" else client.list_roots
        region, _ = scope_of(client, lambda call=call: _whatever(call))
        assert region == "us-east-1"


def _whatever(call):
    """Make a call, whatever is answered."""
    with contextlib.suppress(ClientError):
        call()


@pytest.mark.spec("SDK-007")
@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_a_throttled_client_tries_again_and_succeeds(mode, monkeypatch):
    cloud = TestCloud(Config(quotas=True))
    monkeypatch.setattr("time.sleep", lambda seconds: cloud.turn(seconds + 1))
    try:
        kinesis = cloud.session().client("kinesis", config=ClientConfig(retries={"mode": mode, "max_attempts": 5}))
        kinesis.create_stream(StreamName="leaves", ShardCount=1)
        cloud.turn(60)
        big = {"StreamName": "leaves", "Data": b"x" * 900_000, "PartitionKey": "k"}  # a shard takes 1 MiB a second
        first = kinesis.put_record(**big)["ResponseMetadata"]["RetryAttempts"]
        second = kinesis.put_record(**big)["ResponseMetadata"]["RetryAttempts"]
        assert first == 0
        assert second > 0
    finally:
        cloud.close()
