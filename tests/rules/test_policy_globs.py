"""Patterns against patterns: what is claimed of all texts holds for whatever text hypothesis writes."""

from hypothesis import given
from hypothesis import strategies as st

from skyglobe.policy.globs import arn_includes, arns_overlap, includes, overlap
from skyglobe.policy.patterns import matcher_of

PATTERNS = st.text("ab*?", max_size=7)
TEXTS = st.text("ab", max_size=7)
ARNS = st.lists(st.text("ab*", max_size=3), min_size=6, max_size=6).map(":".join)
NAMES = st.lists(st.text("ab", max_size=3), min_size=6, max_size=6).map(":".join)


def fits(pattern, text, kind="text"):
    return matcher_of([pattern], kind, variables=False)(text, {})


@given(PATTERNS, PATTERNS, TEXTS)
def test_what_is_included_is_matched_too(wide, narrow, text):
    if includes(wide, narrow) and fits(narrow, text):
        assert fits(wide, text)


@given(PATTERNS, PATTERNS, TEXTS)
def test_patterns_that_match_one_text_overlap(left, right, text):
    if fits(left, text) and fits(right, text):
        assert overlap(left, right)
        assert overlap(right, left)


@given(PATTERNS)
def test_every_pattern_includes_itself_and_is_in_the_star(pattern):
    assert includes(pattern, pattern)
    assert includes("*", pattern)


@given(ARNS, ARNS, NAMES)
def test_the_same_holds_of_arns_field_by_field(wide, narrow, arn):
    if fits(narrow, arn, "resource"):
        if arn_includes(wide, narrow):
            assert fits(wide, arn, "resource")
        if fits(wide, arn, "resource"):
            assert arns_overlap(wide, narrow)


def test_variables_are_included_by_themselves_and_by_stars():
    assert includes("home/${aws:username}/*", "home/${aws:username}/x")
    assert includes("home/*", "home/${aws:username}/x")
    assert not includes("home/?/x", "home/${aws:username}/x")
    assert not includes("home/${aws:username}", "home/ann")
    assert overlap("home/${aws:username}", "home/ann")
    assert not overlap("s3:get*", "s3:put*")
