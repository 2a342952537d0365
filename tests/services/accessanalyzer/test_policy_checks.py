"""Policies validated and compared before anybody uses them."""

import json

import pytest


@pytest.fixture
def client(aws):
    return aws.client("accessanalyzer")


def document(*statements, **top):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **top})


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def codes(client, text, kind="IDENTITY_POLICY"):
    findings = client.validate_policy(policyDocument=text, policyType=kind)["findings"]
    return sorted((one["findingType"], one["issueCode"]) for one in findings)


TAGGED = {"ForAllValues:StringEquals": {"aws:username": "x"}}


@pytest.mark.spec("PEV-109")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (document(allow("s3:GetObject", "arn:aws:s3:::b/*")), []),
        ("{", [("ERROR", "JSON_SYNTAX_ERROR")]),
        (json.dumps({"Statement": [allow("s3:GetObject")]}), [("WARNING", "MISSING_VERSION")]),
        (document(allow("s3:GetObjects")), [("ERROR", "INVALID_ACTION")]),
        (document(allow("s4:GetObject")), [("ERROR", "INVALID_SERVICE_IN_ACTION")]),
        (document(allow(["s3:Get*", "s3:GetObject"])), [("SUGGESTION", "REDUNDANT_ACTION")]),
        (document(allow("iam:PassRole")), [("SECURITY_WARNING", "PASS_ROLE_WITH_STAR_IN_RESOURCE")]),
        (document(allow("s3:GetObject", Effect="allow")), [("ERROR", "INVALID_EFFECT")]),
        (document({"Effect": "Allow", "Action": "s3:GetObject"}), [("ERROR", "MISSING_RESOURCE")]),
        (document(allow("s3:GetObject", Principal="*")), [("ERROR", "UNSUPPORTED_PRINCIPAL")]),
        (
            document(allow("s3:GetObject", Condition=TAGGED)),
            [("SECURITY_WARNING", "FORALLVALUES_WITH_SINGLE_VALUED_KEY")],
        ),
        (
            document(allow("s3:GetObject", Condition={"StringEquals": {"aws:Nothing": "x"}})),
            [("ERROR", "INVALID_GLOBAL_CONDITION_KEY")],
        ),
        (
            document(allow("s3:GetObject", Condition={"StringEquals": {"s3:prefiks": "a*"}})),
            [("ERROR", "INVALID_SERVICE_CONDITION_KEY"), ("WARNING", "WILDCARD_WITHOUT_LIKE_OPERATOR")],
        ),
        (
            document(allow("s3:GetObject", Condition={"StringIs": {"aws:username": "a"}})),
            [("ERROR", "INVALID_CONDITION_OPERATOR")],
        ),
        (
            document(allow("s3:GetObject", Sid="A"), allow("s3:PutObject", Sid="A")),
            [("ERROR", "UNIQUE_SIDS_REQUIRED")],
        ),
        (document(allow("s3:GetObject", "b/*")), [("ERROR", "INVALID_ARN_PREFIX")]),
        (document(Statement=[]), [("ERROR", "MISSING_STATEMENT")]),
    ],
)
def test_a_policy_is_validated(client, text, expected):
    assert codes(client, text) == expected


def test_findings_point_at_the_text(client):
    text = '{\n "Version": "2012-10-17",\n "Statement": [{"Effect": "Allow", "Action": ["s3:x"], "Resource": "*"}]\n}'
    (finding,) = client.validate_policy(policyDocument=text, policyType="IDENTITY_POLICY")["findings"]
    (location,) = finding["locations"]
    assert location["path"] == [{"value": "Statement"}, {"index": 0}, {"value": "Action"}, {"index": 0}]
    start, end = location["span"]["start"], location["span"]["end"]
    assert (start["line"], text[start["offset"] : end["offset"]]) == (3, '"s3:x"')
    assert finding["learnMoreLink"].endswith("#access-analyzer-reference-policy-checks-error-invalid-action")


def test_not_principal_with_allow_is_a_security_warning(client):
    statement = {"Effect": "Allow", "NotPrincipal": {"AWS": "1"}, "Action": "sqs:*", "Resource": "*"}
    assert codes(client, document(statement), "RESOURCE_POLICY") == [("SECURITY_WARNING", "ALLOW_WITH_NOT_PRINCIPAL")]


def no_new_access(client, new, existing):
    return client.check_no_new_access(
        newPolicyDocument=new, existingPolicyDocument=existing, policyType="IDENTITY_POLICY"
    )


MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
DENY = {"Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"}


@pytest.mark.spec("PEV-109")
@pytest.mark.parametrize(
    ("new", "existing", "result"),
    [
        ([allow("s3:GetObject", "arn:aws:s3:::a/*")], [allow("s3:Get*", "arn:aws:s3:::*")], "PASS"),
        ([allow("s3:Get*")], [allow("s3:GetObject")], "FAIL"),
        ([allow(["s3:GetObject"], Condition=MFA)], [allow("s3:GetObject")], "PASS"),
        ([allow("s3:GetObject")], [allow("s3:GetObject", Condition=MFA)], "FAIL"),
        ([allow("s3:*")], [allow("s3:*"), DENY], "FAIL"),
        ([allow("s3:*"), DENY], [allow("s3:*"), DENY], "PASS"),
        ([allow("s3:GetObject")], [allow("s3:*"), DENY], "PASS"),
        ([allow("sqs:*")], [allow(["sqs:S*", "sqs:R*", "sqs:A*", "sqs:C*", "sqs:D*", "sqs:G*"]),
                            allow(["sqs:L*", "sqs:P*", "sqs:T*", "sqs:U*"])], "PASS"),
        ([allow("s3:GetObject", "arn:aws:s3:::a/${aws:username}/*")], [allow("s3:*", "arn:aws:s3:::a/*")], "PASS"),
        ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], [allow("*")], "PASS"),
    ],
)  # fmt: skip
def test_new_access_is_found(client, new, existing, result):
    answer = no_new_access(client, document(*new), document(*existing))
    assert answer["result"] == result
    assert ("reasons" in answer) is (result == "FAIL")


def test_the_statement_with_new_access_is_named(client):
    new = document(allow("s3:GetObject"), allow("s3:PutObject", Sid="Writes"))
    answer = no_new_access(client, new, document(allow("s3:GetObject")))
    assert answer["reasons"] == [
        {
            "description": "New access in the statement with sid: Writes.",
            "statementIndex": 1,
            "statementId": "Writes",
        }
    ]


@pytest.mark.parametrize(
    ("statements", "access", "result"),
    [
        ([allow("s3:Get*")], {"actions": ["s3:PutObject"]}, "PASS"),
        ([allow("s3:*")], {"actions": ["s3:PutObject"]}, "FAIL"),
        ([allow("s3:*"), DENY], {"actions": ["s3:DeleteBucket"]}, "PASS"),
        ([allow("s3:*", "arn:aws:s3:::a/*")], {"resources": ["arn:aws:s3:::b/*"]}, "PASS"),
        ([allow("s3:*", "arn:aws:s3:::a/*")], {"resources": ["arn:aws:s3:::a/secret"]}, "FAIL"),
    ],
)
def test_access_that_must_not_be_granted_is_found(client, statements, access, result):
    answer = client.check_access_not_granted(
        policyDocument=document(*statements), access=[access], policyType="IDENTITY_POLICY"
    )
    assert answer["result"] == result


@pytest.mark.parametrize(
    ("more", "result"),
    [
        ({"Principal": "*"}, "FAIL"),
        ({"Principal": {"AWS": "111122223333"}}, "PASS"),
        ({"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-x"}}}, "PASS"),
        ({"Principal": "*", "Condition": {"StringLike": {"aws:PrincipalOrgID": "o-*"}}}, "FAIL"),
        ({"Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}}, "FAIL"),
        ({"Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}, "FAIL"),
    ],
)
def test_public_access_is_found(client, more, result):
    answer = client.check_no_public_access(
        policyDocument=document(allow("sqs:*", **more)), resourceType="AWS::SQS::Queue"
    )
    assert answer["result"] == result


def test_what_is_no_policy_is_refused(client, refused):
    arguments = {"policyDocument": "{}", "access": [{"actions": ["s3:*"]}], "policyType": "IDENTITY_POLICY"}
    assert refused(client.check_access_not_granted, **arguments)[:2] == ("InvalidParameterException", 400)
