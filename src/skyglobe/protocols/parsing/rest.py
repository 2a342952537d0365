"""The REST protocols: members outside the body by their bindings, the body by its payload."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.wire import Request
from skyglobe.models import OperationModel, ServiceModel, Shape
from skyglobe.protocols.parsing.bindings import body_members, compile_bindings
from skyglobe.protocols.parsing.elements import NotXml, parse_xml
from skyglobe.protocols.parsing.failures import (
    TextFailure,
    json_text_failure,
    malformed_input,
    malformed_xml,
    s3_argument_failure,
    xml_text_failure,
)
from skyglobe.protocols.parsing.json_body import decode_json
from skyglobe.protocols.parsing.trees import TreeConverters
from skyglobe.protocols.parsing.xml_body import XmlConverters

Parser = Callable[[Request, dict[str, str]], dict[str, Any]]
ReadBody = Callable[[Request, dict[str, Any]], None]
"""Adds the members in the body to a result."""

S3_FAMILY = frozenset({"s3", "s3-control", "s3-outposts"})
"""Endpoint prefixes of the services that answer MalformedXML; CloudFront and Route 53 answer MalformedInput."""


def compile_rest_json(operation: OperationModel, converters: TreeConverters) -> Parser:
    return _rest_parser(operation, json_text_failure, _json_body(operation, converters))


def compile_rest_xml(operation: OperationModel, converters: XmlConverters) -> Parser:
    fail = s3_argument_failure if _is_s3(operation.service) else query_like_failure
    return _rest_parser(operation, fail, _xml_body(operation, converters))


def xml_converters(service: ServiceModel) -> XmlConverters:
    """Return new converters for a service's shapes, with that service's error for a bad element."""
    return XmlConverters(xml_text_failure if _is_s3(service) else query_like_failure)


def query_like_failure(member: str, text: str, type_name: str) -> ServiceError:
    if type_name == "Structure":
        return malformed_input("Unexpected complex element termination")
    return malformed_input(f"STRING_VALUE cannot be converted to {type_name}")


def _is_s3(service: ServiceModel) -> bool:
    return service.endpoint_prefix in S3_FAMILY


def _rest_parser(operation: OperationModel, fail: TextFailure, read_body: ReadBody | None) -> Parser:
    bind = compile_bindings(operation, fail)
    if read_body is None:
        return bind

    def parse(request: Request, labels: dict[str, str]) -> dict[str, Any]:
        result = bind(request, labels)
        read_body(request, result)
        return result

    return parse


def _json_body(operation: OperationModel, converters: TreeConverters) -> ReadBody | None:
    shape = operation.input
    if shape is None:
        return None
    if shape.payload:
        return _json_payload(shape, converters)
    members = body_members(shape)
    if not members:
        return None
    convert = converters.of_structure(shape, members)

    def read(request: Request, result: dict[str, Any]) -> None:
        if request.body:
            result.update(convert(decode_json(request.body), 0))

    return read


def _json_payload(shape: Shape, converters: TreeConverters) -> ReadBody | None:
    name = shape.payload or ""
    payload = shape.members[name]
    if payload.type in ("blob", "string") or payload.is_event_stream:
        return _raw_payload(name, payload, json_text_failure)
    convert = converters.converter(payload)
    is_required = name in shape.required

    def read(request: Request, result: dict[str, Any]) -> None:
        if not request.body:
            return
        decoded = decode_json(request.body)
        # SDKs send {} for a payload that was left out.
        if decoded is not None and (decoded != {} or is_required):
            result[name] = convert(decoded, 0)

    return read


def _raw_payload(name: str, payload: Shape, fail: TextFailure) -> ReadBody | None:
    """Return the reader of a payload that is the body's very bytes; None for an event stream, which stays a stream."""
    if payload.is_event_stream:
        return None
    is_text = payload.type == "string"

    def read(request: Request, result: dict[str, Any]) -> None:
        if not request.body:
            return
        if not is_text:
            result[name] = request.body
            return
        try:
            result[name] = request.body.decode()
        except UnicodeDecodeError:
            raise fail(name, "", "String") from None

    return read


def _xml_body(operation: OperationModel, converters: XmlConverters) -> ReadBody | None:
    shape = operation.input
    if shape is None:
        return None
    malformed = malformed_xml if _is_s3(operation.service) else _not_well_formed
    if shape.payload:
        payload = shape.members[shape.payload]
        if payload.type != "structure" or payload.is_event_stream:
            return _raw_payload(shape.payload, payload, xml_text_failure)
        return _xml_reader(payload, converters.converter(payload, shape.payload), shape.payload, malformed)
    members = body_members(shape)
    return _xml_reader(shape, converters.of_structure(shape, members), None, malformed) if members else None


def _xml_reader(
    shape: Shape, convert: Callable[[Any], Any], payload: str | None, malformed: Callable[[], ServiceError]
) -> ReadBody:
    """Return the reader of a body whose root is ``shape``: the member ``payload``, or the input itself (None)."""
    root_name = shape.location_name

    def read(request: Request, result: dict[str, Any]) -> None:
        if not request.body:
            return
        try:
            root = parse_xml(request.body)
        except NotXml:
            raise malformed() from None
        if root_name is not None and root.name != root_name:
            raise malformed()
        if payload is None:
            result.update(convert(root))
        else:
            result[payload] = convert(root)

    return read


def _not_well_formed() -> ServiceError:
    return malformed_input("XML data is not well-formed or does not match the operation's input")
