"""The JSON documents of queues."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.sqs.records import Redrive
from skyglobe.services.sqs.rules.policies import (
    allows_redrive,
    check_policy,
    check_redrive_allow_policy,
    parse_redrive_policy,
    with_permission,
    without_permission,
)

ARN = "arn:aws:sqs:us-east-1:123456789012:dead"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize("count", [3, "3", 3.0])
def test_a_redrive_policy_counts_in_numbers_or_text(count):
    text = json.dumps({"deadLetterTargetArn": ARN, "maxReceiveCount": count})
    assert parse_redrive_policy(text) == Redrive(ARN, 3)


@given(JSON | st.fixed_dictionaries({"deadLetterTargetArn": JSON, "maxReceiveCount": JSON}))
def test_any_other_json_is_refused_as_a_redrive_policy(value):
    with pytest.raises(ServiceError) as caught:
        parse_redrive_policy(json.dumps(value))
    assert caught.value.code == "InvalidParameterValue"


@given(JSON | st.fixed_dictionaries({"redrivePermission": JSON, "sourceQueueArns": JSON}))
def test_any_json_is_judged_as_a_redrive_allow_policy(value):
    with pytest.raises(ServiceError):
        check_redrive_allow_policy(json.dumps(value))


@given(JSON | st.fixed_dictionaries({"Version": JSON, "Statement": JSON}))
def test_any_json_is_judged_as_a_policy(value):
    with pytest.raises(ServiceError) as caught:
        check_policy(json.dumps(value))
    assert caught.value.code == "InvalidAttributeValue"


def test_whose_dead_letters_are_taken():
    by_queue = json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [ARN]})
    assert allows_redrive("", ARN)
    assert allows_redrive('{"redrivePermission": "allowAll"}', ARN)
    assert not allows_redrive('{"redrivePermission": "denyAll"}', ARN)
    assert allows_redrive(by_queue, ARN)
    assert not allows_redrive(by_queue, ARN + "2")


def test_permissions_come_and_go_beside_other_statements():
    own = json.dumps({"Version": "2012-10-17", "Statement": {"Sid": "own", "Effect": "Deny", "Principal": "*"}})
    added = with_permission(own, ARN, "label", ["123456789012"], ["SendMessage"])
    assert [statement["Sid"] for statement in json.loads(added)["Statement"]] == ["own", "label"]
    assert json.loads(without_permission(added, "label"))["Statement"] == [json.loads(own)["Statement"]]
    assert without_permission(with_permission("", ARN, "label", ["123456789012"], ["*"]), "label") == ""
