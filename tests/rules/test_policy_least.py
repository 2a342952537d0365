"""The least-privilege policy allows what was used; hypothesis says what was used."""

import json

from hypothesis import given
from hypothesis import strategies as st

from skyglobe.kernel.principals import Principal
from skyglobe.policy import PolicySet, Question, Source, decide, parse_policy
from skyglobe.policy.least import Permission, least_policy, places_of

USER = Principal("111122223333", "arn:aws:iam::111122223333:user/ana", "AIDAEXAMPLEEXAMPLE12", "user")
ACTIONS = st.sampled_from(["s3:GetObject", "s3:PutObject", "s3:ListBucket", "sqs:SendMessage", "iam:PassRole"])
RESOURCES = st.builds("arn:aws:s3:::{}/{}".format, st.sampled_from("abc"), st.integers(0, 30)) | st.sampled_from(
    ["*", "arn:aws:s3:::a", "arn:aws:sqs:us-east-1:111122223333:orders", "arn:aws:iam::111122223333:role/r"]
)
PREFIXED = [{"s3:prefix": ("x/",)}, {"s3:prefix": ("y/",)}]
PASSED = {"iam:passedtoservice": ("ec2.amazonaws.com",)}
CONTEXTS = st.sampled_from([{}, *PREFIXED, PASSED, {"s3:x-amz-acl": ("private",)}])
USED = st.lists(st.builds(Permission, ACTIONS, RESOURCES, CONTEXTS), min_size=1, max_size=40)


@given(USED)
def test_all_that_was_used_is_allowed(used):
    policy = parse_policy(json.dumps(least_policy(used)), "identity")
    policies = PolicySet(identity=(Source(policy, "least"),))
    for action, resource, context in used:
        question = Question(USER, action, resource, dict(context), USER.account)
        assert decide(question, policies).is_allowed


@given(USED, st.builds(Permission, ACTIONS, RESOURCES, CONTEXTS))
def test_actions_that_were_not_used_are_not_allowed(used, other):
    policy = parse_policy(json.dumps(least_policy(used)), "identity")
    question = Question(USER, other.action, other.resource, dict(other.context), USER.account)
    allowed = decide(question, PolicySet(identity=(Source(policy, "least"),))).is_allowed
    assert allowed <= (other.action in {action for action, _, _ in used})


def test_many_objects_of_a_folder_become_the_folder():
    keys = [f"arn:aws:s3:::photos/2026/{number}" for number in range(9)]
    assert places_of([*keys, "arn:aws:s3:::photos/x"]) == ("arn:aws:s3:::photos/2026/*", "arn:aws:s3:::photos/x")
    assert places_of(keys[:8]) == tuple(keys[:8])
    assert places_of([*keys, "*"]) == ("*",)
