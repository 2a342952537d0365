"""Policies at work: real keys, made through IAM, used by unmodified boto3 against other services."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from skyglobe.testing import TestCloud

A, B = "111111111111", "222222222222"
S3_READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"


def allow(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture
def root(cloud: TestCloud) -> Any:
    return cloud.session(account=A)


@pytest.fixture
def user(cloud: TestCloud, root: Any) -> Callable[..., Any]:
    """Return a function that makes a user of account A with inline statements, and returns its session."""

    def make(name: str, *statements: dict[str, Any]) -> Any:
        iam = root.client("iam")
        iam.create_user(UserName=name)
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        session = cloud.session()
        session._session.set_credentials(key["AccessKeyId"], key["SecretAccessKey"])
        return session

    return make


def denied(call: Any, *args: Any, **kwargs: Any) -> str:
    """Return the message of the AccessDenied that a call meets."""
    with pytest.raises(ClientError) as caught:
        call(*args, **kwargs)
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    message: str = caught.value.response["Error"]["Message"]
    return message


@pytest.mark.spec("IAM-002", "PEV-003")
def test_a_new_user_may_do_nothing(user: Any) -> None:
    message = denied(user("ann").client("s3").list_buckets)
    assert message == (
        f"User: arn:aws:iam::{A}:user/ann is not authorized to perform: s3:ListAllMyBuckets on resource: * "
        "because no identity-based policy allows the s3:ListAllMyBuckets action"
    )


@pytest.mark.spec("IAM-001")
def test_root_needs_no_policy(root: Any) -> None:
    assert root.client("s3").list_buckets()["Buckets"] == []
    assert root.client("iam").list_users()["Users"] == []


@pytest.mark.spec("STS-109")
def test_everybody_may_ask_who_they_are(user: Any) -> None:
    ann = user("ann", {"Effect": "Deny", "Action": "*", "Resource": "*"})
    assert ann.client("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{A}:user/ann"


@pytest.mark.spec("IAM-008", "IAM-011", "IAM-012")
def test_rights_end_where_the_policy_ends(root: Any, user: Any) -> None:
    s3 = root.client("s3")
    s3.create_bucket(Bucket="confidential-data")
    s3.put_object(Bucket="confidential-data", Key="open/a", Body=b"a")
    s3.put_object(Bucket="confidential-data", Key="closed/b", Body=b"b")
    bucket = "arn:aws:s3:::confidential-data"
    mine = user("ann", allow("S3:get*", f"{bucket}/open/*"), allow("s3:List*", bucket)).client("s3")
    assert mine.get_object(Bucket="confidential-data", Key="open/a")["Body"].read() == b"a"
    assert mine.list_objects_v2(Bucket="confidential-data")["KeyCount"] == 2
    assert "s3:GetObject" in denied(mine.get_object, Bucket="confidential-data", Key="closed/b")
    assert "s3:PutObject" in denied(mine.put_object, Bucket="confidential-data", Key="open/c", Body=b"")
    denied(mine.list_buckets)


@pytest.mark.spec("IAM-006", "IAM-007", "PEV-111")
def test_members_have_what_their_groups_have_and_lose_it_with_them(root: Any, user: Any) -> None:
    iam = root.client("iam")
    ann = user("ann", allow("sqs:*"))
    iam.create_group(GroupName="readers")
    iam.attach_group_policy(GroupName="readers", PolicyArn=S3_READ_ONLY)
    denied(ann.client("s3").list_buckets)
    iam.add_user_to_group(GroupName="readers", UserName="ann")
    ann.client("s3").list_buckets()
    ann.client("sqs").list_queues()
    iam.remove_user_from_group(GroupName="readers", UserName="ann")
    denied(ann.client("s3").list_buckets)


def test_a_deny_beats_every_allow(root: Any, user: Any) -> None:
    ann = user("ann", allow("*"), {"Effect": "Deny", "Action": "sqs:DeleteQueue", "Resource": "*"})
    sqs = ann.client("sqs")
    url = sqs.create_queue(QueueName="kept")["QueueUrl"]
    assert "with an explicit deny in an identity-based policy" in denied(sqs.delete_queue, QueueUrl=url)


@pytest.mark.spec("SQS-017")
def test_sending_needs_the_right_to_send(root: Any, user: Any) -> None:
    url = root.client("sqs").create_queue(QueueName="work")["QueueUrl"]
    reader = user("reader", allow("sqs:ReceiveMessage")).client("sqs")
    writer = user("writer", allow("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{A}:work")).client("sqs")
    assert "sqs:SendMessage" in denied(reader.send_message, QueueUrl=url, MessageBody="hello")
    writer.send_message(QueueUrl=url, MessageBody="hello")
    writer.send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "again"}])
    assert reader.receive_message(QueueUrl=url)["Messages"]
    denied(writer.receive_message, QueueUrl=url)


@pytest.mark.spec("SQS-018", "PEV-006")
def test_another_account_needs_both_sides(cloud: TestCloud, root: Any, user: Any) -> None:
    theirs = cloud.session(account=B).client("sqs")
    url = theirs.create_queue(QueueName="inbox")["QueueUrl"]
    sender = user("sender", allow("sqs:SendMessage")).client("sqs")
    stranger = user("stranger").client("sqs")
    denied(sender.send_message, QueueUrl=url, MessageBody="hello")
    theirs.add_permission(QueueUrl=url, Label="a", AWSAccountIds=[A], Actions=["SendMessage"])
    sender.send_message(QueueUrl=url, MessageBody="hello")
    denied(stranger.send_message, QueueUrl=url, MessageBody="hello")
    theirs.remove_permission(QueueUrl=url, Label="a")
    denied(sender.send_message, QueueUrl=url, MessageBody="hello")


@pytest.mark.spec("SQS-014")
def test_a_queue_can_refuse_calls_without_tls(cloud: TestCloud, root: Any) -> None:
    sqs = root.client("sqs")
    url = sqs.create_queue(QueueName="secret")["QueueUrl"]
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:SendMessage",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document(statement)})
    plain = root.client("sqs", endpoint_url="http://localhost:4566")
    assert "explicit deny in a resource-based policy" in denied(plain.send_message, QueueUrl=url, MessageBody="hello")
    encrypted = root.client("sqs", endpoint_url="https://localhost:4566")
    encrypted.send_message(QueueUrl=url, MessageBody="hello")


@pytest.mark.spec("PEV-005")
def test_at_home_the_queues_policy_alone_is_enough(root: Any, user: Any) -> None:
    sqs = root.client("sqs")
    url = sqs.create_queue(QueueName="open")["QueueUrl"]
    ann = user("ann").client("sqs")
    denied(ann.send_message, QueueUrl=url, MessageBody="hello")
    statement = allow("sqs:SendMessage", "*", Principal={"AWS": f"arn:aws:iam::{A}:user/ann"})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document(statement)})
    ann.send_message(QueueUrl=url, MessageBody="hello")


def test_a_boundary_limits_what_policies_give(root: Any, user: Any) -> None:
    iam = root.client("iam")
    ann = user("ann", allow("*"))
    ann.client("s3").list_buckets()
    limit = iam.create_policy(PolicyName="limit", PolicyDocument=document(allow("sqs:*")))["Policy"]["Arn"]
    iam.put_user_permissions_boundary(UserName="ann", PermissionsBoundary=limit)
    ann.client("sqs").list_queues()
    assert "no permissions boundary allows" in denied(ann.client("s3").list_buckets)


@pytest.mark.spec("IAM-100")
def test_a_policys_new_default_version_counts_at_once(root: Any, user: Any) -> None:
    iam = root.client("iam")
    ann = user("ann")
    arn = iam.create_policy(PolicyName="growing", PolicyDocument=document(allow("sqs:*")))["Policy"]["Arn"]
    iam.attach_user_policy(UserName="ann", PolicyArn=arn)
    denied(ann.client("s3").list_buckets)
    for _ in range(4):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(allow("s3:*")), SetAsDefault=True)
    ann.client("s3").list_buckets()
    with pytest.raises(ClientError) as caught:
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(allow("*")), SetAsDefault=True)
    assert caught.value.response["Error"]["Code"] == "LimitExceeded"


@pytest.mark.spec("PEV-012")
def test_the_region_asked_for_can_decide(cloud: TestCloud, user: Any) -> None:
    condition = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    ann = user("ann", allow("sqs:ListQueues", Condition=condition))
    ann.client("sqs", region_name="eu-west-1").list_queues()
    denied(ann.client("sqs", region_name="us-east-1").list_queues)


def test_variables_name_the_caller(root: Any, user: Any) -> None:
    root.client("s3").create_bucket(Bucket="homes")
    own = "arn:aws:s3:::homes/${aws:username}/*"
    ann = user("ann", allow(["s3:GetObject", "s3:PutObject"], own)).client("s3")
    ann.put_object(Bucket="homes", Key="ann/diary", Body=b"dear")
    denied(ann.put_object, Bucket="homes", Key="bob/diary", Body=b"dear")
