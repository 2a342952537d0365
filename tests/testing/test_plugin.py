"""Clouds in the test's own process: as fixtures, as a context, as a decorator, for a whole suite."""

import urllib.error
import urllib.request

import boto3
import pytest
from botocore.exceptions import ClientError

import skyglobe
from skyglobe.testing import TestCloud

pytest_plugins = ["pytester"]


def test_every_cloud_starts_empty(aws):
    aws.client("sqs").create_queue(QueueName="left-behind")
    other = TestCloud()
    try:
        assert "QueueUrls" not in other.client("sqs").list_queues()
    finally:
        other.close()


def test_accounts_and_regions_do_not_see_each_other(cloud):
    cloud.session(account="111111111111").client("sqs").create_queue(QueueName="mine")
    cloud.session(account="111111111111", region="eu-west-1").client("sqs").create_queue(QueueName="abroad")
    assert "QueueUrls" not in cloud.session(account="222222222222").client("sqs").list_queues()
    urls = cloud.session(account="111111111111").client("sqs").list_queues()["QueueUrls"]
    assert [url.rpartition("/")[2] for url in urls] == ["mine"]


def test_the_context_answers_clients_that_know_nothing_of_it(monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    before = boto3.client("sts", region_name="eu-west-1", aws_access_key_id="test", aws_secret_access_key="test")
    with skyglobe.cloud() as cloud:
        assert boto3.client("sts").get_caller_identity()["Account"] == "000000000000"
        assert before.get_caller_identity()["Account"] == "000000000000"
        cloud.turn(days=1)


@skyglobe.cloud()
def test_the_decorator_does_the_same():
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="decorated")
    s3.put_object(Bucket="decorated", Key="a", Body=b"bytes")
    assert s3.get_object(Bucket="decorated", Key="a")["Body"].read() == b"bytes"


def test_what_is_not_built_is_refused_by_name(aws):
    with pytest.raises(ClientError, match=r"ec2\.DescribeInstances") as caught:
        aws.client("ec2").describe_instances()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_seconds_turn_the_clock(cloud):
    before = cloud.now
    cloud.turn(seconds=90)
    cloud.turn(days=2)
    assert 0 <= cloud.now - before - (2 * 86_400 + 90) * 1000 < 60_000


def test_a_suite_can_run_inside_clouds(pytester):
    pytester.makepyfile(
        """
        import boto3

        def test_one():
            boto3.client("sqs").create_queue(QueueName="q")

        def test_two():
            assert "QueueUrls" not in boto3.client("sqs").list_queues()
        """
    )
    pytester.runpytest_subprocess("--skyglobe", "-p", "no:cacheprovider").assert_outcomes(passed=2)


def test_a_server_can_be_had_for_clients_that_want_sockets(endpoint):
    with urllib.request.urlopen(f"{endpoint}/_skyglobe/health") as answer:
        assert answer.status == 200
    client = boto3.client(
        "sts", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    assert client.get_caller_identity()["Account"] == "000000000000"
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{endpoint}/_skyglobe/nothing")
    assert caught.value.code == 404
