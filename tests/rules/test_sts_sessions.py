"""The laws of session tags, packing and durations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.sts.rules.durations import CHAINED_MAX_FOR, role_session_for, session_for
from skyglobe.services.sts.rules.packing import TAGS_ALLOTTED, packed_size
from skyglobe.services.sts.rules.session_tags import SessionTags, plan_tags
from skyglobe.services.sts.rules.source_identity import plan_source_identity

KEYS = st.sampled_from(["team", "Team", "site", "SITE", "cost", "stage", "owner"])
PAIRS = st.lists(st.tuples(KEYS, st.text("ab", max_size=3)), max_size=5).map(tuple)


def distinct(pairs):
    keys = [key.lower() for key, _ in pairs]
    return len(set(keys)) == len(keys)


@given(given_tags=PAIRS, transitive=st.lists(KEYS, max_size=3), before=PAIRS.filter(distinct), data=st.data())
def test_a_session_has_the_tags_passed_and_the_transitive_ones_inherited(given_tags, transitive, before, data):
    kept = tuple(data.draw(st.lists(st.sampled_from([key for key, _ in before]), unique=True))) if before else ()
    inherited = SessionTags(before, kept)
    passed = {key.lower() for key, _ in given_tags}
    handed_on = {key.lower() for key in kept}
    is_right = distinct(given_tags) and {key.lower() for key in transitive} <= passed and not passed & handed_on
    if not is_right:
        with pytest.raises(ServiceError):
            plan_tags(given_tags, transitive, inherited)
        return
    planned = plan_tags(given_tags, transitive, inherited)
    assert distinct(planned.tags)
    assert {key.lower() for key, _ in planned.tags} == passed | handed_on
    assert set(given_tags) <= set(planned.tags)
    assert {key.lower() for key in planned.transitive} == handed_on | {key.lower() for key in transitive}
    assert set(planned.transitive) <= {key for key, _ in planned.tags}


@given(tags=PAIRS, more=PAIRS)
def test_more_never_takes_less_space(tags, more):
    assert 1 <= packed_size((), tags) <= packed_size((), tags + more)


@given(st.integers(1, 2 * TAGS_ALLOTTED))
def test_tags_fit_up_to_what_is_allotted(size):
    tags = (("k", "v" * (size - 1)),)
    if size <= TAGS_ALLOTTED:
        assert packed_size((), tags) <= 100
    else:
        with pytest.raises(ServiceError) as caught:
            packed_size((), tags)
        assert caught.value.code == "PackedPolicyTooLarge"


@given(asked=st.none() | st.integers(900, 43_200), longest=st.integers(3_600, 43_200), is_chained=st.booleans())
def test_a_roles_session_is_as_long_as_asked_within_its_bounds(asked, longest, is_chained):
    bound = min(longest, CHAINED_MAX_FOR) if is_chained else longest
    if asked is not None and asked > bound:
        with pytest.raises(ServiceError):
            role_session_for(asked, longest, is_chained=is_chained)
    else:
        assert role_session_for(asked, longest, is_chained=is_chained) == (asked or 3_600)


@given(st.none() | st.integers(900, 129_600))
def test_root_never_gets_more_than_an_hour(asked):
    assert session_for(asked, is_root=True) == min(asked or 3_600, 3_600)
    assert session_for(asked, is_root=False) == (asked or 43_200)


@pytest.mark.parametrize(
    ("given_identity", "inherited", "planned"),
    [
        ("", "", ""),
        ("ann", "", "ann"),
        ("", "ann", "ann"),
        ("ann", "ann", "ann"),
        ("bob", "ann", None),
        ("aws:x", "", None),
    ],
)
def test_a_source_identity_is_set_once(given_identity, inherited, planned):
    if planned is None:
        with pytest.raises(ServiceError):
            plan_source_identity(given_identity, inherited)
    else:
        assert plan_source_identity(given_identity, inherited) == planned
