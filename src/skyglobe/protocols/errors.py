"""Errors as each protocol writes them: codes, messages and further members, from the error's model when it has one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.wire import Response
from skyglobe.models import ServiceModel, Shape
from skyglobe.models.errors import ErrorShape, find_error, query_code
from skyglobe.protocols.serializing import cbor_body, json_body, s3
from skyglobe.protocols.serializing.bodies import json_type, json_version, xml_compiler
from skyglobe.protocols.serializing.headers import Binding, header_binding
from skyglobe.protocols.serializing.instants import epoch_seconds, iso8601
from skyglobe.protocols.serializing.query import EC2_DECLARATION, EC2_TYPE, QUERY_TYPE, service_namespace
from skyglobe.protocols.serializing.rest import XML_DECLARATION, rest_namespace, xml_type
from skyglobe.protocols.serializing.rpc import CBOR_HEADERS
from skyglobe.protocols.serializing.xml_body import escape

ERROR_TYPE = "x-amzn-ErrorType"
_BODILESS = (204, 304)
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0 cannot say. Results refer to it by number, as S3's do; an error that quotes it must stay readable."""


@dataclass(slots=True, frozen=True)
class Occurrence:
    """One error to be written, with what its model says."""

    error: ServiceError
    service: ServiceModel | None
    protocol: str
    request_id: str
    resource: str
    known: ErrorShape | None

    @property
    def code(self) -> str:
        return self.known.code if self.known else self.error.code

    @property
    def query_code(self) -> str:
        """The code in the query protocol, and beside the new one in services that moved away from it."""
        if self.known:
            return self.known.query_code
        return query_code(self.service, self.error.code) if self.service else self.error.code

    @property
    def side(self) -> str:
        """Who is to blame, in the words of the query protocol."""
        is_sender = self.known.is_sender_fault if self.known else self.error.is_sender_fault
        return "Sender" if is_sender else "Receiver"


def serialize_error(
    error: ServiceError,
    service: ServiceModel | None,
    protocol: str,
    request_id: str,
    resource: str = "",
    *,
    head: bool = False,
) -> Response:
    """Return ``error`` as a client of ``service`` expects it in ``protocol``; ``service`` is None when unknown.

    ``resource`` is the path S3 names when the error has no members that say more. ``head``: the request was a HEAD,
    so the response has no body. ``error.headers`` come last and win. Raises KeyError for an unknown protocol.
    """
    known = _modelled(service, error.code) if service else None
    response = _WRITERS[protocol](Occurrence(error, service, protocol, request_id, resource, known))
    response.status = error.status
    if known:
        bindings = _header_members(known.shape)
        for name, value in error.fields.items():
            if name in bindings and value is not None:
                bindings[name](response.headers, value)
    if head or error.status in _BODILESS:
        response.body = b""
    if error.status in _BODILESS:
        response.headers.pop("Content-Type", None)
    response.headers.update(error.headers)
    return response


@lru_cache(maxsize=4096)  # the errors our services raise; botocore's models have 5,600
def _modelled(service: ServiceModel, code: str) -> ErrorShape | None:
    return find_error(service, code)


@lru_cache(maxsize=4096)
def _header_members(shape: Shape) -> dict[str, Binding]:
    bindings = {name: header_binding(member, name) for name, member in shape.members.items()}
    return {name: bind for name, bind in bindings.items() if bind}


def _json(occurrence: Occurrence) -> Response:
    service, code = occurrence.service, occurrence.code
    # json 1.0 names errors with their namespace, json 1.1 without; SDKs cut it off.
    kind = f"{_namespace(occurrence)}#{code}" if json_version(service) == "1.0" else code
    body = {"__type": kind, **_json_members(occurrence)}
    headers = {"x-amzn-RequestId": occurrence.request_id, "Content-Type": json_type(service, "json"), ERROR_TYPE: code}
    return Response(400, headers | _query_error(occurrence), json_body.encode(body))


def _cbor(occurrence: Occurrence) -> Response:
    body = {"__type": f"{_namespace(occurrence)}#{occurrence.code}", **_json_members(occurrence)}
    headers = {"x-amzn-RequestId": occurrence.request_id, "Content-Type": "application/cbor", **CBOR_HEADERS}
    return Response(400, headers | _query_error(occurrence), cbor_body.encode(body))


def _amz_cbor(occurrence: Occurrence) -> Response:
    body = {"__type": occurrence.code, **_json_members(occurrence)}
    headers = {"x-amzn-RequestId": occurrence.request_id, "Content-Type": cbor_body.AMZ_CBOR_TYPE}
    return Response(400, {**headers, ERROR_TYPE: occurrence.code}, cbor_body.encode(body))


def _rest_json(occurrence: Occurrence) -> Response:
    headers = {"x-amzn-RequestId": occurrence.request_id, "Content-Type": "application/json"}
    headers[ERROR_TYPE] = occurrence.code
    return Response(400, headers, json_body.encode(_json_members(occurrence)))


def _query_error(occurrence: Occurrence) -> dict[str, str]:
    """Return the header by which services that moved away from the query protocol keep their old codes."""
    if occurrence.service is None or not occurrence.service.is_query_compatible:
        return {}
    return {"x-amzn-query-error": f"{occurrence.query_code};{occurrence.side}"}


def _namespace(occurrence: Occurrence) -> str:
    """Return the namespace of an error's shape: the service's, or the framework's for errors no model mentions."""
    service = occurrence.service
    if service is None or occurrence.known is None:
        return "com.amazon.coral.validate" if occurrence.code == "ValidationException" else "com.amazon.coral.service"
    dated = re.search(r"_(\d{8})$", service.metadata.get("targetPrefix", ""))
    version = f".v{dated.group(1)}" if dated else ""
    return f"com.amazonaws.{service.name.replace('-', '')}{version}"


_CBOR_COMPILERS: dict[str, Callable[[], json_body.JsonCompiler]] = {
    "smithy-rpc-v2-cbor": cbor_body.CborCompiler,
    "amz-cbor": cbor_body.AmzCborCompiler,
}


def _json_members(occurrence: Occurrence) -> dict[str, Any]:
    """Return message and further members as JSON or CBOR values."""
    known, protocol = occurrence.known, occurrence.protocol
    is_cbor = protocol in _CBOR_COMPILERS
    places = _json_places(known.shape, protocol) if known else {}
    message = next((wire for name, (wire, _) in places.items() if name.lower() == "message"), "message")
    body = {message: occurrence.error.message}
    for name, value in _in_body(occurrence).items():
        wire, conversion = places.get(name) or (name, _plain_cbor if is_cbor else _plain_json)
        body[wire] = conversion(value) if conversion else value
    return body


@lru_cache(maxsize=4096)
def _json_places(shape: Shape, protocol: str) -> dict[str, tuple[str, json_body.Conversion | None]]:
    compiler = _CBOR_COMPILERS.get(protocol, json_body.JsonCompiler)()
    return {name: (compiler.name(member, name), compiler.conversion(member)) for name, member in shape.members.items()}


def _in_body(occurrence: Occurrence) -> dict[str, Any]:
    elsewhere = _header_members(occurrence.known.shape) if occurrence.known else {}
    fields = occurrence.error.fields.items()
    return {name: value for name, value in fields if value is not None and name not in elsewhere}


def _plain_json(value: Any) -> Any:
    return epoch_seconds(value) if isinstance(value, datetime) else value


def _plain_cbor(value: Any) -> Any:
    return cbor_body.tagged_instant(value) if isinstance(value, datetime) else value


def _query(occurrence: Occurrence) -> Response:
    namespace = service_namespace(occurrence.service) if occurrence.service else ""
    body = _error_response(occurrence, namespace, occurrence.query_code)
    headers = {"x-amzn-RequestId": occurrence.request_id, "Content-Type": QUERY_TYPE}
    return Response(400, headers, body.encode())


def _rest_xml(occurrence: Occurrence) -> Response:
    service = occurrence.service
    if service is not None and service.name == "s3":
        return _s3(occurrence)
    namespace = rest_namespace(service) if service else ""
    body = XML_DECLARATION + _error_response(occurrence, namespace, occurrence.code)
    headers = {"x-amzn-RequestId": occurrence.request_id, "Content-Type": "text/xml"}
    if service is not None and service.name == "s3control":
        headers = {**s3.request_id_headers(occurrence.request_id), "Content-Type": xml_type(service)}
    return Response(400, headers, body.encode())


def _error_response(occurrence: Occurrence, namespace: str, code: str) -> str:
    inner = f"<Type>{occurrence.side}</Type>{_code_and_message(occurrence, code)}{_xml_members(occurrence)}"
    request_id = f"<RequestId>{escape(occurrence.request_id)}</RequestId>"
    return f"<ErrorResponse{namespace}><Error>{inner}</Error>{request_id}</ErrorResponse>"


def _ec2(occurrence: Occurrence) -> Response:
    inner = f"{_code_and_message(occurrence, occurrence.code)}{_xml_members(occurrence)}"
    request_id = f"<RequestID>{escape(occurrence.request_id)}</RequestID>"
    body = f"{EC2_DECLARATION}<Response><Errors><Error>{inner}</Error></Errors>{request_id}</Response>"
    return Response(400, {"x-amzn-RequestId": occurrence.request_id, "Content-Type": EC2_TYPE}, body.encode())


def _s3(occurrence: Occurrence) -> Response:
    members = _xml_members(occurrence)
    if not members and occurrence.resource:
        members = f"<Resource>{_readable(occurrence.resource)}</Resource>"
    request_id = escape(occurrence.request_id)
    ids = f"<RequestId>{request_id}</RequestId><HostId>{s3.host_id(occurrence.request_id)}</HostId>"
    body = f"{XML_DECLARATION}<Error>{_code_and_message(occurrence, occurrence.code)}{members}{ids}</Error>"
    headers = {**s3.request_id_headers(occurrence.request_id), "Content-Type": "application/xml"}
    return Response(400, headers, body.encode())


def _code_and_message(occurrence: Occurrence, code: str) -> str:
    return f"<Code>{_readable(code)}</Code><Message>{_readable(occurrence.error.message)}</Message>"


def _xml_members(occurrence: Occurrence) -> str:
    """Return further members as elements; what every error says (code, message) is not repeated beside itself."""
    known = occurrence.known
    writers = _xml_writers(known.shape, occurrence.protocol) if known else {}
    parts = []
    for name, value in _in_body(occurrence).items():
        if name == "Code" or name.lower() == "message":
            continue
        writer = writers.get(name)
        value = _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", value) if isinstance(value, str) else value
        parts.append(writer(value) if writer else f"<{name}>{_plain_text(value)}</{name}>")
    return "".join(parts)


@lru_cache(maxsize=4096)
def _xml_writers(shape: Shape, protocol: str) -> dict[str, Callable[[Any], str]]:
    compiler = xml_compiler(shape.model, protocol)
    return {name: compiler.element(member, compiler.tag(member, name)) for name, member in shape.members.items()}


def _plain_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return iso8601(value) if isinstance(value, datetime) else _readable(str(value))


def _readable(text: str) -> str:
    return escape(_UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text))


_WRITERS: dict[str, Callable[[Occurrence], Response]] = {
    "json": _json,
    "smithy-rpc-v2-cbor": _cbor,
    "amz-cbor": _amz_cbor,
    "rest-json": _rest_json,
    "query": _query,
    "ec2": _ec2,
    "rest-xml": _rest_xml,
}
