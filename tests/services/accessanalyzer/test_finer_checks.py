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
        ("sqs:SendMessage", "arn:aws:sqs:us-esat-1:111122223333:q", "INVALID_ARN_REGION"),
        ("sqs:SendMessage", "arn:aws:sqs:cn-north-1:111122223333:q", "INVALID_ARN_REGION"),
        ("sqs:SendMessage", "arn:aws-cn:sqs:cn-north-1:111122223333:q", None),
        ("sqs:SendMessage", "arn:amazon:sqs:us-east-1:111122223333:q", "INVALID_PARTITION"),
        ("sqs:SendMessage", "arn:*:sqs:us-*:${aws:PrincipalAccount}:q", None),
        ("iam:GetUser", "arn:aws:iam::111122223333:people/a", "INVALID_ARN_RESOURCE"),
        ("iam:GetUser", "arn:aws:iam::111122223333:u*/a", None),
        ("s3:GetObject", "arn:aws:s*:::b/*", "WILDCARD_IN_SERVICE_NAME"),
    ],
)
def test_arns_and_their_variables_are_looked_at(action, arn, code):
    assert found(allow(action, arn)) == ([code] if code else [])


def test_variables_belong_into_resources_and_conditions_of_2012():
    assert found(allow(Sid="${x}"))[-1] == "VARIABLE_UNSUPPORTED_IN_ELEMENT"
    assert found(allow(resource="arn:aws:s3:::b/${/*"), version="2008-10-17") == []
    old = allow(resource="arn:aws:s3:::b/${aws:username}/*")
    assert found(old, version="2008-10-17") == ["VARIABLE_UNSUPPORTED_IN_VERSION"]


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


@pytest.mark.parametrize(
    ("condition", "codes"),
    [
        ({"Bool": {"aws:SecureTransport": "yes"}}, ["TYPE_MISMATCH_BOOLEAN"]),
        ({"Null": {"aws:TokenIssueTime": "maybe"}}, ["TYPE_MISMATCH_BOOLEAN"]),
        ({"NumericLessThan": {"aws:MultiFactorAuthAge": "an hour"}}, ["TYPE_MISMATCH_NUMBER"]),
        ({"NumericLessThan": {"aws:MultiFactorAuthAge": ["2700", "3600"]}}, ["REDUNDANT_CONDITION_VALUE_NUM"]),
        ({"NumericEquals": {"s3:max-keys": ["1", "2"]}}, []),
        ({"DateLessThan": {"aws:CurrentTime": "soon"}}, ["TYPE_MISMATCH_DATE"]),
        ({"DateLessThan": {"aws:CurrentTime": "1795453200"}}, ["INVALID_DATE_VALUE"]),
        ({"DateLessThan": {"aws:CurrentTime": "2026-12-31T23:59:59Z"}}, []),
        ({"BinaryEquals": {"s3:prefix": "%"}}, ["TYPE_MISMATCH_STRING"]),
        ({"IpAddress": {"aws:SourceIp": "nowhere"}}, ["TYPE_MISMATCH_IP_RANGE"]),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.9/24"}}, ["IMPROVE_IP_RANGE"]),
        ({"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:db8::/32"]}}, []),
        ({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8"]}}, ["PRIVATE_IP_ADDRESS"]),
        ({"NotIpAddress": {"aws:SourceIp": "192.168.1.0/24"}}, ["PRIVATE_NOT_IP_ADDRESS"]),
        ({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "203.0.113.0/24"]}}, ["PRIVATE_IP_ADDRESS_SUBSET"]),
        ({"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8", "203.0.113.7"]}}, ["PRIVATE_NOT_IP_ADDRESS_SUBSET"]),
        ({"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}}, ["MISSING_PAIRED_CONDITION_KEYS"]),
        ({"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}, "StringEquals": {"aws:SourceVpc": "vpc-1"}}, []),
        ({"StringEquals": {"aws:SecureTransport": "true"}}, ["TYPE_MISMATCH"]),
        ({"Bool": {"aws:username": "true"}}, ["TYPE_MISMATCH"]),
        ({"StringLike": {"aws:SourceArn": "arn:aws:s3:::b*"}}, []),
        ({"StringEquals": {"aws:ResourceTag/": "a"}}, ["MISSING_TAG_KEY_IN_CONDITION"]),
        ({"StringEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-wets-1"]}}, ["INVALID_REGION"]),
        ({"StringEquals": {"aws:username": ["a", 1]}}, ["INVALID_CONDITION_DATA_TYPE"]),
        ({"StringEquals": {"aws:username": []}}, ["EMPTY_ARRAY_CONDITION"]),
        ({"StringEqualsIfExists": {"aws:username": []}}, ["EMPTY_ARRAY_CONDITION_IFEXISTS"]),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": []}}, ["EMPTY_ARRAY_CONDITION_FORALLVALUES"]),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": []}}, ["EMPTY_ARRAY_CONDITION_FORANYVALUE"]),
        ({"ForAllValues:Null": {"aws:TagKeys": "true"}}, ["NULL_WITH_QUALIFIER"]),
        ({"NullIfExists": {"aws:TagKeys": "true"}}, ["NULL_WITH_IF_EXISTS"]),
    ],
)
def test_values_of_conditions_are_looked_at(condition, codes):
    assert found(allow("sqs:SendMessage", "*", Condition=condition)) == codes


@pytest.mark.parametrize(
    ("statement", "codes"),
    [
        (
            {"Action": "iam:PassRole", "NotResource": "arn:aws:iam::111122223333:role/a"},
            ["PASS_ROLE_WITH_NOT_RESOURCE"],
        ),
        (
            {"Action": "iam:*", "NotResource": "arn:aws:iam::111122223333:role/a"},
            ["CREATE_SLR_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE", "PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE"],
        ),
        (
            {"NotAction": "s3:*", "Resource": "*"},
            ["CREATE_SLR_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION", "PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION"],
        ),
        (
            {"NotAction": "iam:Pass*", "NotResource": "arn:aws:s3:::b"},
            ["CREATE_SLR_WITH_NOT_ACTION_AND_NOT_RESOURCE"],
        ),
        ({"NotAction": "iam:*", "Resource": "*"}, []),
        (
            {
                "Action": "iam:PassRole",
                "Resource": "*",
                "Condition": {"StringEquals": {"iam:PassedToService": "x.com"}},
            },
            [],
        ),
    ],
)
def test_roles_are_handed_on_by_name(statement, codes):
    assert found({"Effect": "Allow", **statement}) == codes
    assert found({"Effect": "Deny", **statement}) == []


def test_making_linked_roles_is_a_warning_and_passing_roles_one_of_security():
    text = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
    assert [(one["findingType"], one["issueCode"][:9]) for one in findings_of(text, "IDENTITY_POLICY")] == [
        ("WARNING", "CREATE_SL"),
        ("SECURITY_WARNING", "PASS_ROLE"),
    ]


def test_services_that_know_no_tags_are_not_reached_by_conditions_on_them():
    tagged = {"StringEquals": {"aws:ResourceTag/team": "blue"}}
    unaware = allow(["sqs:SendMessage", "cloudshell:CreateEnvironment", "iam:GetUser"], "*", Condition=tagged)
    (finding,) = findings_of(json.dumps({"Version": "2012-10-17", "Statement": unaware}), "IDENTITY_POLICY")
    assert finding["issueCode"] == "ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE"
    assert "prefixes does not affect the policy: cloudshell. Actions" in finding["findingDetails"]
    assert found({**unaware, "Effect": "Deny"}) == ["DENY_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE"]
    left_out = {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*", "Condition": tagged}
    assert found(left_out) == ["DENY_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE"]


def test_statements_said_twice_and_policies_too_long_are_found():
    assert found(allow(Sid="A"), allow(Sid="B")) == ["REDUNDANT_STATEMENT"]
    long = [allow(resource=f"arn:aws:s3:::bucket-{number:04}/*") for number in range(100)]
    assert found(*long) == ["POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA"]
    assert found(*long, kind="SERVICE_CONTROL_POLICY") == ["POLICY_SIZE_EXCEEDS_SCP_QUOTA"]


def test_principals_that_are_nobody_or_unique_ids_are_found():
    kind = "RESOURCE_POLICY"
    assert found(allow(Principal={}), kind=kind) == ["EMPTY_OBJECT_PRINCIPAL"]
    assert found(allow(Principal={"AWS": []}), kind=kind) == ["EMPTY_ARRAY_PRINCIPAL"]
    assert found(allow(Principal={"AWS": "AROAEXAMPLEROLE00001"}), kind=kind) == ["INVALID_ROLE_REFERENCE"]
    assert found(allow(Principal={"AWS": ["AIDAEXAMPLEUSER00001"]}), kind=kind) == ["INVALID_USER_REFERENCE"]


def test_wildcards_in_principals_mean_nobody():
    kind = "RESOURCE_POLICY"
    role = {"AWS": "arn:aws:iam::111122223333:role/*"}
    assert found(allow(Principal=role), kind=kind) == ["UNSUPPORTED_WILDCARD_IN_PRINCIPAL"]
    assert found(allow(Principal={"Service": "*"}), kind=kind) == ["UNSUPPORTED_WILDCARD_IN_PRINCIPAL"]
    assert found(allow(Principal={"AWS": "*"}), kind=kind) == []
