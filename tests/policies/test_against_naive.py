"""The engine against a second, deliberately naive evaluator: whatever is written, they decide alike."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skyglobe.policy import PolicySet, Question, Source, decide, parse_policy
from tests.policies import naive
from tests.policies.tables import CALLERS, HERE, NAMES, THERE

ACTIONS = ["s3:GetObject", "s3:PutObject", "s3:ListBucket", "sqs:SendMessage"]
ACTION_PATTERNS = ["*", "s3:*", "S3:Get*", "s3:?utObject", "*:*", "sqs:Send*", "s3:*Object", "s3:getobject", "iam:*"]
RESOURCES = [
    "arn:aws:s3:::bucket",
    "arn:aws:s3:::bucket/ana/key",
    "arn:aws:s3:::bucket/*",
    "arn:aws:sqs:us-east-1:111122223333:queue",
    "arn:aws:logs:us-east-1:111122223333:log-group:a:*",
    "*",
]
RESOURCE_PATTERNS = [
    *("*", "arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*", "arn:aws:s3:::b*t/*/key", "arn:aws:s3:::*", "arn:aws:s3"),
    *("arn:aws:sqs:*:*:queue", "arn:aws:sqs:us-*:111122223333", "arn:aws:sqs:*:queue", "arn:*:s3:::bucket/?na/*"),
    *("arn:aws:s3:::bucket/${aws:username}/*", "arn:aws:s3:::bucket/${aws:username, 'ana'}/key", "arn:aws:s3:::*${*}"),
    *("arn:aws:logs:*:*:log-group:*", "arn:aws:logs:us-east-1:*:*:*"),
]
TEXTS = ["", "a", "b", "ana", "A", "abc", "a*c", "true", "false", "team"]
TEXT_PATTERNS = [*TEXTS, "*", "a*", "?", "*b*", "a?c", "${aws:username}", "${aws:x, 'a'}", "a${*}c", "${aws:many}*"]
NUMBERS = ["0", "1", "-1", "1.0", "10", "9.5", "none"]
INSTANTS = ["2026-11-23T17:00:00Z", "2026-11-23T18:00:00+01:00", "2026-11-24T00:00:00Z", "1795453200", "soon"]
ADDRESSES = ["10.0.0.1", "10.0.1.1", "203.0.113.7", "2001:db8::1"]
NETWORKS = ["10.0.0.0/24", "10.0.0.0/8", "203.0.113.7", "2001:db8::/32", "0.0.0.0/0"]
ARNS = ["arn:aws:sns:us-east-1:111122223333:topic", "arn:aws:s3:::bucket", "topic", "arn:aws:sns:::a:b"]
ARN_PATTERNS = [*ARNS, "arn:aws:sns:*:*:*", "arn:*:s?s:*:*:t*", "arn:aws:sns:*", "arn:aws:s3:::${aws:username}", "*"]
BYTES = ["QQ==", "QUI=", ""]

FAMILIES = {
    **dict.fromkeys(
        [
            f"String{kind}"
            for kind in ("Equals", "NotEquals", "EqualsIgnoreCase", "NotEqualsIgnoreCase", "Like", "NotLike")
        ],
        ("aws:x", TEXTS, TEXT_PATTERNS),
    ),
    **{
        f"{family}{kind}": (key, values, values)
        for family, key, values in (("Numeric", "aws:n", NUMBERS), ("Date", "aws:t", INSTANTS))
        for kind in (
            *("Equals", "NotEquals", "LessThan", "LessThanEquals"),
            *("GreaterThan", "GreaterThanEquals"),
        )
    },
    "Bool": ("aws:x", TEXTS, ["true", "false", "TRUE", "${aws:x}"]),
    "BinaryEquals": ("aws:b", BYTES, BYTES),
    "IpAddress": ("aws:ip", ADDRESSES, NETWORKS),
    "NotIpAddress": ("aws:ip", ADDRESSES, NETWORKS),
    **dict.fromkeys(["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"], ("aws:arn", ARNS, ARN_PATTERNS)),
}


def some(values):
    return st.sampled_from(values) | st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True)


@st.composite
def conditions(draw):
    operator = draw(st.sampled_from([*FAMILIES, "Null"]))
    if operator == "Null":
        return {"Null": {draw(st.sampled_from(["aws:x", "aws:many"])): draw(some(["true", "false"]))}}
    key, _, patterns = FAMILIES[operator]
    key = draw(st.sampled_from([key, key.upper(), "aws:many" if key == "aws:x" else key]))
    prefix = draw(st.sampled_from(["", "", "ForAllValues:", "ForAnyValue:"]))
    suffix = draw(st.sampled_from(["", "", "IfExists"]))
    return {f"{prefix}{operator}{suffix}": {key: draw(some(patterns))}}


PRINCIPALS = st.one_of(
    st.just("*"),
    st.sampled_from([HERE, NAMES["ana"], NAMES["dev"], NAMES["dev-session"], NAMES["fed"]]).map(
        lambda one: {"AWS": one}
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "AWS": some(
                [
                    *("*", HERE, THERE, NAMES["here-root"]),
                    *(NAMES[name] for name in ("ana", "dev", "dev-session", "fed", "eve", "spy")),
                ]
            ),
            "Service": some([NAMES["logs"], NAMES["events"]]),
        },
    ).filter(bool),
)


BROAD = {"scp": 7, "boundary": 5, "session": 5, "identity": 4, "resource": 3}
"""Of ten statements, how many allow everything: else hardly a question would get beyond the first layers."""


@st.composite
def statements(draw, kind):
    actions = [*ACTION_PATTERNS, *["*", "s3:*"] * 4]
    resources = [*RESOURCE_PATTERNS, *["*"] * 8]
    effects = ["Allow"] * 6 + ["Deny"]
    statement = {
        "Effect": draw(st.sampled_from(effects)),
        draw(st.sampled_from(["Action", "Action", "Action", "NotAction"])): draw(some(actions)),
        draw(st.sampled_from(["Resource", "Resource", "Resource", "NotResource"])): draw(some(resources)),
    }
    if kind == "rcp":
        statement = {"Effect": "Deny", "Action": draw(some(actions)), "Resource": draw(some(resources))}
        if draw(st.integers(0, 9)) < 8:
            return {"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}
        statement["Principal"] = "*"
    broad = draw(st.integers(0, 9)) < BROAD.get(kind, 0)
    if broad:
        statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    if kind == "resource":
        statement["Principal"] = draw(PRINCIPALS)
    if not broad and draw(st.booleans()):
        statement["Condition"] = draw(conditions())
    return statement


def documents(kind):
    versions = ["2012-10-17"] if kind in ("boundary", "scp", "rcp") else ["2012-10-17", "2012-10-17", "2008-10-17"]
    written = statements(kind)
    return st.fixed_dictionaries(
        {"Version": st.sampled_from(versions), "Statement": written | st.lists(written, min_size=1, max_size=3)}
    )


def value_of(values):
    return st.sampled_from(values) | st.lists(st.sampled_from(values), max_size=3)


CONTEXTS = st.fixed_dictionaries(
    {},
    optional={
        "aws:username": st.sampled_from(["ana", "*", "bucket"]),
        "aws:x": value_of(TEXTS),
        "aws:many": st.lists(st.sampled_from(TEXTS), max_size=3),
        "aws:n": value_of(NUMBERS),
        "aws:t": value_of(INSTANTS),
        "aws:b": value_of(BYTES),
        "aws:ip": value_of(ADDRESSES),
        "aws:arn": value_of(ARNS),
    },
)
ASKERS = ["ana", "dev-session", "fed"] * 3
ASKERS += ["bob", "linked-session", "root", "eve", "spy-session", "there-root"]
QUESTIONS = st.builds(
    lambda caller, action, resource, context: Question(CALLERS[caller], action, resource, context, HERE),
    st.sampled_from([*ASKERS, "logs", "nobody"]),
    st.sampled_from(ACTIONS),
    st.sampled_from(RESOURCES),
    CONTEXTS,
)
LEVELS = {
    kind: st.lists(st.lists(documents(kind), min_size=1, max_size=2) | st.just([]), max_size=2)
    for kind in ("scp", "rcp")
}
LAYERS = st.fixed_dictionaries(
    {"identity": st.lists(documents("identity"), max_size=3)},
    optional={
        "boundary": documents("boundary"),
        "session": st.lists(documents("session"), max_size=2),
        "resource": documents("resource"),
        "scps": LEVELS["scp"],
        "rcps": LEVELS["rcp"],
        "required": st.sampled_from([False, False, False, True]),
    },
)


def compiled(layers):
    def one(document, kind):
        return Source(parse_policy(json.dumps(document), kind), kind)

    def levels(name, kind):
        return tuple(tuple(one(document, kind) for document in level) for level in layers.get(name, ()))

    return PolicySet(
        identity=tuple(one(document, "identity") for document in layers.get("identity", ())),
        boundary=one(layers["boundary"], "boundary") if "boundary" in layers else None,
        session=tuple(one(document, "session") for document in layers.get("session", ())),
        resource=one(layers["resource"], "resource") if "resource" in layers else None,
        scps=levels("scps", "scp"),
        rcps=levels("rcps", "rcp"),
        is_resource_policy_required=layers.get("required", False),
    )


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(QUESTIONS, LAYERS)
def test_the_engine_decides_as_the_naive_evaluator_does(question, layers):
    decision = decide(question, compiled(layers))
    assert (decision.outcome, decision.layer) == naive.decide(question, layers)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(QUESTIONS, documents("identity"))
def test_they_agree_on_every_statement(question, document):
    decision = decide(question._replace(principal=CALLERS["ana"]), compiled({"identity": [document]}))
    expected = [
        bool(naive.statement_fits(statement, decision.question, document["Version"]))
        for statement in naive.listed(document["Statement"])
    ]
    assert [not step.element for step in decision.trail] == expected


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(QUESTIONS, LAYERS, documents("identity"))
def test_another_deny_never_allows_more(question, layers, document):
    before = decide(question, compiled(layers))
    denying = {**document, "Statement": [{**each, "Effect": "Deny"} for each in naive.listed(document["Statement"])]}
    after = decide(question, compiled({**layers, "identity": [*layers.get("identity", []), denying]}))
    assert before.is_allowed or not after.is_allowed


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(QUESTIONS, LAYERS, documents("identity"))
def test_another_allow_never_denies_more(question, layers, document):
    before = decide(question, compiled(layers))
    allowing = {**document, "Statement": [{**each, "Effect": "Allow"} for each in naive.listed(document["Statement"])]}
    after = decide(question, compiled({**layers, "identity": [*layers.get("identity", []), allowing]}))
    assert after.is_allowed or not before.is_allowed
