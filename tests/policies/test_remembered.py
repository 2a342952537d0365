"""What was decided before is not worked out again, and is never held against a request that is another."""

import json

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from skyglobe.kernel.principals import Principal
from skyglobe.policy import PolicySet, Question, Source, Sources, decide, parse_policy
from tests.policies import naive

ACCOUNT = "111111111111"
ANN = Principal(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/ann", "AIDAANN", "user")
KEYS = ("aws:a", "aws:b")
VALUES = ("x", "y", "z")
OPERATORS = ("StringEquals", "StringEquals", "StringEquals", "StringNotEquals", "StringLike", "StringEqualsIfExists")
CONDITIONS = st.dictionaries(
    st.sampled_from(OPERATORS),
    st.dictionaries(st.sampled_from(KEYS), st.lists(st.sampled_from(VALUES), min_size=1, max_size=2), min_size=1),
    max_size=2,
)
STATEMENTS = st.builds(
    lambda effect, resource, condition: {
        "Effect": effect, "Action": "s3:*", "Resource": resource, "Condition": condition,
    },
    st.sampled_from(("Allow", "Allow", "Deny")),
    st.sampled_from(("*", "arn:aws:s3:::a/*", "arn:aws:s3:::b")),
    CONDITIONS,
)  # fmt: skip
CONTEXTS = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES) | st.lists(st.sampled_from(VALUES)))


@settings(max_examples=60, deadline=None)
@given(st.lists(STATEMENTS, min_size=5, max_size=12), st.lists(CONTEXTS, min_size=3, max_size=5))
def test_many_statements_decide_as_each_looked_at(statements, contexts):
    document = {"Version": "2012-10-17", "Statement": statements}
    policies = PolicySet(identity=Sources([Source(parse_policy(json.dumps(document), "identity"), "p")]))
    for context in contexts:
        question = Question(ANN, "s3:GetObject", "arn:aws:s3:::a/1", context, ACCOUNT)
        decision = decide(question, policies)
        assert (decision.outcome, decision.layer) == naive.decide(question, {"identity": [document]})
        allowing = [match.statement.number for match in decision.matched]
        fitting = [
            number for number, one in enumerate(statements, 1) if naive.statement_fits(one, question, "2012-10-17")
        ]
        effect = "Deny" if decision.outcome == "explicitDeny" else "Allow"
        assert allowing == [number for number in fitting if statements[number - 1]["Effect"] == effect][:1]


@pytest.fixture
def root(cloud):
    return cloud.session(account=ACCOUNT)


@pytest.fixture
def ann(cloud, root):
    """Return a function that lets a user list its queues on some condition, and returns its client."""
    iam = root.client("iam")
    iam.create_user(UserName="ann", Tags=[{"Key": "team", "Value": "red"}])
    session = cloud.session_with(iam.create_access_key(UserName="ann")["AccessKey"])

    def make(condition, **more):
        allow = {"Effect": "Allow", "Action": "sqs:ListQueues", "Resource": "*", "Condition": condition}
        document = json.dumps({"Version": "2012-10-17", "Statement": allow})
        iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=document)
        return session.client("sqs", **more)

    return make


def is_allowed(client):
    try:
        client.list_queues()
    except ClientError as error:
        return error.response["Error"]["Code"] != "AccessDenied"
    return True


def test_what_a_request_says_is_asked_each_time(ann):
    only = {"StringLike": {"aws:UserAgent": "*good*"}}
    good, bad = (ann(only, config=Config(user_agent_extra=word)) for word in ("good", "bad"))
    assert [is_allowed(one) for one in (good, bad, good, bad, bad, good)] == [True, False, True, False, False, True]


def test_the_time_is_asked_each_time(cloud, ann):
    until = cloud.kernel.clock.now() // 1000 + 3600
    client = ann({"NumericLessThan": {"aws:EpochTime": str(until)}})
    assert [is_allowed(client), is_allowed(client)] == [True, True]
    cloud.turn(hours=2)
    assert [is_allowed(client), is_allowed(client)] == [False, False]


def test_tags_groups_and_policies_count_from_the_next_call(root, ann):
    iam = root.client("iam")
    client = ann({"StringEquals": {"aws:PrincipalTag/team": "red"}})
    assert [is_allowed(client), is_allowed(client)] == [True, True]
    iam.tag_user(UserName="ann", Tags=[{"Key": "team", "Value": "blue"}])
    assert [is_allowed(client), is_allowed(client)] == [False, False]
    iam.create_group(GroupName="g")
    iam.attach_group_policy(GroupName="g", PolicyArn="arn:aws:iam::aws:policy/AmazonSQSFullAccess")
    iam.add_user_to_group(UserName="ann", GroupName="g")
    assert [is_allowed(client), is_allowed(client)] == [True, True]
    iam.put_user_permissions_boundary(UserName="ann", PermissionsBoundary="arn:aws:iam::aws:policy/AmazonS3FullAccess")
    assert [is_allowed(client), is_allowed(client)] == [False, False]


def test_a_resource_s_policy_counts_from_the_next_call(cloud, root, ann):
    sqs = root.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"
    client = ann({})
    root.client("iam").attach_user_policy(UserName="ann", PolicyArn="arn:aws:iam::aws:policy/AmazonSQSFullAccess")
    stops = {"Effect": "Deny", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    for _ in range(2):
        client.send_message(QueueUrl=url, MessageBody="x")
    document = json.dumps({"Version": "2012-10-17", "Statement": stops})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document})
    for _ in range(2):
        with pytest.raises(ClientError):
            client.send_message(QueueUrl=url, MessageBody="x")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    client.send_message(QueueUrl=url, MessageBody="x")
