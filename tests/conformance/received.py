"""What is left of an output once botocore has read it: the one place where outputs and parsed values may differ."""

from __future__ import annotations

import math
from typing import Any

from skyglobe.kernel.wire import Response
from skyglobe.models import OperationModel, Shape

XML = ("query", "ec2", "rest-xml")
NO_CONTENT = 204


def received(operation: OperationModel, protocol: str, result: dict[str, Any], response: Response) -> dict[str, Any]:
    """Return ``result`` as a perfect reader that answers like botocore would see it.

    - An empty flattened list or map has no XML: nothing is repeated no times.
    - JSON has no NaN and infinities: AWS writes their names, which botocore leaves as text in json and json headers.
    - botocore always fills in a payload (empty when there is none), a map of headers, and the status.
    - A map of headers without prefix takes in every header of the response.
    - A payload without a type of its own is given one, which a member bound to Content-Type takes up.
    - A result that asks for "204 No Content" itself has no body.
    """
    shape = operation.output
    if shape is None:
        return {}
    kept = _structure(shape, protocol, result)
    for name, member in shape.members.items():
        if member.location == "headers":
            kept.setdefault(name, {})
            if not member.location_name:
                kept[name] = {**response.headers, **kept[name]}
        elif member.location == "statusCode":
            kept.setdefault(name, response.status)
        elif member.location == "header":
            if (member.location_name or name).lower() == "content-type" and "Content-Type" in response.headers:
                kept[name] = response.headers["Content-Type"]
        elif response.status == NO_CONTENT:
            kept.pop(name, None)
        if name == shape.payload and protocol.startswith("rest"):
            kept.setdefault(name, _empty(member))
    return kept


def received_members(shape: Shape, protocol: str, value: dict[str, Any]) -> dict[str, Any]:
    """Return the members of an error as they come back."""
    return _structure(shape, protocol, value)


def _empty(payload: Shape) -> Any:
    if payload.is_event_stream:
        return []
    return {"blob": b"", "string": "", "structure": {}, "list": [], "map": {}}[payload.type]


def _structure(shape: Shape, protocol: str, value: dict[str, Any]) -> dict[str, Any]:
    kept = {}
    for name, item in value.items():
        member = shape.members[name]
        if protocol in XML and member.flattened and not item:
            continue
        if member.is_event_stream:
            kept[name] = [_event(member, protocol, event) for event in item]
        else:
            kept[name] = _value(member, protocol, item)
    return kept


def _event(stream: Shape, protocol: str, event: dict[str, Any]) -> dict[str, Any]:
    """Return an event; botocore fills in a payload that was left out."""
    ((name, value),) = event.items()
    kept = _structure(stream.members[name], protocol, value)
    for member_name, member in stream.members[name].members.items():
        if member.traits.get("eventpayload"):
            kept.setdefault(member_name, _empty(member))
    return {name: kept}


def _value(shape: Shape, protocol: str, value: Any) -> Any:
    if shape.is_document or shape.traits.get("jsonvalue"):
        return value
    if shape.type == "structure":
        return _structure(shape, protocol, value)
    if shape.type == "list":
        return [_value(shape.element, protocol, item) for item in value]
    if shape.type == "map":
        return {key: _value(shape.value, protocol, item) for key, item in value.items()}
    if protocol == "json" and isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value
