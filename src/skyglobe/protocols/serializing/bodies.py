"""What one structure looks like as a whole body, by protocol. Headers, roots and wrappers are the protocols' own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from skyglobe.models import ServiceModel, Shape
from skyglobe.protocols.serializing import cbor_body, json_body
from skyglobe.protocols.serializing.instants import iso8601, iso8601_milliseconds
from skyglobe.protocols.serializing.xml_body import XmlCompiler, own_name, own_query_name

Encoder = Callable[[dict[str, Any]], bytes]


@dataclass(slots=True, frozen=True)
class BodyFormat:
    """How structures become bytes in one protocol."""

    structure: Callable[[Shape], Encoder]
    content_type: str
    empty_when_memberless: bool
    """Whether a structure without members is written as no bytes at all (S3's ``Cont`` and ``End`` events)."""


def body_format(service: ServiceModel, protocol: str) -> BodyFormat:
    """Return the format of bodies of ``service`` in ``protocol``. Raises KeyError for an unknown protocol."""
    if protocol in ("json", "rest-json"):
        json = json_body.JsonCompiler()
        return BodyFormat(
            lambda shape: _encoded(json.structure(shape), json_body.encode), json_type(service, protocol), False
        )
    if protocol == "smithy-rpc-v2-cbor":
        cbor = cbor_body.CborCompiler()
        return BodyFormat(lambda shape: _encoded(cbor.structure(shape), cbor_body.encode), "application/cbor", False)
    if protocol == "amz-cbor":
        twin = cbor_body.AmzCborCompiler()
        return BodyFormat(
            lambda shape: _encoded(twin.structure(shape), cbor_body.encode), cbor_body.AMZ_CBOR_TYPE, False
        )
    xml = xml_compiler(service, protocol)
    return BodyFormat(lambda shape: _utf8(xml.element(shape, shape.location_name or shape.name)), "text/xml", True)


def json_version(service: ServiceModel | None) -> str:
    """Return ``1.0`` or ``1.1``; the latter for services that speak no JSON (a client may still try) or are unknown."""
    return str(service.metadata.get("jsonVersion", "1.1")) if service else "1.1"


def json_type(service: ServiceModel | None, protocol: str) -> str:
    """Return the content type of JSON bodies of ``service``."""
    return "application/json" if protocol == "rest-json" else f"application/x-amz-json-{json_version(service)}"


_XML = {"query": (own_query_name, iso8601), "ec2": (own_name, iso8601_milliseconds), "rest-xml": (own_name, iso8601)}


def xml_compiler(service: ServiceModel, protocol: str) -> XmlCompiler:
    """Return a fresh compiler of XML shapes for ``service``. Raises KeyError for a protocol that has no XML."""
    naming, instant = _XML[protocol]
    return XmlCompiler(naming, iso8601_milliseconds if service.name in ("s3", "s3control") else instant)


def _encoded(convert: Callable[[Any], Any], encode: Callable[[Any], bytes]) -> Encoder:
    return lambda value: encode(convert(value))


def _utf8(write: Callable[[Any], str]) -> Encoder:
    return lambda value: write(value).encode()
