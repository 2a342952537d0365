"""Policies of resources: they let others in, from the next call on, and these stay who they are."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from skyglobe.testing import TestCloud

A, B = "111111111111", "222222222222"


def allow(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def denied(call: Any, **params: Any) -> None:
    with pytest.raises(ClientError) as caught:
        call(**params)
    assert caught.value.response["Error"]["Code"] in ("AccessDenied", "AuthorizationError", "AccessDeniedException")


@pytest.fixture
def here(cloud: TestCloud) -> Any:
    return cloud.session(account=A)


@pytest.fixture
def there(cloud: TestCloud) -> Any:
    return cloud.session(account=B)


@pytest.fixture
def user(cloud: TestCloud, here: Any) -> Callable[..., Any]:
    """Return a function that makes a user of account A with inline statements, and returns its session."""

    def make(name: str, *statements: dict[str, Any]) -> Any:
        iam = here.client("iam")
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
        return cloud.session_with(iam.create_access_key(UserName=name)["AccessKey"])

    return make


READ, WRITE = allow("s3:GetObject", "arn:aws:s3:::mine/*"), allow("s3:PutObject", "arn:aws:s3:::theirs/*")


@pytest.fixture
def buckets(here: Any, there: Any) -> Callable[[str], None]:
    """A bucket of each account; the function opens the other account's one to somebody."""
    s3 = here.client("s3")
    s3.create_bucket(Bucket="mine")
    s3.put_object(Bucket="mine", Key="a", Body=b"apple")
    theirs = there.client("s3")
    theirs.create_bucket(Bucket="theirs")

    def open_to(principal: str) -> None:
        grant = {**WRITE, "Principal": {"AWS": principal}}
        theirs.put_bucket_policy(Bucket="theirs", Policy=document(grant))

    return open_to


def copy(session: Any) -> Callable[..., Any]:
    s3 = session.client("s3")
    source = {"Bucket": "mine", "Key": "a"}
    return lambda: s3.copy_object(Bucket="theirs", Key="a", CopySource=source)


@pytest.mark.spec("PEV-007")
def test_a_user_let_in_elsewhere_keeps_its_rights_at_home(there: Any, user: Any, buckets: Any) -> None:
    ann, bob = user("ann", READ, WRITE), user("bob", WRITE)
    denied(copy(ann))
    buckets(f"arn:aws:iam::{A}:root")
    denied(copy(bob))
    copy(ann)()
    assert there.client("s3").get_object(Bucket="theirs", Key="a")["Body"].read() == b"apple"


@pytest.mark.spec("PEV-007")
def test_a_role_copies_between_accounts_only_with_both_rights_of_its_own(
    cloud: TestCloud, here: Any, user: Any, buckets: Any
) -> None:
    iam = here.client("iam")
    trust = document({"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{A}:root"}, "Action": "sts:AssumeRole"})
    role = iam.create_role(RoleName="mover", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    buckets(role)
    ann = user("ann", READ, WRITE, allow("sts:AssumeRole"))
    answer = ann.client("sts").assume_role(RoleArn=role, RoleSessionName="move")
    mover = cloud.session_with(answer["Credentials"])
    for own, may in (([READ], False), ([WRITE], False), ([READ, WRITE], True)):
        iam.put_role_policy(RoleName="mover", PolicyName="own", PolicyDocument=document(*own))
        if may:
            copy(mover)()
        else:
            denied(copy(mover))


def test_queues_topics_buckets_and_streams_let_others_in_from_the_next_call_on(
    cloud: TestCloud, there: Any, user: Any
) -> None:
    ann = user("ann", allow("*"))
    principal = {"AWS": f"arn:aws:iam::{A}:user/ann"}

    def grant(action: str, resource: str) -> str:
        return document({**allow(action, resource), "Principal": principal})

    def opens(call: Callable[[], Any], opening: Callable[[], Any], closing: Callable[[], Any]) -> None:
        denied(call)
        opening()
        call()
        closing()
        denied(call)

    sqs, sns, s3, kinesis = (there.client(name) for name in ("sqs", "sns", "s3", "kinesis"))
    queue, inbox = sqs.create_queue(QueueName="inbox")["QueueUrl"], f"arn:aws:sqs:us-east-1:{B}:inbox"
    sent = {"QueueUrl": queue, "MessageBody": "hello"}
    opens(
        lambda: ann.client("sqs").send_message(**sent),
        lambda: sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": grant("sqs:SendMessage", inbox)}),
        lambda: sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": ""}),
    )
    opens(
        lambda: ann.client("sqs").send_message(**sent),
        lambda: sqs.add_permission(QueueUrl=queue, Label="a", AWSAccountIds=[A], Actions=["SendMessage"]),
        lambda: sqs.remove_permission(QueueUrl=queue, Label="a"),
    )
    topic = sns.create_topic(Name="news")["TopicArn"]
    usual = sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]

    def put(policy: str) -> None:
        sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)

    def publish() -> None:
        ann.client("sns").publish(TopicArn=topic, Message="hello")

    opens(publish, lambda: put(grant("sns:Publish", topic)), lambda: put(usual))
    opens(
        publish,
        lambda: sns.add_permission(TopicArn=topic, Label="a", AWSAccountId=[A], ActionName=["Publish"]),
        lambda: sns.remove_permission(TopicArn=topic, Label="a"),
    )
    s3.create_bucket(Bucket="theirs")
    opens(
        lambda: ann.client("s3").put_object(Bucket="theirs", Key="a", Body=b""),
        lambda: s3.put_bucket_policy(Bucket="theirs", Policy=grant("s3:PutObject", "arn:aws:s3:::theirs/*")),
        lambda: s3.delete_bucket_policy(Bucket="theirs"),
    )
    kinesis.create_stream(StreamName="feed", ShardCount=1)
    cloud.turn(minutes=1)
    stream = f"arn:aws:kinesis:us-east-1:{B}:stream/feed"
    opens(
        lambda: ann.client("kinesis").put_record(StreamARN=stream, Data=b"x", PartitionKey="k"),
        lambda: kinesis.put_resource_policy(ResourceARN=stream, Policy=grant("kinesis:PutRecord", stream)),
        lambda: kinesis.delete_resource_policy(ResourceARN=stream),
    )
