"""What a request says that its operation's model does not know. Parsers ignore it, as AWS mostly does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skyglobe.kernel.wire import Request
from skyglobe.models import OperationModel, Shape
from skyglobe.protocols.parsing.bindings import body_members
from skyglobe.protocols.parsing.cbor_body import decode_amz_cbor, decode_cbor
from skyglobe.protocols.parsing.elements import Element, NotXml, parse_xml
from skyglobe.protocols.parsing.json_body import decode_json
from skyglobe.protocols.parsing.query import Ec2Converters, QueryConverters, parameter_tree

NOT_MEMBERS = frozenset(
    {"Action", "Version", "AWSAccessKeyId", "SecurityToken", "Signature", "SignatureMethod", "SignatureVersion"}
    | {"Timestamp", "Expires"}
)
"""Parameters of the query protocols that name the operation or sign it (signature version 2)."""


def find_unknown(operation: OperationModel, protocol: str, request: Request) -> list[str]:
    """Return the paths (``Rules[].Filter.Foo``, names as on the wire) in the body that no member has, sorted.

    For requests that the operation's parser has taken; raises ServiceError like it for others. Not for every request:
    it reads the body again.
    """
    shape = operation.input
    if shape is None:
        return []
    if protocol in ("query", "ec2"):
        converters = Ec2Converters() if protocol == "ec2" else QueryConverters()
        tree = {key: node for key, node in parameter_tree(request).items() if not _is_envelope(key)}
        return sorted(set(_in_form(tree, shape, "", converters)))
    members = shape.members if protocol in ("json", "smithy-rpc-v2-cbor", "amz-cbor") else body_members(shape)
    if shape.payload:
        shape = shape.members[shape.payload]
        members = shape.members
    if shape.type != "structure" or not request.body or not members:
        return []
    if protocol == "rest-xml":
        return sorted(set(_in_elements(_root(request), members, "")))
    decode = {"smithy-rpc-v2-cbor": decode_cbor, "amz-cbor": decode_amz_cbor}.get(protocol, decode_json)
    value = decode(request.body)
    return sorted(set(_in_members(value, members, "")))


def _is_envelope(key: str) -> bool:
    return key in NOT_MEMBERS or key.lower().startswith("x-amz-")


def _root(request: Request) -> Element:
    try:
        return parse_xml(request.body)
    except NotXml:
        return Element("", {})


def _in_members(value: dict[str, Any], members: dict[str, Shape], path: str) -> Iterator[str]:
    by_wire_name = {member.location_name or name: member for name, member in members.items()}
    for key, item in value.items():
        member = by_wire_name.get(key)
        if member is None:
            yield f"{path}{key}"
        else:
            yield from _in_value(item, member, f"{path}{key}")


def _in_value(value: Any, shape: Shape, path: str) -> Iterator[str]:
    if shape.is_document:
        return
    if shape.type == "structure" and isinstance(value, dict):
        yield from _in_members(value, shape.members, path + ".")
    elif shape.type == "list" and isinstance(value, list):
        for item in value:
            yield from _in_value(item, shape.element, path + "[]")
    elif shape.type == "map" and isinstance(value, dict):
        for item in value.values():
            yield from _in_value(item, shape.value, path + "{}")


def _in_elements(element: Element, members: dict[str, Shape], path: str) -> Iterator[str]:
    by_wire_name = {member.location_name or name: member for name, member in members.items()}
    for child in element.children:
        member = by_wire_name.get(child.name)
        if member is None:
            yield path + child.name
        else:
            yield from _in_element(child, member, path + child.name)


def _in_element(element: Element, shape: Shape, path: str) -> Iterator[str]:
    if shape.type == "structure":
        yield from _in_elements(element, shape.members, path + ".")
    elif shape.type == "list" and shape.flattened:
        yield from _in_element(element, shape.element, path + "[]")
    elif shape.type == "list":
        for child in element.children:
            yield from _in_element(child, shape.element, path + "[]")


def _in_form(tree: Any, shape: Shape, path: str, converters: QueryConverters) -> Iterator[str]:
    if not isinstance(tree, dict):
        return
    by_wire_name: dict[str, Shape] = {}
    for name, member in shape.members.items():
        for wire_name in converters.wire_names(name, member):
            by_wire_name[wire_name] = member
    for key, node in tree.items():
        member_shape = by_wire_name.get(key)
        if member_shape is None:
            yield f"{path}{key}"
        elif member_shape.type == "structure":
            yield from _in_form(node, member_shape, path + key + ".", converters)
        elif member_shape.type == "list" and member_shape.element.type == "structure":
            for item in converters.items(node, member_shape):
                yield from _in_form(item, member_shape.element, path + key + "[].", converters)
