"""Java's regular expressions in Python: the same answers, in bounded time."""

from __future__ import annotations

import re
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skyglobe.models import load, service_names
from skyglobe.models.automaton import Automaton, Finder, exposure
from skyglobe.models.patterns import find_pattern, quick_form

UNTRANSLATED = 8
"""Of all patterns in the models: malformed in either language, or (one) an intersection of classes."""


def matches(pattern: str, value: str) -> bool:
    found = find_pattern(pattern)
    assert found is not None
    return found.matches(value)


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        (r"[\w+=,.@-]+", "a b", False),
        (r"[\w+=,.@-]+", "a-b", True),
        (r"[\w+=,.@-]+", "aé", False),
        (r"^arn:aws:.*", "arn:aws:x\ny", True),
        (r"[a-z]+", "abc\n", False),
        (r"^[a-z]+$", "abc\n", False),
        (r".+", "a\u2028b", False),
        (r"(?s).+", "a\nb", True),
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", "Straße 7", True),
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", "日本", True),
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", "a#", False),
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", "é#", False),
        (r"\P{L}+", "é", False),
        (r"\P{L}+", "12 —", True),
        (r"\p{Alnum}+", "é", False),
        (r"\p{IsAlphabetic}+", "é", True),
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*", "smile 😀", True),
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*", "a\x00", False),
        (r"[\w- ]+", "a- b", True),
        (r"[^/:|\000-\037]+", "a\x1f", False),
        (r"a++b", "aab", True),
        (r"\Qa.b\E+", "a.b", True),
        (r"\Qa.b\E", "axb", False),
        (r"[a\-z]+", "b", False),
        (r"(?<year>\d{4})", "2024", True),
        (r"\d+", "٣", False),
        (r"\x{1F600}", "😀", True),
    ],
)
def test_patterns_mean_what_they_mean_in_java(pattern: str, value: str, expected: bool) -> None:
    assert matches(pattern, value) is expected


@pytest.mark.parametrize("pattern", [r"[a-z&&[^b]]+", r"(", r"\p{Nonsense}", r"[b-a]", r"\y", "\\"])
def test_what_cannot_be_translated_rejects_nobody(pattern: str) -> None:
    assert find_pattern(pattern) is None


def test_all_but_a_few_patterns_of_all_models_are_translated() -> None:
    patterns = {
        shape["pattern"]
        for name in service_names()
        for shape in load.__wrapped__(name).raw["shapes"].values()
        if "pattern" in shape
    }
    untranslated = sorted(pattern for pattern in patterns if find_pattern(pattern) is None)
    sys.stdout.write(f"\n{len(patterns)} patterns, {len(untranslated)} not translated\n")
    assert len(patterns) > 4000
    assert len(untranslated) <= UNTRANSLATED, untranslated


@pytest.mark.parametrize(
    "pattern",
    [r"^([a-z]+)*-$", r"(a|a)*b", r"(a|aa)+$", r"([a-zA-Z0-9]+\s?)*!", r".*.*.*.*.*.*=", r"(?!x)(a*)*b", r"(a*)*\1b"],
)
def test_no_value_makes_a_pattern_take_forever(pattern: str) -> None:
    assert matches(pattern, "a" * 20 + "?") is False
    matches(pattern, "a" * 5000 + "?")


def test_harmless_patterns_are_left_to_the_standard_matcher() -> None:
    assert exposure(r"[a-z]+") == 1
    assert exposure(r"[a-z]{3}") == 0
    assert exposure(r"[a-z]+:[a-z]+") == 2
    assert exposure(r"([a-z]+-)*") == float("inf")


@given(
    st.sampled_from(
        [
            r"([ab]+-)*[ab]*",
            r"a*(ab)*b?|[^a]+",
            r"\w{1,3}(-\d{2,4}){0,3}",
            r"(?:a|ab)(?:c|bcd)*",
            r"\Aab+\Z|b\Z",
            r"\S+\D?",
            r"(a{0,2}b{1,}){1,3}",
        ]
    ),
    st.text("abcd-12 é\n", max_size=12),
)
def test_the_automaton_agrees_with_the_standard_matcher(pattern: str, value: str) -> None:
    standard = re.compile(pattern, re.ASCII)
    assert Automaton(pattern, is_partial=False).matches(value) is (standard.fullmatch(value) is not None)
    assert Automaton(pattern, is_partial=True).matches(value) is (standard.search(value) is not None)


FINDABLE = st.sampled_from(
    ["EID-[0-9]{3}-US", "a+b", "a+b?", "[ab]+c|c", "^a|bc", "a.{0,2}b", "ab*|ba*", "[a-c]{2,3}", "c?a|b", "abca|c"]
)


@settings(max_examples=120, deadline=None)
@given(FINDABLE, st.text(alphabet="abcEID-0123US", max_size=14))
def test_the_finder_finds_the_first_matches_as_long_as_they_are(pattern: str, text: str) -> None:
    standard = re.compile(pattern, re.ASCII)
    expected, at = [], 0
    while at < len(text):
        end = next((end for end in range(len(text), at, -1) if standard.fullmatch(text, at, end)), None)
        if end is not None:
            expected.append((at, end))
        at = end or at + 1
    assert list(Finder(pattern).find(text)) == expected


def test_the_finder_knows_the_edges_of_a_text_and_takes_no_longer_than_the_text_is() -> None:
    assert list(Finder(r"^a|b\Z").find("abab")) == [(0, 1), (3, 4)]
    assert list(Finder("a*b?").find("xaab")) == [(1, 4)]
    assert list(Finder("[a-z]+[a-z]+[a-z]+-[0-9]").find("a" * 50_000)) == []
    assert list(Finder("a.*b").find("a" * 3 + "x" * 1_000 + "b" + "x" * 20_000)) == [(0, 1_004)]


QUICK = [
    r"[a-zA-Z0-9_.-]+",
    r"0|([1-9]\d{0,38})",
    r"^arn:aws.*:kinesis:.*$",
    r"[^a]*",
    r"\P{L}+",
    r"(?:ab|a)(?:c|bcd)",
    r".+",
]
SOME_TEXTS = ["arn:aws:kinesis:", "abcd", "0", "01", "7", "a\n"]


@pytest.mark.parametrize("source", QUICK)
@given(value=st.text(alphabet="abcd019_:.\né\u0663 ") | st.sampled_from(SOME_TEXTS))
def test_what_a_quick_form_finds_satisfies_the_pattern(source: str, value: str) -> None:
    form = quick_form(source)
    assert form is not None
    if re.search(form.expression, value) is not None and len(value) <= form.longest:
        assert matches(source, value)
    elif value.isascii() and len(value) <= form.longest:
        assert not matches(source, value)


@pytest.mark.parametrize("source", [r"^[a-z]+", r"[a-z]+$", r"(?s).+", r"[a-z&&[b]]"])
def test_what_matches_a_part_or_has_flags_has_no_quick_form(source: str) -> None:
    assert quick_form(source) is None
