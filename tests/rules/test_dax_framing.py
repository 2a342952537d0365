"""Where values end in DAX's stream, however it is cut."""

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.services.dax.rules.framing import MAX_DEPTH, Framer, Malformed, first_value_end
from skyglobe.services.dax.rules.values import decode_all

scalars = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(max_size=300) | st.binary(max_size=300)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4)
)


@given(st.lists(values, min_size=1, max_size=4), st.integers(1, 50))
def test_values_are_found_whatever_the_pieces_are(sent, size):
    data = b"".join(map(cbor2.dumps, sent))
    framer = Framer(1 << 20)
    for place in range(0, len(data), size):
        assert not framer.has(len(sent))
        framer.feed(data[place : place + size])
    assert framer.has(len(sent))
    assert decode_all(framer.peek(1)) == sent[:1]
    first = framer.take(1)
    assert first_value_end(data) == len(first)
    if len(sent) > 1:
        assert framer.has(len(sent) - 1)
        assert decode_all(framer.take(len(sent) - 1)) == sent[1:]
    assert framer.waiting_bytes == 0


def test_values_without_a_length_end_with_their_break():
    framer = Framer(100)
    framer.feed(b"\xbf\x03\x9f\x01\xff\x04\x5f\x41a\x41b\xff\xff\x00")
    assert framer.has(2)
    assert decode_all(framer.take(2)) == [{3: [1], 4: b"ab"}, 0]


@pytest.mark.parametrize(
    "data", [b"\xff", b"\x1c", b"\x1f", b"\x81\xff", b"\x81" * (MAX_DEPTH + 1), b"\x5b" + b"\xff" * 8, bytes(101)]
)
def test_what_is_malformed_or_too_much_is_refused(data):
    framer = Framer(100 if len(data) < MAX_DEPTH else 1000)
    with pytest.raises(Malformed):
        _ = framer.feed(data), framer.has(1)


@given(st.binary(max_size=200))
def test_any_bytes_are_values_or_refused(data):
    framer = Framer(100)
    try:
        framer.feed(data)
        while framer.has(1):
            decode_all(framer.take(1))
    except Malformed:
        pass
