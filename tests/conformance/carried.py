"""What is left of an input once botocore's client has written it: where inputs and parsed values may differ."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from skyglobe.kernel.wire import Request
from skyglobe.models import OperationModel, Shape
from tests.conformance.strategies import is_json_header, timestamp_format

NOTHING = object()


def carried(
    operation: OperationModel, protocol: str, parameters: dict[str, Any], request: Request, precision: str
) -> Any:
    """Return ``parameters`` as a perfect reader of ``request`` would see them.

    - Timestamps lose what their format cannot hold: RFC 822 and headers hold seconds, Unix time seconds unless the
      client was told to write milliseconds.
    - The query protocols write nothing for empty structures and maps, EC2 nothing for empty lists; nothing is written
      for an empty flattened list or map in XML, nor for empty ones in headers and query strings.
    - An empty payload is no payload: clients send an empty body (or ``{}``) for a payload that was left out.
    - Content-Length is set by the client's HTTP library, and Content-Type by its serializer where the user gave none.
    """
    carrier = _Carrier(protocol, precision)
    shape = operation.input
    if shape is None:
        return {}
    result = carrier.top(shape, parameters)
    for name, member in shape.members.items():
        header = (member.location_name or name).lower()
        if member.location == "header" and header in ("content-length", "content-type") and header in request.headers:
            text = request.headers[header]
            result[name] = text if member.type == "string" else int(text)
    return result


class _Carrier:
    def __init__(self, protocol: str, precision: str) -> None:
        self.protocol = protocol
        self.precision = precision
        self.is_query = protocol in ("query", "ec2")

    def top(self, shape: Shape, parameters: dict[str, Any]) -> dict[str, Any]:
        result = {}
        for name, value in parameters.items():
            member = shape.members[name]
            kept = self.value(member, value)
            if member.location == "querystring" and member.type == "map" and member.value.type == "list":
                kept = {key: items for key, items in kept.items() if items}
            outside = member.location in ("header", "headers", "querystring") and not is_json_header(member)
            if outside and kept in ([], {}):
                continue
            if name == shape.payload and (kept in (b"", "") or (kept == {} and self.optional_json(shape, name))):
                continue
            if kept is not NOTHING:
                result[name] = kept
        return result

    def optional_json(self, shape: Shape, name: str) -> bool:
        return self.protocol == "rest-json" and name not in shape.required

    def value(self, shape: Shape, value: Any) -> Any:
        if shape.is_document or is_json_header(shape):
            return value
        if shape.type == "structure":
            return self.structure(shape, value)
        if shape.type == "list":
            return self.list(shape, value)
        if shape.type == "map":
            return self.map(shape, value)
        return self.timestamp(shape, value) if shape.type == "timestamp" else value

    def structure(self, shape: Shape, value: dict[str, Any]) -> Any:
        kept = {name: self.value(shape.members[name], item) for name, item in value.items()}
        kept = {name: item for name, item in kept.items() if item is not NOTHING}
        if self.protocol == "rest-xml":
            kept = {name: item for name, item in kept.items() if not (shape.members[name].flattened and not item)}
        return NOTHING if self.is_query and not kept else kept

    def list(self, shape: Shape, value: list[Any]) -> Any:
        kept = [item for item in (self.value(shape.element, item) for item in value) if item is not NOTHING]
        is_unwritten = not kept and (self.protocol == "ec2" or (self.protocol == "query" and value))
        return NOTHING if is_unwritten else kept

    def map(self, shape: Shape, value: dict[str, Any]) -> Any:
        kept = {key: self.value(shape.value, item) for key, item in value.items()}
        empty: Any = [] if shape.value.type == "list" else {}
        kept = {key: empty if item is NOTHING else item for key, item in kept.items()}
        return NOTHING if self.is_query and not kept else kept

    def timestamp(self, shape: Shape, value: datetime) -> datetime:
        written_as = timestamp_format(shape, self.protocol)
        holds_millis = written_as == "iso8601" or (written_as == "unixtimestamp" and self.precision == "millisecond")
        return value if holds_millis and shape.location != "header" else value.replace(microsecond=0)
