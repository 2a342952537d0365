"""What policy validation finds inside of values: ARNs, variables, conditions, principals."""

import json

import pytest

from skyglobe.services.accessanalyzer.rules.validation import findings_of


def found(*statements, kind="IDENTITY_POLICY", version="2012-10-17"):
    text = json.dumps({"Version": version, "Statement": list(statements)})
    return [one["issueCode"] for one in findings_of(text, kind)]


def allow(action="s3:GetObject", resource="arn:aws:s3:::b/*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


@pytest.mark.parametrize(
    ("action", "arn", "code"),
    [
        ("iam:GetUser", "arn:aws:iam:us-east-1:111122223333:user/a", "ARN_REGION_NOT_ALLOWED"),
        ("iam:GetUser", "arn:aws:IAM::111122223333:user/a", "INVALID_ARN_SERVICE_CASE"),
        ("sqs:SendMessage", "arn:aws:sqs::111122223333:q", "MISSING_ARN_REGION"),
        ("route53:GetHostedZone", "arn:aws:route53::111122223333:hostedzone/Z", None),
        ("sqs:SendMessage", "arn:aws:sqs:*:111122223333:q", None),
        ("s3:GetObject", "arn:aws:s3:::b/${aws:username}/*", None),
        ("s3:GetObject", "arn:aws:s3:::b/${aws:username, 'all of them'}/*", None),
        ("s3:GetObject", "arn:aws:s3:::b/${*}", None),
        ("s3:GetObject", "arn:aws:s3:::b/${aws:username/*", "MISSING_BRACE_IN_VARIABLE"),
        ("s3:GetObject", "arn:aws:s3:::b/${}/*", "EMPTY_VARIABLE"),
        ("s3:GetObject", "arn:aws:s3:::b/${aws: username}/*", "UNSUPPORTED_SPACE_IN_VARIABLE"),
        ("s3:GetObject", "arn:aws:s3:::b/${aws:username, all}/*", "MISSING_QUOTE_IN_VARIABLE"),
    ],
)
def test_arns_and_their_variables_are_looked_at(action, arn, code):
    assert found(allow(action, arn)) == ([code] if code else [])


def test_variables_belong_into_resources_and_conditions_of_2012():
    assert found(allow(Sid="${x}"))[-1] == "VARIABLE_UNSUPPORTED_IN_ELEMENT"
    assert found(allow(resource="arn:aws:s3:::b/${/*"), version="2008-10-17") == []


@pytest.mark.parametrize(
    ("condition", "codes"),
    [
        ({"StringEquals": {"aws:username": "a", "aws:UserName": "b"}}, ["DUPLICATE_KEYS_WITH_DIFFERENT_CASE"]),
        ({"Bool": {"aws:SecureTransport": ["true", "false"]}}, ["INVALID_CONDITION_MULTIPLE_BOOLEAN"]),
        ({"Bool": {"aws:SecureTransport": "true"}}, []),
        ({"NumericLessThan": {"s3:max-keys": "${aws:username}"}}, ["INVALID_VARIABLE_FOR_OPERATOR"]),
        ({"StringEquals": {"aws:TagKeys": "a"}}, ["MISSING_QUALIFIER"]),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}}, []),
        ({"Null": {"aws:TagKeys": "true"}}, []),
        ({"ArnLike": {"aws:ARN": "arn:aws:iam::111122223333:user/a"}}, ["UNSUPPORTED_GLOBAL_CONDITION_KEY"]),
        ({"StringEquals": {"s4:prefix": "a"}}, ["INVALID_SERVICE"]),
        ({"StringEquals": {"example.com:sub": "a", "saml:aud": "b"}}, []),
    ],
)
def test_conditions_are_looked_at(condition, codes):
    assert found(allow(Condition=condition)) == codes


def test_wildcards_in_principals_mean_nobody():
    kind = "RESOURCE_POLICY"
    role = {"AWS": "arn:aws:iam::111122223333:role/*"}
    assert found(allow(Principal=role), kind=kind) == ["UNSUPPORTED_WILDCARD_IN_PRINCIPAL"]
    assert found(allow(Principal={"Service": "*"}), kind=kind) == ["UNSUPPORTED_WILDCARD_IN_PRINCIPAL"]
    assert found(allow(Principal={"AWS": "*"}), kind=kind) == []
