"""Wildcards and variables of the policy language."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.policy.patterns import Variable, joined_outline, matcher_of, outline_of, tokens_of

PATTERNS = st.text("ab*?:/", max_size=10)
TEXTS = st.text("ab:/*?", max_size=12)


def fits(pattern, value, kind="text", **options):
    return matcher_of([pattern], kind, variables=True, **options)(value, {})


@given(PATTERNS, TEXTS)
def test_a_pattern_matches_as_a_backtracking_matcher_says(pattern, value):
    translated = "".join({"*": ".*", "?": "."}.get(symbol, re.escape(symbol)) for symbol in pattern)
    assert fits(pattern, value) == (re.fullmatch(translated, value, re.DOTALL) is not None)


@given(st.lists(PATTERNS, min_size=1, max_size=4), TEXTS)
def test_a_list_of_patterns_is_their_alternative(patterns, value):
    together = matcher_of(patterns, "text", variables=True)(value, {})
    assert together == any(fits(pattern, value) for pattern in patterns)


@given(st.text(max_size=12))
def test_text_without_wildcards_matches_itself_only(text):
    literal = text.translate(str.maketrans("", "", "*?${}"))
    assert fits(literal, literal)
    assert not fits(literal, literal + "x")


@given(TEXTS, TEXTS)
def test_what_a_variable_stands_for_is_taken_literally(value, actual):
    matches = matcher_of(["a/${aws:x}/*"], "text", variables=True)
    assert matches(f"a/{value}/b", {"aws:x": value})
    assert matches(actual, {"aws:x": value}) == actual.startswith(f"a/{value}/")


@given(
    st.lists(st.text("ab*", max_size=3), min_size=6, max_size=6),
    st.lists(st.text("ab", max_size=3), min_size=6, max_size=6),
)
def test_an_arn_matches_segment_by_segment(pattern, fields):
    expected = all(fits(one, other) for one, other in zip(pattern, fields, strict=True))
    assert fits(":".join(pattern), ":".join(fields), "arn") == expected


@given(st.text("ab:", max_size=8))
def test_the_last_segment_holds_whatever_follows(rest):
    assert fits("arn:aws:logs:us-east-1:1:a*", f"arn:aws:logs:us-east-1:1:a{rest}", "resource")


@pytest.mark.parametrize(
    ("text", "variable"),
    [
        ("${aws:username}", Variable("aws:username", None)),
        ("${aws:PrincipalTag/Team, 'all of us'}", Variable("aws:principaltag/team", "all of us")),
        ("${aws:x,''}", Variable("aws:x", "")),
    ],
)
def test_variables_are_read_with_their_default(text, variable):
    assert tokens_of(text, variables=True) == [variable]
    assert tokens_of(text, variables=False) == [text]


@pytest.mark.parametrize("text", ["${", "${}", "${aws:x", "$aws:x", "${aws:x, all}", "{aws:x}", "$${"])
def test_what_is_no_variable_is_text(text):
    assert tokens_of(text, variables=True) == [text]


def test_no_pattern_can_hang_a_decision():
    # A matcher that goes back over every star would not come to an end here.
    pattern, value = "*a" * 200 + "b", "a" * 20_000
    assert not fits(pattern, value)
    assert not fits(f"arn:aws:s3:::{pattern}", f"arn:aws:s3:::{value}", "resource")
    assert fits("*a" * 200 + "*", value)


PIECES = st.lists(st.sampled_from(["a", "b", "/", ":", "*", "?", "${aws:username}", "${*}", "place"]), max_size=8)


@given(
    PIECES,
    PIECES,
    st.sampled_from(["arn:aws:s3:::", "arn:aws:*:", "arn:aws:sqs:${aws:username}:1:", "*"]),
    st.booleans(),
)
def test_an_outline_lets_by_whatever_a_pattern_matches(pattern, value, start, variables):
    text = start + "".join(pattern)
    asked = "arn:aws:s3:::" + "".join(value).replace("${aws:username}", "ana").replace("*", "x")
    matches = matcher_of([text], "resource", variables=variables)
    outlined = joined_outline([outline_of([text], variables=variables), outline_of(["arn:aws:s3:::z"], variables=True)])
    if matches(asked, {"aws:username": "ana"}):
        assert outlined.test()(asked)
