"""Templates of delegation requests, filled in."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.policy import parse_policy
from skyglobe.services.iam.rules.delegation import UnfilledTemplate, boundaries_in, fill_template

VALUES = st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126)), min_size=1)


@given(VALUES, st.text("ab/:", max_size=4), st.text("ab/:", max_size=4))
def test_a_text_becomes_as_many_as_its_parameter_has_values(values, before, after):
    document = json.dumps({"Resource": [f"{before}@{{stores}}{after}", "x"]})
    filled = json.loads(fill_template(document, {"stores": values}))
    assert filled == {"Resource": [f"{before}{value}{after}" for value in values] + ["x"]}


def test_what_stands_for_a_placeholder_is_taken_literally():
    document = json.dumps({"Resource": "arn:aws:s3:::@{one}/@{two}"})
    filled = json.loads(fill_template(document, {"one": ["@{two}", "b"], "two": ["c"]}))
    assert filled == {"Resource": ["arn:aws:s3:::@{two}/c", "arn:aws:s3:::b/c"]}


def test_placeholders_and_parameters_belong_together():
    document = json.dumps({"Resource": "arn:aws:s3:::@{store}/*"})
    assert json.loads(fill_template(document, {"store": ["a"]})) == {"Resource": "arn:aws:s3:::a/*"}
    assert json.loads(fill_template(document, {"store": ["a", "b"]}))["Resource"][1] == "arn:aws:s3:::b/*"
    for parameters in ({}, {"store": ["a"], "other": ["b"]}):
        with pytest.raises(UnfilledTemplate):
            fill_template(document, parameters)
    with pytest.raises(UnfilledTemplate):
        fill_template(document, {"store": [str(number) for number in range(1001)]})


def test_boundaries_are_those_that_new_roles_must_have():
    edge = "arn:aws:iam::111122223333:policy/edge"
    limited = {"StringEquals": {"iam:PermissionsBoundary": edge}}
    statement = {"Effect": "Allow", "Action": "iam:CreateRole", "Resource": "*", "Condition": limited}
    policy = {"Version": "2012-10-17", "Statement": [statement, {**statement, "Action": "iam:TagRole"}]}
    assert boundaries_in(parse_policy(json.dumps(policy), "session")) == [edge]
    policy["Statement"] = [{**statement, "Action": "iam:TagRole"}, {**statement, "Effect": "Deny"}]
    assert boundaries_in(parse_policy(json.dumps(policy), "session")) == []
