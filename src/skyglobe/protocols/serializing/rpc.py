"""Responses of the protocols that put everything in the body: json 1.0, json 1.1 and both of CBOR."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyglobe.kernel.wire import Response
from skyglobe.models import OperationModel, Shape
from skyglobe.protocols.eventstream import CONTENT_TYPE as EVENT_STREAM
from skyglobe.protocols.serializing.bodies import body_format
from skyglobe.protocols.serializing.events import encoder_for
from skyglobe.protocols.serializing.faults import refuse_members

Serializer = Callable[[dict[str, Any], str], Response]

CBOR_HEADERS = {"smithy-protocol": "rpc-v2-cbor"}


def compile_rpc(operation: OperationModel, protocol: str) -> Serializer:
    """Return the serializer of ``operation`` in ``json``, ``smithy-rpc-v2-cbor`` or ``amz-cbor``."""
    output = operation.output
    fixed = CBOR_HEADERS if protocol == "smithy-rpc-v2-cbor" else {}
    if output is None:
        return _nothing(operation, fixed)
    stream = next((name for name, member in output.members.items() if member.is_event_stream), None)
    if stream is not None:
        return _stream(output, stream, protocol, fixed)
    form = body_format(operation.service, protocol)
    encode, content_type = form.structure(output), form.content_type

    def serialize(result: dict[str, Any], request_id: str) -> Response:
        headers = {"x-amzn-RequestId": request_id, "Content-Type": content_type, **fixed}
        return Response(200, headers, encode(result))

    return serialize


def _nothing(operation: OperationModel, fixed: dict[str, str]) -> Serializer:
    def serialize(result: dict[str, Any], request_id: str) -> Response:
        refuse_members(operation, result)
        return Response(200, {"x-amzn-RequestId": request_id, **fixed})

    return serialize


def _stream(output: Shape, name: str, protocol: str, fixed: dict[str, str]) -> Serializer:
    encoder = encoder_for(output.members[name], protocol)

    def serialize(result: dict[str, Any], request_id: str) -> Response:
        opening = encoder.initial_response(output, {k: v for k, v in result.items() if k != name})
        headers = {"x-amzn-RequestId": request_id, "Content-Type": EVENT_STREAM, **fixed}
        return Response(200, headers, encoder.body(result.get(name) or (), opening))

    return serialize
