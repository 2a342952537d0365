"""What every answer carries, whatever the service: request ids, protocol errors, what was not taken into account."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.config import Config as ClientConfig
from botocore.exceptions import ClientError

from skyglobe.kernel.config import Config
from skyglobe.kernel.service import Service
from skyglobe.kernel.wire import Request
from skyglobe.testing import TestCloud


def metadata(call: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
    """Return the response metadata of a call, whether it goes well or not."""
    try:
        answer = call(*args, **kwargs)
    except ClientError as error:
        answer = error.response
    found: dict[str, Any] = answer["ResponseMetadata"]
    return found


@pytest.mark.spec("SDK-009")
def test_every_reply_has_a_request_id(aws: Any) -> None:
    seen = {
        metadata(aws.client("sqs").list_queues)["RequestId"],
        metadata(aws.client("sqs").get_queue_url, QueueName="none")["RequestId"],
        metadata(aws.client("sts").get_caller_identity)["RequestId"],
        metadata(aws.client("lambda").list_functions)["RequestId"],
        metadata(aws.client("ec2").describe_instances)["RequestId"],
        metadata(aws.client("cloudwatch").list_metrics)["RequestId"],
        metadata(aws.client("s3").list_buckets)["RequestId"],
    }
    assert len(seen) == 7
    assert all(seen)
    s3 = metadata(aws.client("s3").list_buckets)
    assert s3["HostId"] == s3["HTTPHeaders"]["x-amz-id-2"]
    failed = metadata(aws.client("s3").head_bucket, Bucket="none-of-this-name")
    assert failed["HTTPHeaders"]["x-amz-request-id"]


@pytest.mark.spec("SDK-003")
def test_one_endpoint_answers_for_every_service(aws: Any) -> None:
    """Services that are built answer; the others say which operation is missing: none is taken for another."""
    for service, operation in [
        ("glue", "get_jobs"),
        ("ec2", "describe_vpcs"),
        ("ecs", "list_clusters"),
        ("route53", "list_hosted_zones"),
        ("rds", "describe_db_instances"),
    ]:
        client = aws.client(service)
        with pytest.raises(ClientError) as caught:
            getattr(client, operation)()
        name = client.meta.method_to_api_mapping[operation]
        assert f"{service}.{name}" in caught.value.response["Error"]["Message"]
    assert aws.client("sqs").list_queues()["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert aws.client("sns").list_topics()["Topics"] == []
    assert aws.client("kinesis").list_streams()["StreamNames"] == []
    assert aws.client("lambda").list_functions()["Functions"] == []
    assert aws.client("firehose").list_delivery_streams()["DeliveryStreamNames"] == []
    assert aws.client("s3").list_buckets()["Buckets"] == []
    assert aws.client("iam").list_roles()["Roles"] == []


def test_a_nameless_caller_is_asked_for_a_token(cloud: TestCloud) -> None:
    answer = cloud.send(Request("POST", "/", "", {"x-amz-target": "AmazonSQS.ListQueues"}, b"{}"))
    assert answer.status in (400, 403)
    assert b"MissingAuthenticationToken" in bytes(answer.body)


def test_nobody_anonymous_lists_buckets(cloud: TestCloud) -> None:
    answer = cloud.send(Request("GET", "/", "", {"host": "s3.localhost"}))
    assert answer.status == 403
    assert b"<Code>AccessDenied</Code>" in bytes(answer.body)


@pytest.fixture
def forgetful(cloud: TestCloud) -> TestCloud:
    """A cloud whose STS takes a session's duration without making anything of it."""
    sts = Service("sts")

    @sts.operation(unused=("DurationSeconds",))
    def get_session_token(call: Any) -> dict[str, Any]:
        return {}

    cloud.kernel.services._found["sts"] = sts
    return cloud


def test_members_without_effect_are_named_in_the_answer(forgetful: TestCloud) -> None:
    sts = forgetful.client("sts")
    headers = metadata(sts.get_session_token, DurationSeconds=900)["HTTPHeaders"]
    assert headers["x-skyglobe-ignored"] == "DurationSeconds"
    assert "x-skyglobe-ignored" not in metadata(sts.get_session_token)["HTTPHeaders"]


class TestStrict:
    """``--strict`` refuses what would have no effect."""

    @pytest.fixture
    def cloud_config(self) -> Config:
        return Config(strict=True)

    def test_members_without_effect_are_refused(self, forgetful: TestCloud) -> None:
        sts = forgetful.client("sts")
        sts.get_session_token()
        with pytest.raises(ClientError, match="DurationSeconds") as caught:
            sts.get_session_token(DurationSeconds=900)
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


class TestStrictAuthentication:
    """``--strict-auth`` knows only keys that were issued."""

    @pytest.fixture
    def cloud_config(self) -> Config:
        return Config(lenient_auth=False, root_key=("AKIAROOTROOTROOTROOT", "secret"))

    def test_unknown_keys_are_refused(self, aws: Any) -> None:
        with pytest.raises(ClientError) as caught:
            aws.client("sts").get_caller_identity()
        assert caught.value.response["Error"]["Code"] == "InvalidClientTokenId"

    def test_the_configured_root_key_is_admitted(self, cloud: TestCloud) -> None:
        session = cloud.session()
        session._session.set_credentials("AKIAROOTROOTROOTROOT", "secret")
        assert session.client("sts").get_caller_identity()["Arn"].endswith(":root")
        session._session.set_credentials("AKIAROOTROOTROOTROOT", "another")
        with pytest.raises(ClientError) as caught:
            session.client("sts").get_caller_identity()
        assert caught.value.response["Error"]["Code"] == "SignatureDoesNotMatch"


@pytest.mark.spec("SDK-008")
def test_broken_constraints_are_told_in_aws_words(aws: Any) -> None:
    sts = aws.client("sts", config=ClientConfig(parameter_validation=False))
    with pytest.raises(ClientError) as caught:
        sts.get_access_key_info(AccessKeyId="short")
    error = caught.value.response["Error"]
    assert error["Code"] == "ValidationError"
    assert error["Message"] == (
        "1 validation error detected: Value 'short' at 'accessKeyId' failed to satisfy constraint: "
        "Member must have length greater than or equal to 16"
    )


def test_a_defect_of_our_own_is_told_without_a_traceback(cloud: TestCloud, caplog: pytest.LogCaptureFixture) -> None:
    sts = Service("sts")

    @sts.operation
    def get_caller_identity(call: Any) -> dict[str, Any]:
        raise ZeroDivisionError("secret detail")

    cloud.kernel.services._found["sts"] = sts
    client = cloud.client("sts", config=ClientConfig(retries={"total_max_attempts": 1}))
    with pytest.raises(ClientError) as caught:
        client.get_caller_identity()
    assert caught.value.response["Error"]["Code"] == "InternalFailure"
    assert "secret detail" not in str(caught.value)
    assert "secret detail" in caplog.text
