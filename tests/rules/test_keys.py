"""Keys in bytes: their order is the tuples' order, and nothing is lost."""

from __future__ import annotations

import contextlib
import functools
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from skyglobe.kernel.keys import Key, Part, after, pack, unpack

text = st.text(st.characters(codec="utf-8") | st.sampled_from("\0\x01ÿ\U0010ffff"), max_size=6)
parts = (
    st.none()
    | st.binary(max_size=5)
    | text
    | st.integers(-(2**127), 2**127)
    | st.integers(-300, 300)
    | st.floats(allow_nan=False)
    | st.booleans()
)
keys = st.lists(parts, max_size=4).map(tuple)

_KINDS: list[type] = [type(None), bytes, str, int, float, bool]


def compared(left: Part, right: Part) -> int:
    """The order that ``keys`` documents, spelled out."""
    kinds = _KINDS.index(type(left)), _KINDS.index(type(right))
    if kinds[0] != kinds[1]:
        return -1 if kinds[0] < kinds[1] else 1
    if left == right:
        return 0
    return -1 if left < right else 1  # type: ignore[operator]


def compared_keys(left: Key, right: Key) -> int:
    for one, other in zip(left, right, strict=False):
        if found := compared(one, other):
            return found
    return len(left) - len(right)


@given(keys)
@example((0, -0.0, 0.0, "", b"", "\0", "a\0b"))
def test_packing_and_unpacking_gives_the_same_tuple(key: Key) -> None:
    assert unpack(pack(key)) == key
    assert [type(part) for part in unpack(pack(key))] == [type(part) for part in key]


@given(st.lists(keys, min_size=2, max_size=12))
@example([("a",), ("a\0",), ("a", 1), ("a\0", 1), ("a\x01",), ("ab",), ("",)])
@example([(255,), (256,), (-256,), (-255,), (-1,), (0,), (1,), (65535,), (65536,)])
@example([(b"",), (b"\0",), (b"\0\xff",), (b"\0", None), (b"\xff",)])
def test_the_order_of_the_bytes_is_the_order_of_the_tuples(several: list[Key]) -> None:
    assert sorted(several, key=pack) == sorted(several, key=functools.cmp_to_key(compared_keys))


@given(st.lists(keys, max_size=10))
def test_different_tuples_have_different_bytes(several: list[Key]) -> None:
    packed = {pack(key): key for key in several}
    for key in several:
        assert compared_keys(packed[pack(key)], key) == 0


@given(keys, keys, keys)
def test_the_range_up_to_after_holds_just_what_extends_the_prefix(prefix: Key, rest: Key, other: Key) -> None:
    start = pack(prefix)
    assert start <= pack(prefix + rest) < after(start)
    extends = len(other) >= len(prefix) and compared_keys(other[: len(prefix)], prefix) == 0
    assert (start <= pack(other) < after(start)) == extends


@given(keys, text, text)
def test_texts_with_a_common_start_lie_together(prefix: Key, start: str, other: str) -> None:
    first = pack((*prefix, start))[:-1]
    assert (first <= pack((*prefix, other)) < after(first)) == other.startswith(start)


def test_infinities_stand_at_the_ends_of_the_floats() -> None:
    numbers = [-math.inf, -1e300, -1.0, -5e-324, 0.0, 5e-324, 1.0, 1e300, math.inf]
    assert sorted(numbers, key=lambda number: pack((number,))) == numbers


@pytest.mark.parametrize("number", [2**128, -(2**128)])
def test_integers_beyond_sixteen_bytes_are_refused(number: int) -> None:
    with pytest.raises(OverflowError):
        pack((number,))


@pytest.mark.parametrize("number", [2**128 - 1, 1 - 2**128])
def test_integers_of_sixteen_bytes_are_kept(number: int) -> None:
    assert unpack(pack((number,))) == (number,)


@pytest.mark.parametrize("part", [(1,), [], {}, bytearray(b"a"), object()])
def test_other_types_are_refused(part: Part) -> None:
    with pytest.raises(TypeError):
        pack((part,))


@given(st.binary(max_size=12))
def test_any_bytes_are_unpacked_or_refused_with_a_value_error(packed: bytes) -> None:
    with contextlib.suppress(ValueError):
        unpack(packed)


def ends_without_zero(key: Key) -> bool:
    """A zero within text is written as two bytes, of which the first alone ends a text."""
    return bool(key) and not (
        (isinstance(key[-1], str) and "\0" in key[-1]) or (isinstance(key[-1], bytes) and 0 in key[-1])
    )


@given(keys.filter(ends_without_zero))
def test_a_key_cut_within_its_last_part_is_refused(key: Key) -> None:
    packed, shorter = pack(key), pack(key[:-1])
    for end in range(len(shorter) + 1, len(packed)):
        with pytest.raises(ValueError, match=r"."):
            unpack(packed[:end])
