"""Why a call was allowed or denied, and what a policy for the calls made would be."""

import json

import pytest
from botocore.exceptions import ClientError

from skyglobe.kernel.wire import Request

ACCOUNT = "111111111111"
ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"


@pytest.fixture
def ask(cloud):
    def ask(path, query=""):
        response = cloud.send(Request("GET", f"/_skyglobe/{path}", query))
        return response.status, json.loads(response.body)

    return ask


@pytest.fixture
def root(cloud):
    return cloud.session(account=ACCOUNT)


@pytest.fixture
def ann(cloud, root):
    """Return a function that gives ann these statements and returns her session."""
    iam = root.client("iam")
    iam.create_user(UserName="ann", Tags=[{"Key": "team", "Value": "blue"}])
    key = iam.create_access_key(UserName="ann")["AccessKey"]

    def make(*statements):
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=json.dumps(document))
        session = cloud.session()
        session._session.set_credentials(key["AccessKeyId"], key["SecretAccessKey"])
        return session

    return make


def denied(call, **arguments):
    """Return the id of a request that must be denied."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert "not authorized" in caught.value.response["Error"]["Message"]
    return caught.value.response["ResponseMetadata"]["RequestId"]


def layers(permission):
    return {layer["layer"]: layer for layer in permission["layers"]}


@pytest.mark.spec("PEV-014")
def test_a_denial_is_explained_by_what_each_statement_failed_on(root, ann, ask):
    url = root.client("sqs").create_queue(QueueName="orders", tags={"team": "green"})["QueueUrl"]
    session = ann(
        {"Sid": "Elsewhere", "Effect": "Allow", "Action": "sqs:*", "Resource": "arn:aws:sqs:*:*:other"},
        {
            "Effect": "Allow",
            "Action": "sqs:SendMessage",
            "Resource": "*",
            "Condition": {
                "StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"},
                "IpAddress": {"aws:SourceIp": "127.0.0.0/8"},
            },
        },
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
    )
    request_id = denied(session.client("sqs").send_message, QueueUrl=url, MessageBody="hello")

    status, explained = ask(f"explain/{request_id}")
    assert (status, explained["outcome"], explained["request"]["operation"]) == (200, "denied", "SendMessage")
    (permission,) = explained["permissions"]
    assert permission["action"] == "sqs:SendMessage"
    assert permission["outcome"] == "implicitDeny"
    assert permission["reason"].endswith("because no identity-based policy allows the sqs:SendMessage action")
    assert [layer["layer"] for layer in permission["layers"]] == [
        *("rcp", "scp", "endpoint", "resource", "identity", "boundary", "session")
    ]
    assert [name for name, layer in layers(permission).items() if layer["decided"]] == ["identity"]
    (policy,) = layers(permission)["identity"]["policies"]
    assert (policy["name"], policy["kind"], policy["of"]) == ("own", "inline", ANN)
    elsewhere, sending, other = (statement["misfits"] for statement in policy["statements"])
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders"
    assert elsewhere == [
        {
            "element": "Resource",
            "key": "",
            "operator": "Resource",
            "expected": ["arn:aws:sqs:*:*:other"],
            "actual": [arn],
        }
    ]
    assert sending == [
        {
            "element": "Condition",
            "key": "aws:ResourceTag/team",
            "operator": "StringEquals",
            "expected": ["${aws:PrincipalTag/team}"],
            "actual": ["green"],
        }
    ]
    assert [misfit["element"] for misfit in other] == ["Action"]
    assert permission["remedies"] == [
        "Meet the condition of statement 2 of own: aws:ResourceTag/team StringEquals ${aws:PrincipalTag/team}."
    ]


def test_the_explanation_is_that_of_the_time_of_the_call(root, ann, ask):
    sqs = root.client("sqs")
    url = sqs.create_queue(QueueName="orders", tags={"team": "green"})["QueueUrl"]
    only_blue = {"StringEquals": {"aws:ResourceTag/team": "blue"}}
    session = ann({"Effect": "Allow", "Action": "sqs:*", "Resource": "*", "Condition": only_blue})
    denied(session.client("sqs").purge_queue, QueueUrl=url)
    sqs.tag_queue(QueueUrl=url, Tags={"team": "blue"})
    ann({"Effect": "Deny", "Action": "*", "Resource": "*"})

    permission = ask("explain")[1]["explanation"]["permissions"][0]
    (policy,) = layers(permission)["identity"]["policies"]
    assert policy["statements"][0]["effect"] == "Allow"
    assert policy["statements"][0]["misfits"][0]["actual"] == ["green"]


def test_a_deny_of_the_queues_policy_is_explained_with_what_would_undo_it(root, ann, ask):
    sqs = root.client("sqs")
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders"
    policy = {"Statement": [{"Sid": "No", "Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": arn}]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    request_id = denied(
        ann({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}).client("sqs").purge_queue, QueueUrl=url
    )

    (permission,) = ask(f"explain/{request_id}")[1]["permissions"]
    assert permission["outcome"] == "explicitDeny"
    assert layers(permission)["resource"]["verdict"] == "denies"
    assert layers(permission)["resource"]["decided"]
    assert permission["remedies"] == [
        f"Remove statement 1 (No) of the policy of {arn}, or let it speak of less: it denies.",
        f"Allow sqs:PurgeQueue on {arn} in an identity-based policy of {ANN}.",
    ]


def test_a_permission_is_explained_by_the_statement_that_gave_it(root, ann, ask):
    session = ann({"Sid": "Listing", "Effect": "Allow", "Action": "sqs:List*", "Resource": "*"})
    answer = session.client("sqs").list_queues()
    explained = ask(f"explain/{answer['ResponseMetadata']['RequestId']}")[1]
    assert explained["outcome"] == "allowed"
    (permission,) = explained["permissions"]
    assert permission["reason"] == "Statement 1 (Listing) of own allows it."
    assert permission["remedies"] == []
    assert layers(permission)["identity"]["verdict"] == "allows"

    answer = root.client("sqs").list_queues()
    (permission,) = ask(f"explain/{answer['ResponseMetadata']['RequestId']}")[1]["permissions"]
    assert permission["outcome"] == "allowed"
    assert permission["layers"] == []


def test_what_was_answered_before_any_policy_was_read_says_so(root, ask):
    with pytest.raises(ClientError) as caught:
        root.client("sqs").create_queue(QueueName="orders", Attributes={"DelaySeconds": "-1"})
    assert ask(f"explain/{caught.value.response['ResponseMetadata']['RequestId']}")[1]["outcome"] == "allowed"
    answer = root.client("sts").get_caller_identity()
    assert ask(f"explain/{answer['ResponseMetadata']['RequestId']}")[1]["outcome"] == "undecided"


def test_an_unknown_request_and_a_cloud_without_denials_are_told(ask):
    assert ask("explain") == (200, {"explanation": None})
    status, content = ask("explain/1234")
    assert (status, "Request 1234 is not among" in content["error"]) == (404, True)


def test_a_policy_is_written_from_the_calls_that_were_allowed(cloud, root, ann, ask):
    url = root.client("sqs").create_queue(QueueName="orders")["QueueUrl"]
    session = ann({"Effect": "Allow", "Action": ["sqs:*", "s3:*"], "Resource": "*"})
    sqs, s3 = session.client("sqs"), session.client("s3")
    sqs.list_queues()
    cloud.turn(hours=3)
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    sqs.receive_message(QueueUrl=url)
    denied(session.client("iam").list_users)
    s3.create_bucket(Bucket="photos")
    for number in range(20):
        s3.put_object(Bucket="photos", Key=f"2026/{number}.jpg", Body=b"")
    s3.list_objects_v2(Bucket="photos", Prefix="2026/")

    (written,) = ask("permissions", f"principal={ANN}&since=1h")[1]["policies"]
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders"
    assert written["document"]["Statement"] == [
        {"Effect": "Allow", "Action": "s3:CreateBucket", "Resource": "arn:aws:s3:::photos"},
        {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": "arn:aws:s3:::photos",
            "Condition": {"StringEquals": {"s3:prefix": "2026/"}},
        },
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::photos/2026/*"},
        {"Effect": "Allow", "Action": ["sqs:ReceiveMessage", "sqs:SendMessage"], "Resource": arn},
    ]
    (longer,) = ask("permissions", f"principal={ANN}")[1]["policies"]
    assert longer["permissions"] == written["permissions"] + 1

    # The policy is enough for the same calls, and for no others.
    again = ann(*longer["document"]["Statement"])
    again.client("sqs").send_message(QueueUrl=url, MessageBody="again")
    again.client("s3").list_objects_v2(Bucket="photos", Prefix="2026/")
    denied(again.client("sqs").purge_queue, QueueUrl=url)
    assert {one["principal"] for one in ask("permissions")[1]["policies"]} == {ANN, f"arn:aws:iam::{ACCOUNT}:root"}


def test_policies_of_organizations_are_told_by_name_place_and_what_they_speak_of(cloud, root, ask):
    organizations = root.client("organizations")
    organizations.create_organization()
    top = organizations.list_roots()["Roots"][0]["Id"]
    organizations.enable_policy_type(RootId=top, PolicyType="SERVICE_CONTROL_POLICY")
    invited = organizations.invite_account_to_organization(Target={"Id": "222222222222", "Type": "ACCOUNT"})
    member = cloud.session(account="222222222222")
    member.client("organizations").accept_handshake(HandshakeId=invited["Handshake"]["Id"])
    elsewhere = {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}
    deny = {"Effect": "Deny", "Action": "sqs:*", "Resource": "*", "Condition": elsewhere}
    content = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    made = organizations.create_policy(Name="at-home", Description="", Type="SERVICE_CONTROL_POLICY", Content=content)[
        "Policy"
    ]["PolicySummary"]
    organizations.attach_policy(PolicyId=made["Id"], TargetId="222222222222")
    request = denied(member.client("sqs").list_queues)
    (permission,) = ask(f"explain/{request}")[1]["permissions"]
    above, own = (layer for layer in permission["layers"] if layer["layer"] == "scp")
    assert (above["place"], own["place"]) == (f"root {top}", "account 222222222222")
    (policy,) = (one for one in own["policies"] if one["name"] == "at-home")
    assert policy["arn"] == made["Arn"]
    (met,) = policy["statements"][0]["met"]
    assert (met["key"], met["actual"], met["expected"]) == ("aws:RequestedRegion", ["us-east-1"], ["eu-west-1"])
    assert permission["remedies"] == ["Remove statement 1 of at-home, or let it speak of less: it denies."]


def test_since_must_be_an_instant_or_a_duration(ask):
    assert ask("permissions", "since=2099-01-01")[1] == {"policies": []}
    assert ask("permissions", "since=yesterday")[0] == 400
    assert ask("permissions", "since=2026-99-99")[0] == 400
