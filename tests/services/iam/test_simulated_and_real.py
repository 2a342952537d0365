"""What the simulator says of a call is what the call meets, whatever the policies."""

import json

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.services.iam.signing import session_of

QUEUE = "arn:aws:sqs:us-east-1:000000000000:"
CALLS = {
    "sqs:GetQueueUrl": lambda sqs, name: sqs.get_queue_url(QueueName=name),
    "sqs:ListQueueTags": lambda sqs, name: sqs.list_queue_tags(QueueUrl=url(name)),
    "sqs:SendMessage": lambda sqs, name: sqs.send_message(QueueUrl=url(name), MessageBody="x"),
    "sqs:GetQueueAttributes": lambda sqs, name: sqs.get_queue_attributes(QueueUrl=url(name)),
}
NAMES = ("apple", "ann-pear")


def url(name):
    return f"http://localhost:4566/000000000000/{name}"


CONDITIONS = st.sampled_from(
    [
        {},
        {"StringEquals": {"aws:username": "ann"}},
        {"StringNotLike": {"aws:username": "a*"}},
        {"StringEquals": {"aws:PrincipalTag/none": "x"}},
        {"Null": {"aws:PrincipalTag/none": "true"}},
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/*"}},
    ]
)
ACTIONS = st.sampled_from(["*", "sqs:*", "SQS:get*", "sqs:SendMessage", "sqs:*Queue????*", "s3:*"])
RESOURCES = st.sampled_from(["*", QUEUE + "*", QUEUE + "apple", QUEUE + "${aws:username}-*", QUEUE + "appl?"])


@st.composite
def statements(draw):
    made = {"Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"]))}
    made[draw(st.sampled_from(["Action", "Action", "NotAction"]))] = draw(ACTIONS)
    made[draw(st.sampled_from(["Resource", "Resource", "NotResource"]))] = draw(RESOURCES)
    return {**made, "Condition": draw(CONDITIONS)}


def document(found):
    return json.dumps({"Version": "2012-10-17", "Statement": found})


ALLOW_ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


@pytest.fixture
def world(cloud, iam):
    """User ann with a boundary, and two queues: for all examples the same."""
    arn = iam.create_user(UserName="ann")["User"]["Arn"]
    bounds = iam.create_policy(PolicyName="B", PolicyDocument=document([ALLOW_ALL]))["Policy"]["Arn"]
    iam.put_user_permissions_boundary(UserName="ann", PermissionsBoundary=bounds)
    for name in NAMES:
        cloud.client("sqs").create_queue(QueueName=name)
    ann = session_of(cloud, iam.create_access_key(UserName="ann")["AccessKey"]).client("sqs")
    return iam, ann, arn, bounds


def bound_by(iam, arn, found):
    """Make the statements the boundary's only version that counts, and forget the one before."""
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(found), SetAsDefault=True)
    for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
        if not version["IsDefaultVersion"]:
            iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])


def met(call, *args):
    """Return what a call meets, in the simulator's words."""
    try:
        call(*args)
    except ClientError as error:
        code, text = error.response["Error"]["Code"], error.response["Error"]["Message"]
        return code if code != "AccessDenied" else "explicitDeny" if "an explicit deny" in text else "implicitDeny"
    return "allowed"


@pytest.mark.spec("PSIM-003", "PEV-101")
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(
    own=st.lists(statements(), min_size=1, max_size=3),
    limit=st.lists(statements(), min_size=1, max_size=2),
    is_bounded=st.booleans(),
)
def test_simulator_and_enforcement_never_differ(world, own, limit, is_bounded):
    iam, ann, arn, bounds = world
    iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=document(own))
    bound_by(iam, bounds, limit if is_bounded else [ALLOW_ALL])
    told = iam.simulate_principal_policy(
        PolicySourceArn=arn, ActionNames=list(CALLS), ResourceArns=[QUEUE + name for name in NAMES]
    )["EvaluationResults"]
    asked = [(action, name) for action in CALLS for name in NAMES]
    assert [one["EvalDecision"] for one in told] == [met(CALLS[action], ann, name) for action, name in asked]
