"""The binary framing of event streams, against botocore's decoder and against damage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.protocols.eventstream import (
    MAX_PAYLOAD_BYTES,
    BadEventStream,
    Message,
    decode_event,
    decode_events,
    encode_event,
    event_length,
)

INSTANTS = st.integers(0, 4 * 10**12).map(lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms))
VALUES = (
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.binary(max_size=40)
    | st.text(max_size=20)
    | INSTANTS
    | st.uuids()
)
HEADERS = st.dictionaries(st.text(min_size=1, max_size=20), VALUES, max_size=6)
MESSAGES = st.lists(st.tuples(HEADERS, st.binary(max_size=200)), max_size=4)


@given(MESSAGES)
def test_what_is_encoded_is_decoded_to_the_same_messages(messages: list[tuple[dict[str, object], bytes]]) -> None:
    data = b"".join(encode_event(headers, payload) for headers, payload in messages)  # type: ignore[arg-type]
    assert list(decode_events(data)) == [Message(headers, payload) for headers, payload in messages]  # type: ignore[arg-type]


@given(MESSAGES)
def test_botocore_decodes_what_is_encoded(messages: list[tuple[dict[str, object], bytes]]) -> None:
    buffer = EventStreamBuffer()
    for headers, payload in messages:
        buffer.add_data(encode_event(headers, payload))  # type: ignore[arg-type]
        decoded = next(buffer)
        assert decoded.payload == payload
        assert decoded.headers == {name: _as_botocore_reads(value) for name, value in headers.items()}


def _as_botocore_reads(value: object) -> object:
    """botocore leaves instants as milliseconds and identifiers as bytes."""
    if isinstance(value, datetime):
        return (value - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    return value.bytes if isinstance(value, UUID) else value


def test_the_framing_is_that_of_the_specification() -> None:
    # "Content-Type: application/json" and a payload, byte by byte.
    message = encode_event({"a": "b"}, b"{}")
    assert message[:8] == b"\x00\x00\x00\x18\x00\x00\x00\x06"
    assert message[12:18] == b"\x01a\x07\x00\x01b"
    assert message[18:20] == b"{}"
    assert len(message) == 24


@given(st.data())
def test_one_flipped_bit_anywhere_is_noticed(data: st.DataObject) -> None:
    message = bytearray(encode_event({":event-type": "Records", "n": 7}, b"payload"))
    position = data.draw(st.integers(0, len(message) * 8 - 1))
    message[position // 8] ^= 1 << position % 8
    with pytest.raises(BadEventStream):
        list(decode_events(bytes(message)))


@given(st.integers(1, 60))
def test_a_stream_cut_off_within_a_message_is_noticed(missing: int) -> None:
    message = encode_event({":event-type": "Records"}, b"p" * 40)
    with pytest.raises(BadEventStream):
        list(decode_events(message[:-missing]))


@given(st.binary(max_size=80))
def test_no_bytes_make_the_decoder_fail_otherwise(junk: bytes) -> None:
    for data in (junk, _with_valid_checksums(junk)):
        try:
            list(decode_events(data))
        except BadEventStream:
            continue


def _with_valid_checksums(headers: bytes) -> bytes:
    """Frame bytes that are no headers as if they were."""
    from struct import pack
    from zlib import crc32

    prelude = pack("!II", 16 + len(headers), len(headers))
    message = prelude + pack("!I", crc32(prelude)) + headers
    return message + pack("!I", crc32(message))


def test_a_header_that_appears_twice_is_refused() -> None:
    with pytest.raises(BadEventStream, match="twice"):
        list(decode_events(_with_valid_checksums(b"\x01a\x00\x01a\x01")))


def test_the_length_of_a_message_is_known_once_its_prelude_is_there() -> None:
    message = encode_event({"a": True}, b"payload")
    assert event_length(message[:11]) is None
    assert event_length(message[:12]) == len(message)
    assert decode_event(b"xx" + message, 2) == (Message({"a": True}, b"payload"), len(message) + 2)


def test_events_beyond_the_limits_of_clients_are_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        encode_event({}, bytes(MAX_PAYLOAD_BYTES + 1))
