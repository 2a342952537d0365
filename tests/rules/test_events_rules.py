"""What EventBridge decides without a cloud: inputs of targets, paths, retries, sizes."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skyglobe.kernel.retries import MAX_AGE_FOR, MAX_ATTEMPTS, plan_retry
from skyglobe.services.events.rules.entries import check_entry, size_of
from skyglobe.services.events.rules.inputs import fill
from skyglobe.services.events.rules.paths import ABSENT, BadPath, follow, parse_path
from skyglobe.services.events.rules.permissions import statement
from skyglobe.services.events.rules.requests import plan_request

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=50)
@given(_JSON, st.text(st.characters(exclude_categories=["Cs"])))
def test_a_template_of_json_stays_json_whatever_fills_it(value, text):
    template = json.dumps({"quoted": "a <v> b <t>"}).rstrip("}") + ', "plain": <v>, "both": [<t>, "<t>"]}'
    made = json.loads(fill(template, {"v": value, "t": text}))
    assert made["plain"] == value
    assert made["both"] == [text, text]
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    assert made["quoted"] == f"a {shown} b {text}"


DOCUMENT = {"detail": {"a-b": [{"c": 1}, {"c": 2}], "x/y": None, "k.k": 3}, "source": "s"}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", DOCUMENT),
        ("$.source", "s"),
        ("$.detail.a-b[1].c", 2),
        ("$.detail['a-b'][0]", {"c": 1}),
        ("$.detail.a-b[*].c", [1, 2]),
        ('$.detail["k.k"]', 3),
        ("$.detail.x/y", None),
        ("$.detail.a-b[2]", ABSENT),
        ("$.source.more", ABSENT),
        ("$.nothing[*]", []),
    ],
)
def test_paths_lead_where_they_say(path, found):
    assert follow(path, DOCUMENT) == found


@pytest.mark.parametrize("path", ["", "detail", "$detail", "$..a", "$.a[", "$.a[-1]", "$.a[?(@.b)]"])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(BadPath):
        parse_path(path)


@given(st.integers(0, MAX_ATTEMPTS), st.integers(60, MAX_AGE_FOR))
def test_retries_end_by_number_or_age_whatever_is_asked_for(most, age):
    policy = {"MaximumRetryAttempts": most, "MaximumEventAgeInSeconds": age}
    now = retries = 0
    while True:
        due_at, reason = plan_retry(policy, retries, 0, now)
        if not due_at:
            break
        assert due_at > now
        now, retries = due_at, retries + 1
    assert retries <= most
    assert now <= age * 1000
    assert reason == ("MaximumRetryAttempts" if retries == most else "MaximumEventAgeInSeconds")


def test_without_a_policy_a_target_is_asked_185_times_within_a_day():
    now = retries = 0
    while (due_at := plan_retry({}, retries, 0, now)[0]) != 0:
        now, retries = due_at, retries + 1
    assert retries == MAX_ATTEMPTS
    assert 0.95 * MAX_AGE_FOR < now / 1000 <= MAX_AGE_FOR


def test_entries_count_as_aws_says():
    entry = {"Source": "ü", "DetailType": "ab", "Detail": "{}", "Resources": ["abc", "d"]}
    assert size_of(entry) == 2 + 2 + 2 + 4
    assert size_of({**entry, "Time": 0}) == 2 + 2 + 2 + 4 + 14


def test_details_that_are_nested_too_deeply_are_malformed():
    def entry(depth, text=""):
        return {"Source": "s", "DetailType": "t", "Detail": '{"a":' * depth + f'"{text}"' + "}" * depth}

    assert check_entry(entry(500, "[{" * 600))[0] is None
    assert check_entry(entry(501))[0].code == "MalformedDetail"
    assert check_entry(entry(100_000))[0].code == "MalformedDetail"


def test_headers_of_a_connection_count_more_than_those_of_a_target():
    auth = {
        "ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "secret"},
        "InvocationHttpParameters": {"QueryStringParameters": [{"Key": "a", "Value": "connection"}]},
    }
    target = {"HeaderParameters": {"x-key": "mine"}, "QueryStringParameters": {"a": "target", "b": "$.detail.n"}}
    made = plan_request("GET", "https://example.com/x?c=1", "{}", {"detail": {"n": 5}}, target, auth)
    assert {name.lower(): value for name, value in made.headers.items()}["x-key"] == "secret"
    assert made.url == "https://example.com/x?c=1&a=connection&b=5"
    assert made.body == b""


def test_permissions_name_accounts_by_their_root():
    made = statement("s", "111122223333", "events:PutEvents", "arn:aws-cn:events:cn-north-1:1:event-bus/b", None)
    assert made["Principal"] == {"AWS": "arn:aws-cn:iam::111122223333:root"}
