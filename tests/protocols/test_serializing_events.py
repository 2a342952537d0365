"""Events of real services' streams, framed from their models."""

from __future__ import annotations

from typing import Any

import pytest

from skyglobe.kernel.errors import ServiceError
from skyglobe.models import Shape, load
from skyglobe.protocols.eventstream import Message, decode_event
from skyglobe.protocols.serializing import UnknownMember, encode_error_event, encode_output_event


def stream_of(service: str, operation: str) -> tuple[Shape, str]:
    model = load(service)
    output = model.operation(operation).output
    assert output is not None
    return next(member for member in output.members.values() if member.is_event_stream), model.protocols[0]


def encoded(service: str, operation: str, event: dict[str, Any]) -> Message:
    stream, protocol = stream_of(service, operation)
    return decode_event(encode_output_event(stream, event, protocol))[0]


def test_s3_select_sends_records_as_they_are_and_statistics_as_xml() -> None:
    assert encoded("s3", "SelectObjectContent", {"Records": {"Payload": b"a,b\n"}}) == Message(
        {":message-type": "event", ":event-type": "Records", ":content-type": "application/octet-stream"}, b"a,b\n"
    )
    stats = {"Stats": {"Details": {"BytesScanned": 5, "BytesProcessed": 5, "BytesReturned": 2}}}
    assert encoded("s3", "SelectObjectContent", stats) == Message(
        {":message-type": "event", ":event-type": "Stats", ":content-type": "text/xml"},
        b"<Stats><BytesScanned>5</BytesScanned><BytesProcessed>5</BytesProcessed><BytesReturned>2</BytesReturned></Stats>",
    )


def test_events_without_members_have_no_payload_and_no_content_type_in_s3() -> None:
    assert encoded("s3", "SelectObjectContent", {"End": {}}) == Message(
        {":message-type": "event", ":event-type": "End"}, b""
    )


def test_kinesis_sends_records_as_json() -> None:
    event = {"Records": [{"Data": b"x", "PartitionKey": "p", "SequenceNumber": "1"}], "MillisBehindLatest": 0}
    message = encoded("kinesis", "SubscribeToShard", {"SubscribeToShardEvent": event})
    assert message.headers[":content-type"] == "application/x-amz-json-1.1"
    assert message.payload == (
        b'{"Records":[{"Data":"eA==","PartitionKey":"p","SequenceNumber":"1"}],"MillisBehindLatest":0}'
    )


def test_lambda_streams_chunks_and_then_says_it_is_complete() -> None:
    assert encoded("lambda", "InvokeWithResponseStream", {"PayloadChunk": {"Payload": b"part"}}).payload == b"part"
    complete = encoded(
        "lambda", "InvokeWithResponseStream", {"InvokeComplete": {"ErrorCode": "Oops", "LogResult": None}}
    )
    assert (complete.headers[":content-type"], complete.payload) == ("application/json", b'{"ErrorCode":"Oops"}')


def test_an_event_the_model_does_not_have_is_a_programming_error() -> None:
    misspelt: list[dict[str, Any]] = [{"Recrods": {}}, {"Records": {"Paylaod": b""}}]
    for event in misspelt:
        with pytest.raises(UnknownMember):
            encoded("s3", "SelectObjectContent", event)


def test_errors_in_mid_stream_are_exceptions_when_modelled_and_plain_errors_otherwise() -> None:
    stream, protocol = stream_of("kinesis", "SubscribeToShard")
    modelled = ServiceError("moved", code="ResourceInUseException")
    assert decode_event(encode_error_event(stream, modelled, protocol))[0] == Message(
        {
            ":message-type": "exception",
            ":exception-type": "ResourceInUseException",
            ":content-type": "application/x-amz-json-1.1",
        },
        b'{"message":"moved"}',
    )
    assert decode_event(encode_error_event(stream, ServiceError("boom", code="Boom"), protocol))[0] == Message(
        {":message-type": "error", ":error-code": "Boom", ":error-message": "boom"}, b""
    )
