"""Event patterns: laws, a second opinion, and what is refused."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.kernel.patterns import InvalidPattern, compile_pattern, parse_pattern, stored_pattern
from tests.rules import naive_patterns

keys = st.sampled_from("abc")
words = st.text("aB*-1ü", max_size=4)
numbers = st.one_of(st.integers(-5, 5), st.sampled_from([0.5, -1.5, 1e9]))
scalars = st.one_of(words, numbers, st.booleans(), st.none(), st.sampled_from(["10.0.0.1", "10.0.1.1", "::1"]))
events = st.dictionaries(
    keys,
    st.recursive(
        scalars, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3))
    ),
    max_size=3,
)
solid = st.text("aB-1ü", min_size=1, max_size=3)
ignoring = st.fixed_dictionaries({"equals-ignore-case": solid})
ranges = st.tuples(
    st.integers(-5, 5), st.integers(1, 5), st.sampled_from((">", ">=")), st.sampled_from(("<", "<="))
).map(lambda given: [given[2], given[0], given[3], given[0] + given[1]])
bounds = st.tuples(st.sampled_from(("=", "<", "<=", ">", ">=")), numbers).map(list)
wildcards = st.text("aB*", max_size=4).filter(lambda text: "**" not in text)
expressions = st.one_of(
    st.fixed_dictionaries({"prefix": st.one_of(words, ignoring)}),
    st.fixed_dictionaries({"suffix": st.one_of(words, ignoring)}),
    ignoring,
    st.fixed_dictionaries({"wildcard": wildcards}),
    st.fixed_dictionaries({"cidr": st.sampled_from(["10.0.0.0/24", "10.0.0.0/8", "::/0"])}),
    st.fixed_dictionaries({"numeric": st.one_of(ranges, bounds)}),
    st.fixed_dictionaries({"exists": st.booleans()}),
    st.fixed_dictionaries(
        {
            "anything-but": st.one_of(
                solid,
                numbers,
                st.lists(words, min_size=1, max_size=3),
                st.lists(numbers, min_size=1, max_size=3),
                st.fixed_dictionaries({"prefix": st.one_of(solid, st.lists(solid, min_size=1, max_size=2))}),
                st.fixed_dictionaries({"suffix": st.one_of(solid, st.lists(solid, min_size=1, max_size=2))}),
                st.fixed_dictionaries({"equals-ignore-case": st.lists(solid, min_size=1, max_size=2)}),
                st.fixed_dictionaries({"wildcard": wildcards}),
            )
        }
    ),
)
leaves = st.lists(st.one_of(scalars, expressions), min_size=1, max_size=3)
patterns = st.recursive(
    st.dictionaries(keys, leaves, min_size=1, max_size=3),
    lambda inner: st.one_of(
        st.dictionaries(keys, inner, min_size=1, max_size=2),
        st.fixed_dictionaries({"$or": st.lists(inner, min_size=2, max_size=3)}),
    ),
    max_leaves=4,
)


@given(patterns, events)
def test_compiled_and_naive_matching_agree(pattern, event):
    assert compile_pattern(pattern).matches(event) == naive_patterns.matches(pattern, event)


@given(patterns, events)
def test_patterns_survive_being_written_and_read(pattern, event):
    assert stored_pattern(json.dumps(pattern)).matches(event) == compile_pattern(pattern).matches(event)


@given(patterns, patterns, events)
def test_or_is_the_one_or_the_other(one, other, event):
    either = compile_pattern({"$or": [one, other]}).matches(event)
    assert either == (compile_pattern(one).matches(event) or compile_pattern(other).matches(event))


@given(leaves, leaves, events)
def test_a_longer_list_matches_what_its_parts_match(one, other, event):
    both = compile_pattern({"a": one + other}).matches(event)
    assert both == (compile_pattern({"a": one}).matches(event) or compile_pattern({"a": other}).matches(event))


@given(st.one_of(st.text(max_size=20), patterns.map(json.dumps).map(lambda text: text[:-1])))
def test_what_cannot_be_read_is_refused_and_nothing_else_happens(text):
    with contextlib.suppress(InvalidPattern):
        parse_pattern(text)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ([], "Filter is not an object"),
        ({"a": 1}, '"a" must be an object or an array'),
        ({"a": {}}, "Empty objects are not allowed"),
        ({"a": []}, "Empty arrays are not allowed"),
        ({"a": [[1]]}, "Match value must be String, number, true, false, or null"),
        ({"a": [{}]}, "Match expression name not found"),
        ({"a": [{"prefix": "a", "suffix": "b"}]}, "Only one key allowed in match expression"),
        ({"a": [{"suffix": 1}]}, "suffix match pattern must be a string"),
        ({"a": [{"anything-but": True}]}, "Value of anything-but must be an array or single string/number value."),
        ({"a": [{"anything-but": [None]}]}, "Inside anything but list, start|null|boolean is not supported."),
        (
            {"a": [{"anything-but": ["a", 1]}]},
            "Inside anything but list, either all values are number or string, mixed type is not supported",
        ),
        ({"a": [{"anything-but": {"numeric": 1}}]}, "Unsupported anything-but pattern: numeric"),
        ({"a": [{"anything-but": {"prefix": ""}}]}, "Null prefix/suffix not allowed"),
        ({"a": [{"numeric": 1}]}, "Value of numeric must be an array."),
        ({"a": [{"numeric": []}]}, "Invalid member in numeric match: ]"),
        ({"a": [{"numeric": ["~", 1]}]}, "Unrecognized numeric range operator: ~"),
        ({"a": [{"numeric": ["=", 1, "<", 2]}]}, "Too many elements in numeric expression"),
        ({"a": [{"numeric": [">", 1, "=", 2]}]}, "Bad numeric range operator: ="),
        ({"a": [{"numeric": [">", 1, "<", 2, 3]}]}, "Too many terms in numeric range expression"),
        ({"a": [{"numeric": [">", 1, 2]}]}, "Bad value in numeric range: 2"),
        ({"a": [{"wildcard": "a**b"}]}, "Consecutive wildcard characters at pos 1"),
        ({"a": [{"wildcard": "a\\b"}]}, "Invalid escape character at pos 1"),
        ({"a": [{"cidr": "10.0.0.1"}]}, "Malformed CIDR, one '/' required"),
        ({"$or": {}}, "It must be an Array followed with $or."),
        ({"$or": [1, 2]}, "Only JSON object is allowed in array of $or relationship."),
        ({"$or": [{"a": [1]}]}, "There must have at least 2 Objects in $or relationship."),
    ],
)
def test_malformed_patterns_are_refused_in_awss_words(pattern, reason):
    with pytest.raises(InvalidPattern) as caught:
        compile_pattern(pattern)
    assert str(caught.value) == reason


def test_a_deep_pattern_is_refused_rather_than_met_with_a_crash():
    text = '{"a":' * 5_000 + "[1]" + "}" * 5_000
    with pytest.raises(InvalidPattern):
        parse_pattern(text)


def test_wildcards_take_no_longer_for_being_many():
    pattern = compile_pattern({"a": [{"wildcard": "a*" * 200 + "b"}]})
    assert not pattern.matches({"a": "a" * 200_000})
    assert compile_pattern({"a": [{"wildcard": "\\*a*b\\\\"}]}).matches({"a": "*a-b\\"})


def test_true_is_not_one():
    assert not compile_pattern({"a": [1]}).matches({"a": True})
    assert not compile_pattern({"a": [{"numeric": ["=", 1]}]}).matches({"a": True})
    assert compile_pattern({"a": [{"anything-but": [1]}]}).matches({"a": True})
