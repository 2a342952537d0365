"""The query protocol and EC2's dialect of it: parameters with dotted names, in a form or in the URL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.wire import Request
from skyglobe.models import Shape
from skyglobe.protocols.parsing.failures import (
    TextFailure,
    ec2_text_failure,
    malformed_input,
    query_text_failure,
)
from skyglobe.protocols.parsing.forms import Tree, as_text, form_tree
from skyglobe.protocols.parsing.precedence import newest_first
from skyglobe.protocols.parsing.texts import text_converter

FromNode = Callable[[Any], Any]
"""A tree's node (a text or a ``Tree``) -> value. Raises ServiceError. Nesting was bounded when the tree was made."""

MAX_INDEX_DIGITS = 10
"""Of a list's index. Lists are made of the indexes that were sent, so a large one costs nothing."""


def parameter_tree(request: Request) -> Tree:
    """Return the parameters of URL and form together; the form wins. Raises ServiceError ``MalformedInput``."""
    tree: Tree = {}
    try:
        if request.query:
            form_tree(as_text(request.query), tree)
        if request.body:
            form_tree(request.body.decode(), tree)
    except UnicodeError:
        raise malformed_input("The request is not UTF-8") from None
    return tree


class QueryConverters:
    """The converters of one service's shapes."""

    fail: TextFailure = staticmethod(query_text_failure)

    def __init__(self) -> None:
        self._structures: dict[str, FromNode] = {}

    def wire_names(self, name: str, member: Shape) -> tuple[str, ...]:
        """Return the names that may stand before the dot, the one that clients write first."""
        own = member.query_name or member.location_name or name
        if member.type == "list" and member.flattened:
            # A flattened list goes by its element's name, where that has one, but when empty by its own.
            element = member.element.query_name or member.element.location_name
            if element and element != own:
                return element, own
        return (own,)

    def converter(self, shape: Shape, member: str) -> FromNode:
        """Return the converter for ``shape``; ``member`` is the name that errors show."""
        if shape.type == "structure":
            known = self._structures.get(shape.name)
            if known is None:
                known = self._structures[shape.name] = self.of_structure(shape)
            return known
        if shape.type == "list":
            return self.of_list(shape, member)
        if shape.type == "map":
            return self.of_map(shape, member)
        return self.of_scalar(shape, member)

    def of_scalar(self, shape: Shape, member: str) -> FromNode:
        from_text = text_converter(shape, member, self.fail)

        def convert(node: Any) -> Any:
            if type(node) is not str:
                raise _not_a_scalar(node)
            return from_text(node) if from_text is not None else node

        return convert

    def of_structure(self, shape: Shape) -> FromNode:
        """Return the converter of a structure. Its table is filled at the first request."""
        table: dict[str, tuple[str, bool, FromNode]] = {}

        def fill() -> None:
            for name, member in newest_first(shape.members):
                entry = (name, member.type == "string", self.converter(member, name))
                for wire_name in self.wire_names(name, member):
                    table.setdefault(wire_name, entry)

        def convert(node: Any) -> dict[str, Any]:
            if type(node) is str:
                if node:
                    raise malformed_input("Unexpected complex element termination")
                return {}
            if not table:
                fill()
            result: dict[str, Any] = {}
            for key, item in node.items():
                known = table.get(key)
                if known is not None:
                    name, is_text, convert_item = known
                    result[name] = item if is_text and type(item) is str else convert_item(item)
            return result

        return convert

    def of_list(self, shape: Shape, member: str) -> FromNode:
        """Return the converter of ``.member.N``, ``.ElementName.N`` or plain ``.N``: AWS takes any of them."""
        convert_item = self.converter(shape.element, member)
        return lambda node: [convert_item(item) for item in self.items(node, shape)]

    def items(self, node: Any, shape: Shape) -> list[Any]:
        """Return the nodes of a list's elements, in the order of their indexes. Raises ServiceError."""
        takes_lone_value = shape.flattened and shape.element.type != "structure"
        if type(node) is dict:
            element = shape.element.query_name or shape.element.location_name or "member"
            if element in node:
                node = node[element]
            elif "member" in node:
                node = node["member"]
            takes_lone_value = True
        if type(node) is dict:
            return [node[index] for index in _in_order(node)]
        if node and not takes_lone_value:
            raise malformed_input("Unexpected list element termination")
        return [node] if node else []

    def of_map(self, shape: Shape, member: str) -> FromNode:
        """Return the converter of ``.entry.N.key`` and ``.entry.N.value``, or of a flattened map without ``entry``."""
        key_name = shape.key.query_name or shape.key.location_name or "key"
        value_name = shape.value.query_name or shape.value.location_name or "value"
        convert_value = self.converter(shape.value, member)

        def convert(node: Any) -> dict[str, Any]:
            if type(node) is str:
                if node:
                    raise malformed_input("Unexpected complex element termination")
                return {}
            node = node.get("entry", node)
            # SQS documents Attribute.Name and Attribute.Value, without a number, for a single attribute.
            entries = [node] if key_name in node else [node[index] for index in _in_order(node)]
            result = {}
            for entry in entries:
                key = entry.get(key_name) if type(entry) is dict else None
                if type(key) is not str:
                    raise malformed_input(f"An entry of {member} has no {key_name}")
                if value_name in entry:
                    result[key] = convert_value(entry[value_name])
                elif shape.value.type in ("structure", "list", "map"):
                    result[key] = convert_value("")
            return result

        return convert


class Ec2Converters(QueryConverters):
    """EC2: names capitalized, every list flattened under its own name."""

    fail: TextFailure = staticmethod(ec2_text_failure)

    def wire_names(self, name: str, member: Shape) -> tuple[str, ...]:
        if member.query_name:
            return (member.query_name,)
        own = member.location_name
        return (own[:1].upper() + own[1:] if own else name,)


def _in_order(node: Any) -> list[str]:
    """Return a list's indexes, least first. Raises ServiceError ``MalformedInput`` when one is no number."""
    if type(node) is not dict:
        raise malformed_input("Unexpected list element termination")
    for index in node:
        if len(index) > MAX_INDEX_DIGITS or not (index.isascii() and index.isdigit()):
            raise malformed_input("Start of structure or map found where not expected")
    return sorted(node, key=int)


def _not_a_scalar(node: Tree) -> ServiceError:
    kind = "list" if "member" in node or any(key.isdigit() for key in node) else "structure or map"
    return malformed_input(f"Start of {kind} found where not expected")
