"""Laws of the condition operators."""

import base64
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.policy.conditions import find_condition
from skyglobe.policy.operators import OPERATORS, instant_of, number_of

KEY = "aws:x"
TEXT = st.text(max_size=12)
NUMBERS = st.decimals(-1000, 1000, places=2, allow_nan=False).map(str)
MOMENTS = st.integers(0, 200_000_000_000).map(lambda second: datetime(1970, 1, 2, tzinfo=UTC) + timedelta(0, second))
INSTANTS = st.builds(
    lambda moment, micro: (moment + timedelta(0, 0, micro)).isoformat(), MOMENTS, st.integers(0, 999999)
)
ADDRESSES = st.ip_addresses().map(str)
VALUES = {
    "string": TEXT | st.sampled_from(["a", "A", "a*", "*", "?"]),
    "numeric": NUMBERS | TEXT,
    "date": INSTANTS | TEXT,
    "bool": st.sampled_from(["true", "false", "True", "no", ""]),
    "binary": st.binary(max_size=6).map(lambda raw: base64.b64encode(raw).decode()) | TEXT,
    "ip": ADDRESSES | TEXT,
    "arn": st.sampled_from(["arn:aws:s3:::b", "arn:aws:s3:::*", "arn:aws:sns:us-east-1:1:t", "x", "*"]) | TEXT,
}


FAMILIES = {
    family: [name for name in sorted(OPERATORS) if name.removeprefix("not").startswith(family)]
    for family in ("string", "numeric", "date", "bool", "binary", "ip", "arn")
}
NEGATIONS = {family: [name for name in names if "not" in name] for family, names in FAMILIES.items()}

every_family = pytest.mark.parametrize("family", FAMILIES)
"""What is drawn is asked of all operators of a family: each meets as many examples as if it were tested alone."""


def holds(name, expected, actual):
    condition = find_condition(name, KEY, expected, variables=False)
    assert condition is not None
    return condition.holds({} if actual is None else {KEY: actual})


def test_every_operator_is_of_a_family():
    assert sorted(name for names in FAMILIES.values() for name in names) == sorted(OPERATORS)


@pytest.mark.parametrize("family", [family for family, names in NEGATIONS.items() if names])
@given(data=st.data())
def test_a_negated_operator_says_the_opposite(family, data):
    values = VALUES[family]
    expected = data.draw(st.lists(values, min_size=1, max_size=3))
    actual = data.draw(st.none() | values | st.lists(values, max_size=3))
    for negated in NEGATIONS[family]:
        assert holds(negated, expected, actual) != holds(negated.replace("not", "", 1), expected, actual)


@every_family
@given(data=st.data())
def test_if_exists_changes_nothing_where_the_key_is_there_and_holds_where_it_is_not(family, data):
    values = VALUES[family]
    expected = data.draw(st.lists(values, min_size=1, max_size=3))
    actual = data.draw(values | st.lists(values, min_size=1, max_size=3))
    for name in FAMILIES[family]:
        assert holds(f"{name}ifexists", expected, actual) == holds(name, expected, actual)
        assert holds(f"{name}IfExists", expected, None)
        assert holds(f"{name}IfExists", expected, [])


@every_family
@given(data=st.data())
def test_an_absent_key_matches_nothing(family, data):
    expected = data.draw(st.lists(VALUES[family], min_size=1, max_size=3))
    for name in FAMILIES[family]:
        assert holds(name, expected, None) == ("not" in name)
        assert holds(f"ForAllValues:{name}", expected, None)
        assert not holds(f"ForAnyValue:{name}", expected, None)


@every_family
@given(data=st.data())
def test_quantifiers_ask_each_value_by_itself(family, data):
    values = VALUES[family]
    expected = data.draw(st.lists(values, min_size=1, max_size=3))
    actual = data.draw(st.lists(values, min_size=1, max_size=4))
    for name in FAMILIES[family]:
        each = [holds(name, expected, value) for value in actual]
        assert holds(f"ForAnyValue:{name}", expected, actual) == (any(each) and actual != [""])
        assert holds(f"ForAllValues:{name}", expected, actual) == (all(each) or actual == [""])


@every_family
@given(data=st.data())
def test_several_expected_values_are_alternatives(family, data):
    values = VALUES[family]
    expected = data.draw(st.lists(values, min_size=1, max_size=4))
    actual = data.draw(values)
    for name in FAMILIES[family]:
        each = [holds(name, [value], actual) for value in expected]
        assert holds(name, expected, actual) == (all(each) if "not" in name else any(each))


@pytest.mark.parametrize(("family", "values"), [("numeric", NUMBERS), ("date", INSTANTS)])
@given(data=st.data())
def test_one_of_less_equal_greater_holds(family, values, data):
    left, right = data.draw(values), data.draw(values)
    told = [holds(f"{family}{kind}", [right], left) for kind in ("lessthan", "equals", "greaterthan")]
    assert told.count(True) == 1
    assert holds(f"{family}lessthanequals", [right], left) == (told[0] or told[1])
    assert holds(f"{family}greaterthanequals", [right], left) == (told[1] or told[2])
    assert holds(f"{family}lessthan", [left], right) == told[2]


@given(st.text())
def test_null_asks_for_the_key_alone(actual):
    assert holds("Null", ["true"], None)
    assert holds("Null", ["false"], actual)
    assert not holds("Null", ["true"], actual)
    assert not holds("Null", ["false"], None)


@given(TEXT, TEXT)
def test_like_without_wildcards_is_equals(pattern, actual):
    plain = pattern.replace("*", "").replace("?", "")
    assert holds("StringLike", [plain], actual) == holds("StringEquals", [plain], actual)


@given(MOMENTS, st.integers(-14 * 60, 14 * 60))
def test_an_instant_is_the_same_in_every_zone(moment, minutes):
    there = moment.astimezone(timezone(timedelta(minutes=minutes)))
    assert instant_of(there.isoformat()) == instant_of(moment.isoformat()) == int(moment.timestamp())
    assert instant_of(f"{moment:%Y-%m-%dT%H:%M:%SZ}") == instant_of(str(int(moment.timestamp())).zfill(5))


@given(st.text())
def test_what_cannot_be_read_is_none_and_never_an_error(text):
    number_of(text)
    instant_of(text)
    for name in OPERATORS:
        holds(name, [text], text)
