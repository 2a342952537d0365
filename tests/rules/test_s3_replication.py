"""Laws of replication rules, manifests and advice."""

from hypothesis import given
from hypothesis import strategies as st

from skyglobe.services.s3.rules.analytics import AGES, DAY, OBSERVED_FOR, Group, advised_age, age_of, label_of
from skyglobe.services.s3.rules.replication import Plan, Rule, rules_for
from skyglobe.services.s3control.rules.manifests import Row, list_of, rows_in

_KEYS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=12)


def _rule(priority, bucket, prefix, takes_markers):
    return Rule(f"r{priority}", priority, prefix, (), True, bucket, False, "", takes_markers, False, False, False)


_RULES = st.lists(
    st.builds(
        _rule,
        st.integers(0, 50),
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(["", "x", "xy", "y"]),
        st.booleans(),
    ),
    unique_by=lambda rule: rule.priority,
)


@given(_RULES, st.sampled_from(["x", "xyz", "y", "z"]))
def test_each_destination_gets_an_object_by_the_highest_priority_that_means_it(rules, key):
    plan = Plan("role", tuple(sorted(rules, key=lambda rule: -rule.priority)))
    chosen = rules_for(plan, key, {})
    meant = [rule for rule in rules if key.startswith(rule.prefix)]
    assert {rule.bucket for rule in chosen} == {rule.bucket for rule in meant}
    for rule in chosen:
        assert rule.priority == max(one.priority for one in meant if one.bucket == rule.bucket)
    markers = rules_for(plan, key, {}, is_marker=True)
    assert markers == [rule for rule in chosen if rule.takes_markers]


@given(st.lists(st.builds(Row, st.just("orchard"), _KEYS, st.sampled_from(["", "null", "v1"]))))
def test_a_list_is_read_back_as_it_was_written(rows):
    assert list(rows_in(list_of(rows), ("Bucket", "Key", "VersionId"))) == rows


@given(st.integers(0, 3_000 * DAY))
def test_every_age_has_one_group_and_a_name(age):
    first = age_of(0, age)
    assert first in AGES
    low, _, high = label_of(first).partition("-")
    assert int(low.rstrip("+")) <= age // DAY <= int(high or 10_000)


@given(st.integers(0, 100), st.integers(0, 10_000))
def test_advice_waits_for_thirty_days_and_is_never_given_for_what_is_read_more_than_it_weighs(observed, read):
    day = [Group("STANDARD", 30, 1, 0, 1_000, read, 1)]
    advised = advised_age([day] * observed)
    assert advised == (30 if observed >= OBSERVED_FOR and read * OBSERVED_FOR < 1_000 else None)
