"""Responses of the query and ec2 protocols: XML in a wrapper named after the operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyglobe.kernel.wire import Response
from skyglobe.models import OperationModel, ServiceModel
from skyglobe.protocols.serializing.bodies import xml_compiler
from skyglobe.protocols.serializing.faults import refuse_members
from skyglobe.protocols.serializing.xml_body import escape, escape_attribute

Serializer = Callable[[dict[str, Any], str], Response]

QUERY_TYPE = "text/xml"
EC2_TYPE = "text/xml;charset=UTF-8"
EC2_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def compile_query(operation: OperationModel) -> Serializer:
    """Return the serializer of ``operation`` in ``query``: ``<XResponse><XResult>…</XResult><ResponseMetadata>…``."""
    start = f"<{operation.name}Response{service_namespace(operation.service)}>"
    end = f"</RequestId></ResponseMetadata></{operation.name}Response>"
    wrapper = operation.output.traits.get("resultWrapper") if operation.output else None
    if wrapper:
        start, after = f"{start}<{wrapper}>", f"</{wrapper}><ResponseMetadata><RequestId>"
    else:
        after = "<ResponseMetadata><RequestId>"
    content = _content(operation, "query")

    def serialize(result: dict[str, Any], request_id: str) -> Response:
        body = f"{start}{content(result)}{after}{escape(request_id)}{end}"
        return Response(200, {"x-amzn-RequestId": request_id, "Content-Type": QUERY_TYPE}, body.encode())

    return serialize


def compile_ec2(operation: OperationModel) -> Serializer:
    """Return the serializer of ``operation`` in ``ec2``; operations without output answer ``<return>true</return>``."""
    start = f"{EC2_DECLARATION}<{operation.name}Response{service_namespace(operation.service)}><requestId>"
    end = f"</{operation.name}Response>" if operation.output else f"<return>true</return></{operation.name}Response>"
    content = _content(operation, "ec2")

    def serialize(result: dict[str, Any], request_id: str) -> Response:
        body = f"{start}{escape(request_id)}</requestId>{content(result)}{end}"
        return Response(200, {"x-amzn-RequestId": request_id, "Content-Type": EC2_TYPE}, body.encode())

    return serialize


def service_namespace(service: ServiceModel) -> str:
    """Return the namespace declaration of a service's XML, with its leading space; nothing when it has none."""
    uri = service.metadata.get("xmlNamespace")
    if not uri:
        return ""
    # EC2's model leaves out the final slash that EC2's answers have.
    slash = "/" if service.name == "ec2" and not uri.endswith("/") else ""
    return f' xmlns="{escape_attribute(uri)}{slash}"'


def _content(operation: OperationModel, protocol: str) -> Callable[[dict[str, Any]], str]:
    output = operation.output
    if output is not None:
        return xml_compiler(operation.service, protocol).members(output)

    def nothing(result: dict[str, Any]) -> str:
        refuse_members(operation, result)
        return ""

    return nothing
