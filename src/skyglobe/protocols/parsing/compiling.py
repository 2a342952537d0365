"""One parser for each operation and protocol, built at its first request."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from skyglobe.kernel.wire import Request
from skyglobe.models import OperationModel, ServiceModel, Shape
from skyglobe.protocols.parsing.bulk_body import bulk_decoder
from skyglobe.protocols.parsing.cbor_body import AmzCborConverters, CborConverters, decode_amz_cbor, decode_cbor
from skyglobe.protocols.parsing.compression import decompressed, takes_compression
from skyglobe.protocols.parsing.json_body import decode_json
from skyglobe.protocols.parsing.query import Ec2Converters, QueryConverters, parameter_tree
from skyglobe.protocols.parsing.rest import Parser, compile_rest_json, compile_rest_xml, xml_converters
from skyglobe.protocols.parsing.trees import TreeConverters
from skyglobe.protocols.parsing.xml_body import XmlConverters

__all__ = ["Parser", "compile_parser"]


@cache
def compile_parser(operation: OperationModel, protocol: str) -> Parser:
    """Return the function from a request and its decoded URI labels to the operation's input.

    Its result has the API's member names and the values a boto3 user passes: str, int, float, bool, bytes,
    timezone-aware UTC datetimes, lists, dicts. Absent members are absent, unknown ones ignored. When the request has
    a ``stream``, the payload stays there and its member is absent. Whatever is wrong with the request, it raises only
    ServiceError, with the protocol's own code. Raises KeyError for an unknown ``protocol``.
    """
    parse = _COMPILERS[protocol](operation)
    return _decompressing(parse) if takes_compression(operation) else parse


def _decompressing(parse: Parser) -> Parser:
    return lambda request, labels: parse(decompressed(request), labels)


@cache
def _converters(service: ServiceModel, kind: Callable[[], Any]) -> Any:
    """Return the converters that all operations of a service share."""
    return kind()


@cache
def _xml_converters(service: ServiceModel) -> XmlConverters:
    return xml_converters(service)


def _compile_json(operation: OperationModel) -> Parser:
    usual = _compile_tree(operation, decode_json, _converters(operation.service, TreeConverters))
    bulk = bulk_decoder(operation.input) if operation.input is not None else None
    if bulk is None:
        return usual
    decode, checks_all = bulk

    def parse(request: Request, labels: dict[str, str]) -> dict[str, Any]:
        try:
            found: dict[str, Any] = decode(request.body)
        except (ValueError, RecursionError):
            request.is_checked = False
            return usual(request, labels)
        request.is_checked = checks_all
        return found

    return parse


def _compile_cbor(operation: OperationModel) -> Parser:
    return _compile_tree(operation, decode_cbor, _converters(operation.service, CborConverters))


def _compile_amz_cbor(operation: OperationModel) -> Parser:
    return _compile_tree(operation, decode_amz_cbor, _converters(operation.service, AmzCborConverters))


def _compile_tree(operation: OperationModel, decode: Callable[[bytes], Any], converters: TreeConverters) -> Parser:
    if operation.input is None:
        return _no_input
    convert = converters.converter(operation.input)
    return lambda request, labels: convert(decode(request.body), 0)


def _compile_query(operation: OperationModel) -> Parser:
    return _compile_form(operation.input, _converters(operation.service, QueryConverters))


def _compile_ec2(operation: OperationModel) -> Parser:
    return _compile_form(operation.input, _converters(operation.service, Ec2Converters))


def _compile_form(shape: Shape | None, converters: QueryConverters) -> Parser:
    if shape is None:
        return _no_input
    convert = converters.of_structure(shape)
    return lambda request, labels: convert(parameter_tree(request))


def _compile_rest_json(operation: OperationModel) -> Parser:
    return compile_rest_json(operation, _converters(operation.service, TreeConverters))


def _compile_rest_xml(operation: OperationModel) -> Parser:
    return compile_rest_xml(operation, _xml_converters(operation.service))


def _no_input(request: Request, labels: dict[str, str]) -> dict[str, Any]:
    return {}


_COMPILERS: dict[str, Callable[[OperationModel], Parser]] = {
    "json": _compile_json,
    "query": _compile_query,
    "ec2": _compile_ec2,
    "rest-json": _compile_rest_json,
    "rest-xml": _compile_rest_xml,
    "smithy-rpc-v2-cbor": _compile_cbor,
    "amz-cbor": _compile_amz_cbor,
}
