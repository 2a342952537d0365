"""DAX's numbers: one text for each, and an order of bytes that is theirs."""

import contextlib
from decimal import Decimal

import pytest
from amazondax import LexDecimal
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.services.dax.rules.framing import Malformed
from skyglobe.services.dax.rules.numbers import from_sortable, number_of, sortable, text_of
from skyglobe.services.dynamodb.rules.numbers import canonical

numbers = st.builds(
    lambda digits, power, sign: f"{sign}{digits}E{power}",
    st.integers(0, 10**38 - 1),
    st.integers(-130, 88),
    st.sampled_from(["", "-"]),
).filter(lambda text: text.strip("-")[0] != "0" and Decimal(text).adjusted() >= -130)


@given(numbers)
def test_numbers_are_written_as_dynamodb_writes_them(text):
    assert text_of(Decimal(text)) == canonical(text)
    assert text_of(number_of(canonical(text))) == canonical(text)


@given(numbers, numbers)
def test_sort_keys_sort_as_their_numbers_do(one, other):
    assert (sortable(one) < sortable(other)) == (Decimal(one) < Decimal(other))
    assert from_sortable(sortable(one)) == canonical(one)


@given(numbers)
def test_sort_keys_are_those_of_amazons_client(text):
    assert from_sortable(LexDecimal.encode(Decimal(text))) == canonical(text)
    assert LexDecimal.decode_all(sortable(text)) == Decimal(text)


def test_zero_has_one_form():
    assert [text_of(0), text_of(Decimal("-0.00")), sortable("0"), from_sortable(b"\x80")] == ["0", "0", b"\x80", "0"]


@given(st.binary(max_size=40))
def test_any_bytes_are_a_number_or_refused(data):
    with contextlib.suppress(Malformed):
        assert Decimal(from_sortable(data)).is_finite()


@pytest.mark.parametrize("number", [Decimal("NaN"), Decimal("Infinity"), 1 << 5000])
def test_what_is_no_number_of_dynamodbs_is_refused(number):
    with pytest.raises(Malformed):
        text_of(number)
