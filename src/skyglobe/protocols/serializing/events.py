"""Events of a service's event streams, from their models: which member is a header, which the payload."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import lru_cache
from typing import Any

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.wire import ResponseBody
from skyglobe.models import Shape
from skyglobe.protocols.eventstream import HeaderValue, encode_event
from skyglobe.protocols.serializing.bodies import body_format
from skyglobe.protocols.serializing.faults import UnknownMember

Event = dict[str, Any]
"""One member of the stream's union, such as ``{"Records": {"Payload": b"…"}}``."""


def encode_output_event(stream: Shape, event: Event, protocol: str) -> bytes:
    """Return ``event`` as a message of the event stream shape ``stream``. Raises ``UnknownMember``."""
    return encoder_for(stream, protocol).event(event)


def encode_error_event(stream: Shape, error: ServiceError, protocol: str) -> bytes:
    """Return ``error`` as the message that ends a stream: an exception when the stream models it, else an error."""
    return encoder_for(stream, protocol).error(error)


@lru_cache(maxsize=64)  # one per streaming operation in use: botocore's models have under 40
def encoder_for(stream: Shape, protocol: str) -> EventEncoder:
    """Return the compiled encoder of the event stream shape ``stream``."""
    return EventEncoder(stream, protocol)


class EventEncoder:
    """Encodes the events of one event stream shape in one protocol."""

    def __init__(self, stream: Shape, protocol: str) -> None:
        self._stream = stream
        self._format = body_format(stream.model, protocol)
        self._encoders = {name: self._compile(name, shape) for name, shape in stream.members.items()}

    def event(self, event: Event) -> bytes:
        """Return one event's message; the event has exactly one member that is not None."""
        ((name, value),) = [(name, value) for name, value in event.items() if value is not None]
        encoder = self._encoders.get(name)
        if encoder is None:
            raise UnknownMember(self._stream, name)
        return encoder({} if value is None else value)

    def error(self, error: ServiceError) -> bytes:
        """Return the message of an error in mid-stream."""
        for name, shape in self._stream.members.items():
            if shape.is_exception and error.code in (name, shape.name, shape.traits.get("error", {}).get("code")):
                message = {member: error.message for member in shape.members if member.lower() == "message"}
                return self._encoders[name]({**message, **error.fields})
        return encode_event({":message-type": "error", ":error-code": error.code, ":error-message": error.message})

    def initial_response(self, output: Shape, members: dict[str, Any]) -> bytes:
        """Return the message RPC protocols open a stream with: the output's other members."""
        payload = self._format.structure(output)(members)
        return encode_event(_headers("event", "initial-response", self._format.content_type), payload)

    def body(self, events: Any, opening: bytes = b"") -> ResponseBody:
        """Return a response body of ``events``, after the message ``opening``.

        ``events`` is an iterable or an async iterator of events, or of messages already encoded. A ``ServiceError``
        an async iterator raises becomes the stream's last message.
        """
        if isinstance(events, bytes):
            return opening + events
        if hasattr(events, "__aiter__"):
            return self._stream_body(events, opening)
        return opening + b"".join([self._encoded(event) for event in events])

    async def _stream_body(self, events: AsyncIterator[Any], opening: bytes) -> AsyncIterator[bytes]:
        if opening:
            yield opening
        try:
            async for event in events:
                yield self._encoded(event)
        except ServiceError as error:
            yield self.error(error)

    def _encoded(self, event: Event | bytes) -> bytes:
        return event if isinstance(event, bytes) else self.event(event)

    def _compile(self, name: str, shape: Shape) -> Callable[[Event], bytes]:
        kind = "exception" if shape.is_exception else "event"
        located = {member: s for member, s in shape.members.items() if s.traits.get("eventheader")}
        payload_name = next((member for member, s in shape.members.items() if s.traits.get("eventpayload")), None)
        content_type, payload = self._payload(shape, payload_name)
        fixed = _headers(kind, name, content_type)

        def encode(value: Event) -> bytes:
            headers = {member: value[member] for member in located if value.get(member) is not None}
            rest = {member: v for member, v in value.items() if member not in located}
            return encode_event({**fixed, **headers}, payload(rest))

        return encode

    def _payload(self, shape: Shape, name: str | None) -> tuple[str, Callable[[Event], bytes]]:
        if name is None:
            whole = self._format.structure(shape)
            if not shape.members and self._format.empty_when_memberless:
                return "", lambda value: whole(value) and b""
            return self._format.content_type, whole
        member = shape.members[name]
        if member.type in ("blob", "string"):
            content_type = "application/octet-stream" if member.type == "blob" else "text/plain"
            return content_type, lambda value: _only(shape, name, value) or b""
        inner = self._format.structure(member)
        return self._format.content_type, lambda value: inner(_only(shape, name, value) or {})


def _only(shape: Shape, name: str, value: Event) -> Any:
    for member in value:
        if member != name:
            raise UnknownMember(shape, member)
    found = value.get(name)
    return found.encode() if isinstance(found, str) else found


def _headers(kind: str, name: str, content_type: str) -> dict[str, HeaderValue]:
    label = ":exception-type" if kind == "exception" else ":event-type"
    headers: dict[str, HeaderValue] = {":message-type": kind, label: name}
    if content_type:
        headers[":content-type"] = content_type
    return headers
