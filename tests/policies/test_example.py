"""One story through every layer: another account's engineer reads one prefix of a bucket in a role.

The engineer of account B assumes a role of account A with an external id and a session policy. The role has a boundary,
its account a service control policy, and the bucket's policy wants the organization. Without MFA there is no role.
"""

from __future__ import annotations

import json

import pytest

from skyglobe.kernel.principals import Principal, Session
from skyglobe.policy import PolicySet, Question, Source, decide, parse_policy

A, B = "111122223333", "999988887777"
ROLE = f"arn:aws:iam::{A}:role/reader"
ENGINEER = Principal(B, f"arn:aws:iam::{B}:user/eve", "AIDAEXAMPLEUSER00003", "user")
READER = Principal(
    A,
    f"arn:aws:sts::{A}:assumed-role/reader/eve",
    "AROAEXAMPLEROLE00001:eve",
    "assumed-role",
    session=Session(issuer_arn=ROLE, name="eve"),
)
REPORT = "arn:aws:s3:::reports/2026/november.csv"


def source(kind, *statements):
    return Source(parse_policy(json.dumps({"Version": "2012-10-17", "Statement": statements}), kind), kind)


def allow(action, resource=None, **more):
    return {"Effect": "Allow", "Action": action, **({"Resource": resource} if resource else {}), **more}


TRUST = source(
    "trust",
    allow(
        "sts:AssumeRole",
        Principal={"AWS": B},
        Condition={"StringEquals": {"sts:ExternalId": "e-77"}, "Bool": {"aws:MultiFactorAuthPresent": "true"}},
    ),
)
MAY_ASSUME = source("identity", allow("sts:AssumeRole", ROLE))
ASSUMING = {"sts:externalid": "e-77", "aws:multifactorauthpresent": "true"}

IN_ORGANIZATION = source(
    "resource",
    {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "arn:aws:s3:::reports/*",
        "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}},
    },
)
READING = PolicySet(
    identity=(source("identity", allow("s3:*", "*")),),
    boundary=source("boundary", allow(["s3:Get*", "s3:List*"], "*")),
    session=(source("session", allow("s3:GetObject", "arn:aws:s3:::reports/2026/*")),),
    resource=IN_ORGANIZATION,
    scps=(
        (source("scp", allow("*", "*")),),
        (source("scp", allow("*", "*"), {"Effect": "Deny", "Action": "s3:*Acl", "Resource": "*"}),),
    ),
)


def assume(context, policies=(MAY_ASSUME,)):
    question = Question(ENGINEER, "sts:AssumeRole", ROLE, context, A)
    return decide(question, PolicySet(identity=policies, resource=TRUST))


def read(action="s3:GetObject", resource=REPORT, organization="o-1"):
    return decide(Question(READER, action, resource, {"aws:principalorgid": organization}, A), READING)


def test_with_external_id_and_mfa_the_role_is_assumed():
    assert assume(ASSUMING).is_allowed
    assert assume(ASSUMING, policies=()).layer == "identity"


@pytest.mark.parametrize(
    "changed", [{"aws:multifactorauthpresent": "false"}, {"sts:externalid": "e-78"}, {"sts:externalid": []}]
)
def test_without_either_it_is_not(changed):
    decision = assume({**ASSUMING, **changed})
    assert (decision.outcome, decision.layer) == ("implicitDeny", "trust")
    (failed,) = next(step.failed for step in decision.trail if step.layer == "trust")
    assert failed.key.lower() == next(iter(changed))


@pytest.mark.parametrize(
    ("asked", "outcome", "layer"),
    [
        ({}, "allowed", "identity"),
        ({"resource": "arn:aws:s3:::reports/2025/november.csv"}, "implicitDeny", "session"),
        ({"action": "s3:GetObjectTagging"}, "implicitDeny", "session"),
        ({"action": "s3:PutObject"}, "implicitDeny", "boundary"),
        ({"action": "s3:GetObjectAcl"}, "explicitDeny", "scp"),
        ({"action": "sqs:SendMessage"}, "implicitDeny", "identity"),
        ({"organization": "o-2"}, "explicitDeny", "resource"),
    ],
)
def test_one_prefix_is_read_and_nothing_else(asked, outcome, layer):
    decision = read(**asked)
    assert (decision.outcome, decision.layer) == (outcome, layer)
