"""Policy documents: what is refused, with which words, and what happens to what was stored all the same."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.kernel.principals import Principal
from skyglobe.policy import MalformedPolicy, PolicySet, Question, Source, decide, parse_policy, stored_policy

ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
SYNTAX = "Syntax errors in policy."
PREFIX = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
VERSION = "Policy document must be version 2012-10-17 or greater."
SID = "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
VENDOR = "Resource vendor must be fully qualified and cannot contain regexes."
ANA = Principal("111122223333", "arn:aws:iam::111122223333:user/ana", "AIDAEXAMPLE", "user")
QUESTION = Question(ANA, "s3:GetObject", "arn:aws:s3:::bucket/key", {"aws:username": "ana"}, "111122223333")


def document(*statements, **top):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **top})


def without(statement, name):
    return {key: value for key, value in statement.items() if key != name}


def reason(text, kind="identity", **options):
    with pytest.raises(MalformedPolicy) as caught:
        parse_policy(text, kind, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        '"text"',
        "{}",
        '{"Version": "2012-10-17"}',
        '{"Version": "2012-10-17", "Statement": []}',
        '{"Version": "2012-10-17", "Statement": "Allow"}',
        '{"Version": "2012-10-17", "Statement": [1]}',
        '{"Version": "2020-01-01", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}',
        '{"Version": ["2012-10-17"], "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}',
        '{"Version": "2012-10-17", "Version": "2012-10-17", "Statement": []}',
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]} more',
        document(ALLOW, Id=5),
        document(ALLOW, Comment="x"),
        document(without(ALLOW, "Effect")),
        document({**ALLOW, "Effect": "allow"}),
        document({**ALLOW, "Effect": ["Allow"]}),
        document({**ALLOW, "Sid": 1}),
        document({**ALLOW, "Actions": "s3:*"}),
        document({**ALLOW, "Action": 5}),
        document({**ALLOW, "Action": ["s3:*", None]}),
        document({**ALLOW, "Action": "s3:Get Object"}),
        document({**ALLOW, "NotAction": "s3:PutObject"}),
        document({**ALLOW, "NotResource": "*"}),
        document({**ALLOW, "Condition": []}),
        document({**ALLOW, "Condition": {"StringEquals": "aws:username"}}),
        document({**ALLOW, "Condition": {"StringEquals": {"aws:username": {}}}}),
        document({**ALLOW, "Condition": {"StringEquals": {"aws:username": None}}}),
        document({**ALLOW, "Condition": {"NumericEquals": {"s3:max-keys": float("nan")}}}),
        '{"Statement": ' + "[" * 100_000 + "]" * 100_000 + "}",
    ],
)
def test_what_is_no_policy_is_a_syntax_error(text):
    assert reason(text) == SYNTAX


def test_bytes_that_are_no_text_are_a_syntax_error():
    assert reason(b"\xff\xfe") == SYNTAX


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (without(ALLOW, "Action"), "Policy statement must contain actions."),
        ({**ALLOW, "Action": []}, "Policy statement must contain actions."),
        (without(ALLOW, "Resource"), "Policy statement must contain resources."),
        ({**ALLOW, "Resource": []}, "Policy statement must contain resources."),
        ({**ALLOW, "Action": "GetObject"}, PREFIX),
        ({**ALLOW, "Action": ":GetObject"}, PREFIX),
        ({**ALLOW, "Action": "s3*:GetObject"}, "Vendor s3* is not valid"),
        ({**ALLOW, "Action": "s3:Get:Object"}, "Actions/Condition can contain only one colon."),
        ({**ALLOW, "Resource": "bucket"}, 'Resource bucket must be in ARN format or "*".'),
        ({**ALLOW, "Resource": ""}, 'Resource  must be in ARN format or "*".'),
        ({**ALLOW, "Resource": ["*", "b*"]}, 'Resource b* must be in ARN format or "*".'),
        ({**ALLOW, "Resource": "arn::s3:::b"}, 'Partition "" is not valid for resource "arn::s3:::b".'),
        ({**ALLOW, "Resource": "arn:gcp:s3:::b"}, 'Partition "gcp" is not valid for resource "arn:gcp:s3:::b".'),
        ({**ALLOW, "Resource": "arn:aws:s?:::b"}, VENDOR),
        ({**ALLOW, "Resource": "arn:aws::::b"}, VENDOR),
        ({**ALLOW, "Principal": "*"}, "Has prohibited field Principal"),
        ({**ALLOW, "NotPrincipal": {"AWS": "*"}}, "Has prohibited field NotPrincipal"),
        ({**ALLOW, "Condition": {"StringIs": {"aws:username": "a"}}}, "Invalid Condition type : StringIs."),
        ({**ALLOW, "Condition": {"NullIfExists": {"aws:username": "true"}}}, "Invalid Condition type : NullIfExists."),
        ({**ALLOW, "Condition": {"ForAll:Bool": {"aws:x": "true"}}}, "Invalid Condition type : ForAll:Bool."),
        ({**ALLOW, "Condition": {"StringEquals": {"username": "a"}}}, PREFIX),
        (
            {**ALLOW, "Sid": "not one"},
            SID,
        ),
    ],
)
def test_a_malformed_statement_is_told_in_awss_words(statement, words):
    assert reason(document(statement)) == words


def test_statement_ids_are_unique():
    first = {**ALLOW, "Sid": "One"}
    assert reason(document(first, first)) == "Statement IDs (SID) in a single policy must be unique."
    assert parse_policy(document(first, {**ALLOW, "Sid": "Two"}, ALLOW, ALLOW), "identity").statements[1].sid == "Two"


@pytest.mark.parametrize(
    ("principal", "words"),
    [
        ({"AWS": "ana"}, 'Invalid principal in policy: "AWS":"ana"'),
        ({"AWS": ["*", "12345"]}, 'Invalid principal in policy: "AWS":"12345"'),
        (
            {"AWS": "arn:aws::iam::111122223333:root"},
            'Invalid principal in policy: "AWS":"arn:aws::iam::111122223333:root"',
        ),
        (
            {"AWS": "arn:aws:iam::111122223333:group/x"},
            'Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:group/x"',
        ),
        (
            {"AWS": "arn:aws:iam::111122223333:user/*"},
            'Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:user/*"',
        ),
        ({"Service": "lambda"}, 'Invalid principal in policy: "SERVICE":"lambda"'),
        ({"CanonicalUser": "me"}, 'Invalid principal in policy: "CANONICALUSER":"me"'),
        ("lambda.amazonaws.com", 'Invalid principal in policy: "lambda.amazonaws.com"'),
        ({"Google": "x"}, SYNTAX),
        ({}, SYNTAX),
        ([], SYNTAX),
        ({"AWS": 5}, SYNTAX),
    ],
)
def test_a_principal_nobody_can_be_is_refused(principal, words):
    assert reason(document({**TRUST, "Principal": principal}), "trust") == words
    assert reason(document({**ALLOW, "Principal": principal}), "resource") == words


@pytest.mark.parametrize(
    "principal",
    [
        "*",
        {"AWS": "*"},
        {"AWS": ["111122223333", "arn:aws:iam::111122223333:root", "arn:aws-cn:iam::111122223333:user/path/ana"]},
        {"AWS": "arn:aws:iam::111122223333:role/service-role/r"},
        {"AWS": "arn:aws:sts::111122223333:assumed-role/r/session@example.com"},
        {"AWS": "arn:aws:sts::111122223333:federated-user/fay"},
        {"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2ABCDEFGHIJK"},
        {"AWS": "AROAEXAMPLEEXAMPLE12"},
        {"Service": ["s3.amazonaws.com", "ec2.amazonaws.com.cn", "delivery.logs.amazonaws.com"]},
        {"Federated": ["cognito-identity.amazonaws.com", "arn:aws:iam::111122223333:saml-provider/corp"]},
        {"CanonicalUser": "0123456789abcdef" * 4},
    ],
)
def test_a_principal_somebody_can_be_is_taken(principal):
    assert parse_policy(document({**TRUST, "Principal": principal}), "trust").statements
    assert parse_policy(document({**ALLOW, "Principal": principal}), "resource").statements


def test_a_group_is_no_principal():
    group = {"AWS": "arn:aws:iam::111122223333:group/admins"}
    assert reason(document({**TRUST, "Principal": group}), "trust").startswith("Invalid principal in policy")


@pytest.mark.parametrize(
    ("kind", "statement", "words"),
    [
        ("trust", without(TRUST, "Principal"), "Missing required field Principal"),
        ("trust", {**TRUST, "Resource": "*"}, "Has prohibited field Resource"),
        ("trust", {**TRUST, "NotResource": "*"}, "Has prohibited field NotResource"),
        ("trust", {**TRUST, "Action": "s3:*"}, "AssumeRole policy may only specify STS AssumeRole actions."),
        ("resource", ALLOW, "Missing required field Principal"),
        ("resource", {**without(ALLOW, "Resource"), "Principal": "*"}, "Missing required field Resource"),
        ("boundary", {**ALLOW, "Principal": "*"}, "Has prohibited field Principal"),
        ("session", {**ALLOW, "Principal": "*"}, "Has prohibited field Principal"),
        ("scp", {**ALLOW, "Principal": "*"}, "Has prohibited field Principal"),
        ("rcp", {**ALLOW, "Effect": "Deny"}, "Missing required field Principal"),
        ("rcp", {**ALLOW, "Effect": "Deny", "Principal": {"AWS": "111122223333"}}, SYNTAX),
        ("rcp", {**ALLOW, "Principal": "*"}, SYNTAX),
    ],
)
def test_each_kind_of_policy_has_its_elements(kind, statement, words):
    assert reason(document(statement), kind) == words


@pytest.mark.parametrize("version", [{}, {"Version": "2008-10-17"}])
def test_managed_policies_must_say_the_current_version(version):
    text = json.dumps({**version, "Statement": [ALLOW]})
    assert reason(text, "identity", is_managed=True) == VERSION
    assert reason(text, "boundary") == VERSION
    assert reason(text, "scp") == VERSION
    assert parse_policy(text, "identity").version == "2008-10-17"


def test_a_resource_policy_needs_a_known_version():
    text = json.dumps({"Version": "2020-01-01", "Statement": [{**ALLOW, "Principal": "*"}]})
    assert reason(text, "resource") == "The policy must contain a valid version string"


def test_one_resource_policy_may_do_without_resource():
    text = document({**without(ALLOW, "Resource"), "Principal": "*"})
    policy = parse_policy(text, "resource", needs_resource=False)
    assert decide(QUESTION, PolicySet(resource=Source(policy, "repository"))).is_allowed


def test_a_document_may_be_text_bytes_or_an_object_and_its_lists_single_values():
    listed = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["*"]}
    single = {"Version": "2012-10-17", "Statement": ALLOW}
    for written in (single, json.dumps(single), json.dumps(single).encode(), {**single, "Statement": [listed]}):
        assert decide(QUESTION, PolicySet(identity=(Source(parse_policy(written, "identity"), "p"),))).is_allowed


def test_numbers_and_booleans_in_conditions_are_read_as_text():
    condition = {"Bool": {"aws:SecureTransport": True}, "NumericLessThan": {"s3:max-keys": 10}}
    policy = parse_policy(document({**ALLOW, "Condition": condition}), "identity")
    question = QUESTION._replace(context={"aws:securetransport": "true", "s3:max-keys": "9"})
    assert decide(question, PolicySet(identity=(Source(policy, "p"),))).is_allowed


def test_equal_documents_are_compiled_once():
    assert parse_policy(document(ALLOW), "identity") is parse_policy(document(ALLOW), "identity")
    assert parse_policy(document(ALLOW), "identity") is not parse_policy(document(ALLOW), "session")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
ODD = JSON | st.sampled_from(
    ["*", "Allow", "Deny", "s3:*", "arn:aws:s3:::${aws:username", "${}", "${*", "***", "?" * 9]
)
STATEMENTS = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"]) | ODD, "Action": st.just("*") | ODD},
    optional={
        "Resource": st.just("*") | ODD,
        "NotResource": ODD,
        "Principal": st.just("*") | ODD,
        "Sid": ODD,
        "Condition": ODD
        | st.dictionaries(
            st.sampled_from(["StringLike", "NumericLessThan", "DateEquals", "IpAddress", "ArnLike", "Null", "Bool"]),
            st.dictionaries(st.sampled_from(["aws:username", "aws:x"]), ODD | st.lists(ODD), max_size=2),
        ),
    },
)
DOCUMENTS = ODD | st.fixed_dictionaries(
    {"Statement": STATEMENTS | st.lists(STATEMENTS) | ODD}, optional={"Version": st.just("2012-10-17") | ODD}
)
KINDS = ["identity", "resource", "trust", "boundary", "session", "scp", "rcp"]


@given(DOCUMENTS.map(json.dumps) | st.text(), st.sampled_from(KINDS))
def test_whatever_is_stored_never_crashes_a_decision(text, kind):
    policy = stored_policy(text, kind)
    everything = Source(parse_policy(document({"Effect": "Allow", "Action": "*", "Resource": "*"}), "identity"), "all")
    source = Source(policy, "stored")
    policies = {
        "identity": PolicySet(identity=(everything, source)),
        "resource": PolicySet(identity=(everything,), resource=source),
        "trust": PolicySet(identity=(everything,), resource=source),
        "boundary": PolicySet(identity=(everything,), boundary=source),
        "session": PolicySet(identity=(everything,), session=(source,)),
        "scp": PolicySet(identity=(everything,), scps=((source,),)),
        "rcp": PolicySet(identity=(everything,), rcps=((source,),)),
    }[kind]
    decision = decide(QUESTION, policies)
    assert decision.trail
    if policy.malformed:
        assert decision.outcome == "explicitDeny"
        assert decision.matched[0].source is source
