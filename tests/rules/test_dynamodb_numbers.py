"""Laws of DynamoDB's numbers and keys."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.services.dynamodb.layout import PACKERS, successor
from skyglobe.services.dynamodb.rules.numbers import BadNumber, add, canonical, in_order, size_of, subtract

digits = st.integers(min_value=-(10**38) + 1, max_value=10**38 - 1)
numbers = st.tuples(digits, st.integers(min_value=-130, max_value=88)).map(lambda pair: f"{pair[0]}e{pair[1]}")


@given(numbers)
def test_canonical_text_has_the_value_of_what_was_given(text):
    kept = canonical(text)
    assert Decimal(kept) == Decimal(text)
    assert canonical(kept) == kept


@given(numbers, numbers)
def test_equal_numbers_have_one_text_and_others_another(one, other):
    assert (canonical(one) == canonical(other)) == (Decimal(one) == Decimal(other))


@given(numbers, numbers)
def test_bytes_are_in_the_order_of_numbers(one, other):
    first, second = in_order(canonical(one)), in_order(canonical(other))
    assert (first < second) == (Decimal(one) < Decimal(other))
    assert first == second or not second.startswith(first)


@given(numbers)
def test_a_number_counts_at_most_21_bytes(text):
    assert 1 <= size_of(canonical(text)) <= 21


@given(st.integers(-(10**18), 10**18), st.integers(-(10**18), 10**18))
def test_arithmetic_is_exact(one, other):
    assert add(str(one), str(other)) == str(one + other)
    assert subtract(str(one), str(other)) == str(one - other)


def test_what_cannot_be_held_exactly_is_refused():
    with pytest.raises(BadNumber):
        add("1" + "0" * 37, canonical("1e-5"))


@given(st.text(), st.text())
def test_texts_are_in_the_order_of_their_bytes(one, other):
    pack = PACKERS["S"]
    key = lambda text: text.encode("utf-8", "surrogatepass")  # noqa: E731
    assert (pack(one) < pack(other)) == (key(one) < key(other))


@given(st.binary(), st.binary())
def test_binaries_are_in_order_and_prefixes_keep_together(one, other):
    pack = PACKERS["B"]
    assert (pack(one) < pack(other)) == (one < other)
    beginning = pack(one)[:-1]
    assert (beginning <= pack(other) < successor(beginning)) == other.startswith(one)
