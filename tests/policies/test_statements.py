"""What one statement says and what another says: actions, conditions, variables and tags, through real calls."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest
from botocore.exceptions import ClientError

from skyglobe.kernel.mfa import STEP_FOR, code_at
from skyglobe.testing import TestCloud

A = "111111111111"


def allow(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def denied(call: Any, *args: Any, **kwargs: Any) -> str:
    """Return the message of the AccessDenied that a call meets."""
    with pytest.raises(ClientError) as caught:
        call(*args, **kwargs)
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    message: str = caught.value.response["Error"]["Message"]
    return message


def outcome(call: Any, **params: Any) -> str:
    """Return the code of the error that a call meets, or that it is allowed."""
    try:
        call(**params)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "allowed"


@pytest.fixture
def root(cloud: TestCloud) -> Any:
    return cloud.session(account=A)


@pytest.fixture
def iam(root: Any) -> Any:
    return root.client("iam")


@pytest.fixture
def user(cloud: TestCloud, iam: Any) -> Callable[..., Any]:
    """Return a function that makes a user with inline statements, and returns its session."""

    def make(name: str, *statements: dict[str, Any], **more: Any) -> Any:
        iam.create_user(UserName=name, **more)
        if statements:
            put(iam, name, *statements)
        return cloud.session_with(iam.create_access_key(UserName=name)["AccessKey"])

    return make


def put(iam: Any, name: str, *statements: dict[str, Any]) -> None:
    """Give a user these statements in place of those it had."""
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))


def tags(**values: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in values.items()]


@pytest.fixture
def prove(cloud: TestCloud, iam: Any) -> Callable[[Any, str], Any]:
    """Return a function that gives a user a device and returns a session proved with its code."""

    def session(of: Any, name: str) -> Any:
        made = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
        seed, serial = base64.b32decode(made["Base32StringSeed"]), made["SerialNumber"]

        def shown(later: int = 0) -> str:
            return code_at(seed, cloud.now // STEP_FOR + later)

        two = {"AuthenticationCode1": shown(), "AuthenticationCode2": shown(1)}
        iam.enable_mfa_device(UserName=name, SerialNumber=serial, **two)
        cloud.turn(minutes=5)
        answer = of.client("sts").get_session_token(SerialNumber=serial, TokenCode=shown())
        return cloud.session_with(answer["Credentials"])

    return session


SECRET = "arn:aws:s3:::confidential-data"
WITH_MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
THREE = (
    {"Sid": "FirstStatement", **allow(["iam:ChangePassword"])},
    {"Sid": "SecondStatement", **allow("s3:ListAllMyBuckets")},
    {"Sid": "ThirdStatement", **allow(["s3:List*", "s3:Get*"], [SECRET, SECRET + "/*"], Condition=WITH_MFA)},
)


@pytest.mark.spec("IAM-013", "IAM-014")
def test_a_condition_on_mfa_binds_its_own_statement_alone(cloud: TestCloud, root: Any, user: Any, prove: Any) -> None:
    s3 = root.client("s3")
    s3.create_bucket(Bucket="confidential-data")
    s3.put_object(Bucket="confidential-data", Key="plan", Body=b"secret")
    ann = user("ann", *THREE)
    plain, proved = ann.client("s3"), prove(ann, "ann").client("s3")
    unproved = cloud.session_with(ann.client("sts").get_session_token()["Credentials"]).client("s3")
    plain.list_buckets()
    asked = {"Bucket": "confidential-data", "Key": "plan"}
    denied(plain.get_object, **asked)
    denied(plain.list_objects_v2, Bucket="confidential-data")
    denied(unproved.get_object, **asked)
    assert proved.get_object(**asked)["Body"].read() == b"secret"
    assert proved.list_objects_v2(Bucket="confidential-data")["KeyCount"] == 1
    proved.list_buckets()
    denied(proved.put_object, **asked, Body=b"")


@pytest.mark.spec("IAM-010")
def test_one_action_and_a_list_of_one_say_the_same(iam: Any, user: Any) -> None:
    ann = user("ann").client("s3")
    denied(ann.list_buckets)
    for number, action in enumerate(("s3:ListAllMyBuckets", ["s3:ListAllMyBuckets"])):
        put(iam, "ann", allow(action))
        ann.list_buckets()
        denied(ann.create_bucket, Bucket="photos")
        text = json.dumps(json.loads(document(allow(action))), indent=3)
        made = iam.create_policy(PolicyName=f"P{number}", PolicyDocument=text)["Policy"]
        put(iam, "ann", allow("sqs:*"))
        iam.attach_user_policy(UserName="ann", PolicyArn=made["Arn"])
        ann.list_buckets()
        iam.detach_user_policy(UserName="ann", PolicyArn=made["Arn"])
        denied(ann.list_buckets)
        read = iam.get_policy_version(PolicyArn=made["Arn"], VersionId="v1")["PolicyVersion"]["Document"]
        assert read == json.loads(text)


@pytest.mark.spec("IAM-010")
def test_a_policys_text_travels_encoded_and_unchanged(iam: Any) -> None:
    text = json.dumps(json.loads(document(allow("s3:GetObject", "arn:aws:s3:::a/${aws:username}/*"))), indent=3)
    arn = iam.create_policy(PolicyName="P", PolicyDocument=text)["Policy"]["Arn"]
    seen: list[bytes] = []
    event = "response-received.iam.GetPolicyVersion"
    iam.meta.events.register(event, lambda response_dict, **_: seen.append(response_dict["body"]))
    iam.get_policy_version(PolicyArn=arn, VersionId="v1")
    sent = seen[0].decode().partition("<Document>")[2].partition("</Document>")[0]
    assert "{" not in sent
    assert unquote(sent) == text


@pytest.mark.spec("PEV-011")
def test_everything_but_the_actions_named_is_allowed(user: Any) -> None:
    ann = user("ann", {"Effect": "Allow", "NotAction": ["iam:*", "s3:Create*"], "Resource": "*"})
    ann.client("s3").list_buckets()
    ann.client("sqs").list_queues()
    denied(ann.client("iam").list_users)
    denied(ann.client("s3").create_bucket, Bucket="photos")


@pytest.mark.spec("PEV-011")
def test_everything_but_the_resources_named_is_allowed(root: Any, user: Any) -> None:
    sqs = root.client("sqs")
    urls = [sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("open", "secret-1", "secret-22")]
    but = f"arn:aws:sqs:*:{A}:secret-?"
    ann = user("ann", {"Effect": "Allow", "Action": "sqs:*", "NotResource": but}).client("sqs")
    ann.send_message(QueueUrl=urls[0], MessageBody="hello")
    denied(ann.send_message, QueueUrl=urls[1], MessageBody="hello")
    ann.send_message(QueueUrl=urls[2], MessageBody="one ? is one character")


@pytest.mark.spec("PEV-011")
def test_each_user_has_the_home_that_its_name_writes(root: Any, user: Any) -> None:
    root.client("s3").create_bucket(Bucket="homes")
    home = "arn:aws:s3:::homes/home/${aws:username}/*"
    listing = {"StringLike": {"s3:prefix": ["home/${aws:username}/*"]}}
    both = (allow("s3:*Object", home), allow("s3:ListBucket", "arn:aws:s3:::homes", Condition=listing))
    ann, bob = user("ann", *both).client("s3"), user("bob", *both).client("s3")
    ann.put_object(Bucket="homes", Key="home/ann/diary", Body=b"dear")
    bob.put_object(Bucket="homes", Key="home/bob/diary", Body=b"dear")
    denied(ann.get_object, Bucket="homes", Key="home/bob/diary")
    denied(bob.put_object, Bucket="homes", Key="home/ann/diary", Body=b"")
    assert ann.list_objects_v2(Bucket="homes", Prefix="home/ann/")["KeyCount"] == 1
    denied(ann.list_objects_v2, Bucket="homes", Prefix="home/bob/")
    denied(ann.list_objects_v2, Bucket="homes")


@pytest.mark.spec("PEV-013")
@pytest.mark.parametrize(
    ("condition", "without", "with_red", "with_blue"),
    [
        ({"StringEquals": {"aws:PrincipalTag/team": "red"}}, False, True, False),
        ({"StringEqualsIfExists": {"aws:PrincipalTag/team": "red"}}, True, True, False),
        ({"StringNotEquals": {"aws:PrincipalTag/team": "red"}}, True, False, True),
        ({"StringLike": {"aws:PrincipalTag/team": "*"}}, False, True, True),
        ({"Null": {"aws:PrincipalTag/team": "true"}}, True, False, False),
        ({"Null": {"aws:PrincipalTag/team": "false"}}, False, True, True),
        ({"NumericLessThan": {"aws:PrincipalTag/team": "7"}}, False, False, False),
        ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}, True, True, True),
        ({"Bool": {"aws:MultiFactorAuthPresent": "false"}}, False, False, False),
    ],
)
def test_a_key_that_is_missing_fails_unless_the_operator_forgives(
    iam: Any, user: Any, condition: dict[str, Any], without: bool, with_red: bool, with_blue: bool
) -> None:
    ann = user("ann", allow("s3:ListAllMyBuckets", Condition=condition)).client("s3")

    found = [outcome(ann.list_buckets)]
    for team in ("red", "blue"):
        iam.tag_user(UserName="ann", Tags=tags(team=team))
        found.append(outcome(ann.list_buckets))
    assert found == ["allowed" if may else "AccessDenied" for may in (without, with_red, with_blue)]


@pytest.mark.spec("PEV-104")
def test_all_and_any_of_many_values(iam: Any, user: Any) -> None:
    ann = user("ann").client("sqs")

    def may(operator: str, name: str, **given: str) -> bool:
        put(iam, "ann", allow(["sqs:CreateQueue", "sqs:TagQueue"], Condition={operator: {"aws:TagKeys": ["a", "b"]}}))
        found = outcome(ann.create_queue, QueueName=name, **({"tags": given} if given else {}))
        assert found in ("allowed", "AccessDenied")
        return found == "allowed"

    every, some = "ForAllValues:StringEquals", "ForAnyValue:StringEquals"
    assert may(every, "e0"), "all of no values"
    assert may(every, "e1", a="1")
    assert may(every, "e2", a="1", b="2")
    assert not may(every, "e3", a="1", c="3")
    assert not may(some, "s0"), "any of no values"
    assert may(some, "s1", a="1", c="3")
    assert not may(some, "s2", c="3")


@pytest.mark.spec("PEV-105")
def test_who_has_a_resources_tag_may_use_it_as_long_as_it_has_it(root: Any, iam: Any, user: Any) -> None:
    sqs = root.client("sqs")
    red = sqs.create_queue(QueueName="red", tags={"team": "red"})["QueueUrl"]
    blue = sqs.create_queue(QueueName="blue", tags={"team": "blue"})["QueueUrl"]
    bare = sqs.create_queue(QueueName="bare")["QueueUrl"]
    same = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
    ann = user("ann", allow("sqs:SendMessage", Condition=same), Tags=tags(team="red")).client("sqs")
    ann.send_message(QueueUrl=red, MessageBody="hello")
    for other in (blue, bare):
        denied(ann.send_message, QueueUrl=other, MessageBody="hello")
    sqs.untag_queue(QueueUrl=red, TagKeys=["team"])
    denied(ann.send_message, QueueUrl=red, MessageBody="hello")
    sqs.tag_queue(QueueUrl=bare, Tags={"team": "red"})
    ann.send_message(QueueUrl=bare, MessageBody="hello")
    iam.tag_user(UserName="ann", Tags=tags(team="blue"))
    ann.send_message(QueueUrl=blue, MessageBody="hello")
    denied(ann.send_message, QueueUrl=bare, MessageBody="hello")
    iam.untag_user(UserName="ann", TagKeys=["team"])
    denied(ann.send_message, QueueUrl=blue, MessageBody="hello")
