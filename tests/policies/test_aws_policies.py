"""AWS's own managed policies, read and decided by."""

import pytest

from skyglobe.policy import PolicySet, Question, Source, decide, parse_policy
from skyglobe.services.iam.aws_policies import aws_policy_version, find_aws_policy, list_aws_policies
from tests.policies.tables import CALLERS, HERE


def test_all_of_them_are_sound():
    policies = list(list_aws_policies("aws"))
    assert len(policies) > 1000
    for policy in policies:
        document = aws_policy_version(policy).document
        assert parse_policy(document, "identity", is_managed=True).statements, policy.id


@pytest.mark.parametrize(
    ("name", "action", "is_allowed"),
    [
        ("AdministratorAccess", "iam:CreateUser", True),
        ("AdministratorAccess", "dynamodb:DeleteTable", True),
        ("PowerUserAccess", "s3:DeleteBucket", True),
        ("PowerUserAccess", "iam:CreateUser", False),
        ("PowerUserAccess", "organizations:CreateAccount", False),
        ("PowerUserAccess", "iam:ListRoles", True),
        ("IAMFullAccess", "iam:CreateUser", True),
        ("IAMFullAccess", "s3:ListAllMyBuckets", False),
        ("AmazonS3ReadOnlyAccess", "s3:GetObject", True),
        ("AmazonS3ReadOnlyAccess", "s3:ListAllMyBuckets", True),
        ("AmazonS3ReadOnlyAccess", "s3:PutObject", False),
        ("AmazonSQSFullAccess", "sqs:SendMessage", True),
        ("AmazonSQSFullAccess", "sns:Publish", False),
        ("ReadOnlyAccess", "ec2:DescribeInstances", True),
        ("ReadOnlyAccess", "ec2:RunInstances", False),
        ("AWSDenyAll", "s3:GetObject", False),
    ],
)
def test_they_allow_what_their_name_says(name, action, is_allowed):
    policy = find_aws_policy(f"arn:aws:iam::aws:policy/{name}")
    source = Source(parse_policy(aws_policy_version(policy).document, "identity"), name, kind="managed")
    question = Question(CALLERS["ana"], action, "*", {}, HERE)
    assert decide(question, PolicySet(identity=(source,))).is_allowed == is_allowed
