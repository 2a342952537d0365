"""How inherited policies merge: the cases of AWS's guide, and laws that hold for all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.services.organizations.rules.inheritance import InvalidOperators, check_operators, merge_policies

ALLOWED = "@@operators_allowed_for_child_policies"


def tags(key=None, value=None, **more):
    node = {**more}
    if key is not None:
        node["tag_key"] = key
    if value is not None:
        node["tag_value"] = value
    return {"tags": {"project": node}}


def merged(*levels):
    return merge_policies(levels).get("tags", {}).get("project", {})


def test_a_child_overwrites_appends_and_removes():
    top = tags({"@@assign": "Project"}, {"@@assign": ["a", "b"]})
    assert merged([top], [tags(value={"@@assign": ["c"]})]) == {"tag_key": "Project", "tag_value": ["c"]}
    assert merged([top], [tags(value={"@@append": ["b", "c"]})])["tag_value"] == ["a", "b", "c"]
    assert merged([top], [tags(value={"@@remove": ["a", "z"]})])["tag_value"] == ["b"]
    assert merged([], [tags(value={"@@append": ["c"]})])["tag_value"] == ["c"]


def test_a_child_may_use_only_the_operators_it_is_left():
    locked = tags({"@@assign": "Project", ALLOWED: ["@@none"]}, {"@@assign": ["a"], ALLOWED: ["@@append"]})
    child = tags({"@@assign": "project"}, {"@@assign": ["x"], "@@append": ["b"], "@@remove": ["a"]})
    assert merged([locked], [child]) == {"tag_key": "Project", "tag_value": ["a", "b"]}


def test_what_was_forbidden_above_is_not_allowed_below():
    top = tags(value={"@@assign": ["a"], ALLOWED: ["@@append"]})
    middle = tags(value={ALLOWED: ["@@all"]})
    assert merged([top], [middle], [tags(value={"@@assign": ["x"]})])["tag_value"] == ["a"]


def test_on_one_target_the_first_policy_sets_and_all_append():
    first = tags({"@@assign": "PROJECT"}, {"@@append": ["Maintenance"]})
    second = tags({"@@assign": "project"}, {"@@append": ["Escalations"]})
    assert merged([first, second]) == {"tag_key": "PROJECT", "tag_value": ["Maintenance", "Escalations"]}


def test_on_one_target_children_may_use_what_all_policies_allow():
    first = tags(value={"@@assign": ["a"], ALLOWED: ["@@append"]})
    second = tags(value={ALLOWED: ["@@append", "@@remove"]})
    child = tags(value={"@@append": ["b"], "@@remove": ["a"]})
    assert merged([first, second], [child])["tag_value"] == ["a", "b"]


def test_a_closed_node_gets_no_new_members():
    top = {"tags": {ALLOWED: ["@@none"], "project": {"tag_key": {"@@assign": "Project"}}}}
    child = {"tags": {"other": {"tag_key": {"@@assign": "Other"}}, "project": {"tag_key": {"@@assign": "P"}}}}
    assert merge_policies([[top], [child]]) == {"tags": {"project": {"tag_key": "P"}}}


@pytest.mark.parametrize(
    "document",
    [
        {"tags": []},
        {"tags": {"@@assign": {"a": 1}}},
        {"tags": {"@@assign": "a", "b": {}}},
        {"tags": {"@@append": "a"}},
        {"tags": {ALLOWED: ["@@all", "@@none"]}},
        {"tags": {"@@other": ["a"]}},
    ],
)
def test_operators_stand_where_they_can(document):
    with pytest.raises(InvalidOperators):
        check_operators(document)


OPERATORS = [("@@assign", "a"), ("@@assign", "bc"), ("@@append", "cd"), ("@@append", ""), ("@@remove", "ac")]
SETTINGS = st.lists(st.sampled_from(OPERATORS), max_size=3)
POLICIES = SETTINGS.map(lambda drawn: tags(value={operator: list(values) for operator, values in drawn}))
LEVELS = st.lists(st.lists(POLICIES, max_size=2), max_size=4)


@given(LEVELS)
def test_nothing_of_the_operators_is_left(levels):
    assert "@@" not in str(merge_policies(levels))


@given(LEVELS, LEVELS)
def test_below_a_lock_nothing_changes(above, below):
    lock = [tags(value={ALLOWED: ["@@none"]})]
    locked = {"tags": {ALLOWED: ["@@none"], "project": {ALLOWED: ["@@none"], "tag_value": {ALLOWED: ["@@none"]}}}}
    assert merge_policies([*above, [locked], *below]) == merge_policies([*above, lock])


@given(LEVELS)
def test_a_last_assignment_decides_when_all_is_allowed(levels):
    assert merged(*levels, [tags(value={"@@assign": ["z"]})]) == {"tag_value": ["z"]}
