"""What the REST protocols put outside the body: URI labels, query parameters, headers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.wire import Request
from skyglobe.models import OperationModel, Shape
from skyglobe.protocols.parsing.failures import TextFailure
from skyglobe.protocols.parsing.forms import query_parameters
from skyglobe.protocols.parsing.instants import timestamp_format
from skyglobe.protocols.parsing.json_body import decode_json
from skyglobe.protocols.parsing.texts import FromText, read_blob, text_converter
from skyglobe.protocols.parsing.trees import read_document

FromTexts = Callable[[list[str]], Any]
Bind = Callable[[Request, dict[str, str]], dict[str, Any]]

BODY_LOCATIONS = frozenset({None, "statusCode"})
QUOTED_OR_PLAIN = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"\s*|([^,]*))(?:,|$)')


def body_members(shape: Shape) -> dict[str, Shape]:
    """Return the members of an input that travel in the body."""
    return {name: member for name, member in shape.members.items() if member.location in BODY_LOCATIONS}


def compile_bindings(operation: OperationModel, fail: TextFailure) -> Bind:
    """Return what reads the members outside the body into a new dict.

    It raises what ``fail`` makes for a text that is no value of its member's type.
    """
    shape = operation.input
    if shape is None:
        return lambda request, labels: {}
    labelled = _labelled(shape, fail)
    in_headers = _in_headers(shape, fail)
    prefixed = [(name, (member.location_name or "").lower()) for name, member in _located(shape, "headers")]
    read_query = _query_reader(operation, shape, fail)

    def bind(request: Request, labels: dict[str, str]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for name, label, from_text in labelled:
            text = labels.get(label)
            if text is not None:
                result[name] = from_text(text) if from_text is not None else text
        if in_headers:
            for header, text in request.headers.items():
                known = in_headers.get(header)
                if known is not None:
                    name, from_text = known
                    value = from_text(text) if from_text is not None else text
                    if value is not None:
                        result[name] = value
        for name, prefix in prefixed:
            found = _with_prefix(request.headers, prefix)
            if found:
                result[name] = found
        if read_query is not None and request.query:
            read_query(request.query, result)
        return result

    return bind


def _located(shape: Shape, location: str) -> list[tuple[str, Shape]]:
    return [(name, member) for name, member in shape.members.items() if member.location == location]


def _labelled(shape: Shape, fail: TextFailure) -> list[tuple[str, str, FromText | None]]:
    return [
        (name, member.location_name or name, text_converter(member, name, fail))
        for name, member in _located(shape, "uri")
    ]


def _in_headers(shape: Shape, fail: TextFailure) -> dict[str, tuple[str, FromText | None]]:
    """Return by lower-case header: the member and the converter, None for plain text."""
    found = {}
    for name, member in _located(shape, "header"):
        header = member.location_name or name
        found[header.lower()] = (name, _header_converter(member, header, fail))
    return found


def _header_converter(member: Shape, header: str, fail: TextFailure) -> FromText | None:
    if member.traits.get("jsonvalue"):
        return _json_header(header, fail)
    if member.type == "list":
        convert_item = text_converter(member.element, header, fail) or str
        return lambda text: [convert_item(item) for item in split_header_list(text)] or None
    convert = text_converter(member, header, fail)
    if convert is None:
        return None
    if member.type == "timestamp" and timestamp_format(member, "rfc822") == "rfc822":
        return _lenient_date(convert)
    # An empty header is no header, unless it is text.
    return lambda text: convert(text) if text else None


def _lenient_date(convert: FromText) -> FromText:
    """An HTTP date that is none is ignored, as RFC 9110 asks of conditional headers."""

    def read(text: str) -> Any:
        try:
            return convert(text)
        except ServiceError:
            return None

    return read


def _json_header(header: str, fail: TextFailure) -> FromText:
    """A header that holds base64 of JSON (Lex's session attributes, IoT's user properties)."""

    def read(text: str) -> Any:
        try:
            return read_document(decode_json(read_blob(text)), 0)
        except (ValueError, ServiceError):
            raise fail(header, text, "JSON value") from None

    return read


def split_header_list(text: str) -> list[str]:
    r"""Split at commas outside double quotes, leaving out empty items (RFC 9110); within quotes ``\"`` is a quote."""
    items = []
    for match in QUOTED_OR_PLAIN.finditer(text):
        quoted, plain = match.groups()
        item = plain.strip() if quoted is None else quoted.replace('\\"', '"')
        if item:
            items.append(item)
    return items


def _with_prefix(headers: dict[str, str], prefix: str) -> dict[str, str]:
    return {header[len(prefix) :]: text for header, text in headers.items() if header.startswith(prefix)}


def _query_reader(
    operation: OperationModel, shape: Shape, fail: TextFailure
) -> Callable[[str, dict[str, Any]], None] | None:
    """Return what adds the members in the query string to a result; None when the input has none."""
    named: dict[str, tuple[str, FromTexts | None]] = {}
    rest: tuple[str, bool] | None = None  # the map that takes every other parameter, and whether its values are lists
    for name, member in _located(shape, "querystring"):
        if member.type == "map":
            rest = name, member.value.type == "list"
        else:
            parameter = member.location_name or name
            named[parameter] = name, _parameter_converter(member, parameter, fail)
    if not named and rest is None:
        return None
    fixed = set(_fixed_parameters(operation))

    def read(query: str, result: dict[str, Any]) -> None:
        try:
            parameters = query_parameters(query)
        except ValueError:
            raise fail("query string", query, "UTF-8 text") from None
        for parameter, texts in parameters.items():
            known = named.get(parameter)
            if known is not None:
                name, convert = known
                result[name] = convert(texts) if convert is not None else texts[0]
            elif rest is not None and parameter not in fixed:
                name, takes_lists = rest
                result.setdefault(name, {})[parameter] = texts if takes_lists else texts[0]

    return read


def _parameter_converter(member: Shape, parameter: str, fail: TextFailure) -> FromTexts | None:
    if member.type == "list":
        convert_item = text_converter(member.element, parameter, fail) or str
        return lambda texts: [convert_item(text) for text in texts]
    convert = text_converter(member, parameter, fail)
    return None if convert is None else lambda texts: convert(texts[0])


def _fixed_parameters(operation: OperationModel) -> list[str]:
    """Return the parameters in the operation's own URI (``?mode=import``): they tell operations apart."""
    _, _, query = operation.request_uri.partition("?")
    return list(query_parameters(query))
