"""Responses of rest-json and rest-xml: status, headers and body, each bound to members by the model."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from skyglobe.kernel.wire import Response, ResponseBody
from skyglobe.models import OperationModel, ServiceModel, Shape
from skyglobe.protocols.eventstream import CONTENT_TYPE as EVENT_STREAM
from skyglobe.protocols.serializing import json_body, s3
from skyglobe.protocols.serializing.bodies import xml_compiler
from skyglobe.protocols.serializing.events import encoder_for
from skyglobe.protocols.serializing.faults import UnknownMember, refuse_members
from skyglobe.protocols.serializing.headers import Binding, header_binding
from skyglobe.protocols.serializing.xml_body import escape, escape_attribute

Serializer = Callable[[dict[str, Any], str], Response]
BodyWriter = Callable[[dict[str, Any]], ResponseBody]

XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
NO_CONTENT = 204
PARTIAL_CONTENT = 206
OUTSIDE_THE_BODY = ("header", "headers", "statusCode")  # any other location only means something in requests
S3_SERVICES = ("s3", "s3control")


def compile_rest(operation: OperationModel, protocol: str) -> Serializer:
    """Return the serializer of ``operation`` in ``rest-json`` or ``rest-xml``.

    A streaming payload goes into the response as it is: bytes, slices or an async iterator.
    """
    bindings, status_member = _bindings(operation.output)
    write, content_type = _body(operation, protocol)
    identify = s3.request_id_headers if operation.service.name in S3_SERVICES else _request_id_header
    default_status = operation.status
    answers_ranges = operation.service.name == "s3"

    def serialize(result: dict[str, Any], request_id: str) -> Response:
        headers = identify(request_id)
        status = default_status
        members = {}
        for name, value in result.items():
            if value is None:
                continue
            bind = bindings.get(name)
            if bind is not None:
                bind(headers, value)
            elif name == status_member:
                status = value
            else:
                members[name] = value
        body = write(members)
        if status == NO_CONTENT and members and status_member not in result:
            # Four models promise both "204 No Content" and content; HTTP allows only one of them.
            status = 200
        elif answers_ranges and "Content-Range" in headers:
            status = PARTIAL_CONTENT
        if status == NO_CONTENT:
            body = b""
        elif content_type and body != b"" and "Content-Type" not in headers:
            headers["Content-Type"] = content_type
        return Response(status, headers, body)

    return serialize


def _request_id_header(request_id: str) -> dict[str, str]:
    return {"x-amzn-RequestId": request_id}


def _bindings(output: Shape | None) -> tuple[dict[str, Binding], str | None]:
    bindings: dict[str, Binding] = {}
    status_member = None
    for name, member in output.members.items() if output else ():
        bind = header_binding(member, name)
        if bind is not None:
            bindings[name] = bind
        elif member.location == "statusCode":
            status_member = name
    return bindings, status_member


def _body(operation: OperationModel, protocol: str) -> tuple[BodyWriter, str]:
    """Return the writer of the members left for the body, and the content type of what it writes."""
    output = operation.output
    if output is None:
        return _nothing(operation), ""
    if output.payload:
        return _payload(operation, output, protocol)
    if output.members and all(member.location in OUTSIDE_THE_BODY for member in output.members.values()):
        return _nothing(operation), ""
    if protocol == "rest-json":
        convert = json_body.JsonCompiler().structure(output)
        return lambda members: json_body.encode(convert(members)), "application/json"
    if not output.members and operation.service.name in S3_SERVICES:
        return _nothing(operation), ""
    return _xml_document(operation, output), xml_type(operation.service)


def _nothing(operation: OperationModel) -> BodyWriter:
    def write(members: dict[str, Any]) -> bytes:
        refuse_members(operation, members)
        return b""

    return write


def _payload(operation: OperationModel, output: Shape, protocol: str) -> tuple[BodyWriter, str]:
    name = str(output.payload)
    shape = output.members[name]
    write, content_type = _payload_value(operation, shape, name, protocol)
    return _only(output, name, lambda value: b"" if value is None else write(value)), content_type


def _only(output: Shape, name: str, write: Callable[[Any], ResponseBody]) -> BodyWriter:
    """Return the writer of bodies that are one member's value, or None when it is not there."""

    def write_only(members: dict[str, Any]) -> ResponseBody:
        for member in members:
            if member != name:
                raise UnknownMember(output, member)
        return write(members.get(name))

    return write_only


def _payload_value(
    operation: OperationModel, shape: Shape, name: str, protocol: str
) -> tuple[Callable[[Any], ResponseBody], str]:
    service = operation.service
    if shape.is_event_stream:
        return encoder_for(shape, protocol).body, EVENT_STREAM
    if shape.type in ("blob", "string"):
        return _raw, s3.payload_type(shape.type) if service.name == "s3" else _RAW_TYPES[shape.type]
    if protocol == "rest-json":
        convert = json_body.JsonCompiler().conversion(shape)
        return lambda value: json_body.encode(value if convert is None else convert(value)), "application/json"
    root = shape.location_name or name
    text = xml_compiler(service, protocol).text(shape)
    start, end = f"{XML_DECLARATION}<{root}{rest_namespace(service)}>", f"</{root}>"
    return lambda value: f"{start}{text(value)}{end}".encode(), xml_type(service)


_RAW_TYPES = {"blob": "application/octet-stream", "string": "text/plain"}


def _raw(value: Any) -> ResponseBody:
    return value.encode() if isinstance(value, str) else value


def _xml_document(operation: OperationModel, output: Shape) -> BodyWriter:
    service = operation.service
    root = (s3.root_of(operation) if service.name == "s3" else None) or output.location_name or output.name
    start, end = f"{XML_DECLARATION}<{root}{rest_namespace(service)}>", f"</{root}>"
    if service.name == "s3" and operation.name == "GetBucketLocation":
        # The one document of S3 whose only member is the root's own text.
        return _only(output, "LocationConstraint", lambda value: f"{start}{escape(value or '')}{end}".encode())
    content = xml_compiler(service, "rest-xml").members(output)
    return lambda members: f"{start}{content(members)}{end}".encode()


def xml_type(service: ServiceModel) -> str:
    """Return the content type of XML bodies of a rest-xml service."""
    return "application/xml" if service.name in S3_SERVICES else "text/xml"


@lru_cache(maxsize=16)  # four services speak rest-xml
def rest_namespace(service: ServiceModel) -> str:
    """Return the namespace declaration of a rest-xml service's documents, which its model only names for requests."""
    for name in service.operation_names:
        taken = service.operation(name).input
        body = taken.members[taken.payload] if taken and taken.payload else taken
        declared = body.traits.get("xmlNamespace") if body else None
        if declared and not declared.get("prefix"):
            return f' xmlns="{escape_attribute(declared["uri"])}"'
    return ""
