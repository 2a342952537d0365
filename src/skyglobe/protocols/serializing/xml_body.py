"""XML bodies: each shape compiled once into a function from a value to text.

Used by the ``query``, ``ec2`` and ``rest-xml`` protocols, which differ only in names, namespaces and instants.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from math import isfinite, isnan
from typing import Any, Final

from skyglobe.models import Shape
from skyglobe.protocols.serializing.faults import UnknownMember
from skyglobe.protocols.serializing.instants import formatter, iso8601

Writer = Callable[[Any], str]

# What XML 1.0 or its line-end rules would lose. Control characters other than tab, CR and LF have no legal form at
# all; AWS writes them as references, which strict parsers refuse (S3's ``encoding-type=url`` exists for that).
_SPECIAL: Final = re.compile('[&<>"\r\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028]')
_SPECIAL_IN_ATTRIBUTE: Final = re.compile('[&<>"\r\n\t\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028]')
_NAMED: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


def escape(text: str) -> str:
    """Return ``text`` as element content that parses back to the same characters."""
    return _SPECIAL.sub(_reference, text) if _SPECIAL.search(text) else text


def escape_attribute(text: str) -> str:
    """Return ``text`` as the content of a double-quoted attribute."""
    return _SPECIAL_IN_ATTRIBUTE.sub(_reference, text)


def _reference(match: re.Match[str]) -> str:
    character = match.group()
    return _NAMED.get(character) or f"&#x{ord(character):X};"


def decimal(number: float) -> str:
    """Return a float or double as XML Schema writes it: ``NaN`` and ``Infinity`` have names."""
    if isfinite(number):
        return repr(number)
    return "NaN" if isnan(number) else "Infinity" if number > 0 else "-Infinity"


def own_name(shape: Shape) -> str | None:
    """Return the element name the model gives a reference, for protocols that follow ``locationName``."""
    return shape.location_name


def own_query_name(shape: Shape) -> str | None:
    """Return the element name in the query protocol, which services that moved to JSON keep apart."""
    return shape.query_name or shape.location_name


class XmlCompiler:
    """Compiles the shapes of one service for one protocol. Recursive shapes are bound when first called."""

    def __init__(
        self, naming: Callable[[Shape], str | None] = own_name, instant: Callable[[Any], Any] = iso8601
    ) -> None:
        self._naming = naming
        self._instant = instant
        self._contents: dict[str, Writer] = {}

    def element(self, shape: Shape, tag: str) -> Writer:
        """Return a writer of ``<tag>value</tag>``, or of one element per item for flattened lists and maps."""
        if shape.flattened and shape.type == "list":
            return _flat_list(self.element(shape.element, self._naming(shape.element) or tag))
        if shape.flattened and shape.type == "map":
            pair = self._pair(shape, tag)
            return lambda value: "".join([pair(k, v) for k, v in value.items() if v is not None])
        return self._wrapped(shape, tag)

    def members(self, shape: Shape) -> Writer:
        """Return a writer of a structure's members, in the order of the result; it raises ``UnknownMember``.

        Where members are bound to HTTP headers is the caller's business: a nested structure's never are.
        """
        known = self._contents.get(shape.name)
        if known is not None:
            return known
        writers: dict[str, Writer] = {}

        def write(value: dict[str, Any]) -> str:
            parts = []
            for name, member in value.items():
                if member is not None:
                    writer = writers.get(name)
                    if writer is None:
                        raise UnknownMember(shape, name)
                    parts.append(writer(member))
            return "".join(parts)

        self._contents[shape.name] = write
        for name, member in shape.members.items():
            is_attribute = member.traits.get("xmlAttribute")
            writers[name] = _nothing if is_attribute else self.element(member, self.tag(member, name))
        return write

    def tag(self, member: Shape, name: str) -> str:
        """Return the element name of a structure's member: a flattened list goes by its element's name."""
        if member.type == "list" and member.flattened:
            return self._naming(member.element) or self._naming(member) or name
        return self._naming(member) or name

    def text(self, shape: Shape) -> Writer:
        """Return a writer of what stands between a shape's tags."""
        kind = shape.type
        if kind == "structure":
            return self.members(shape)
        if kind == "list":
            each = self.element(shape.element, self._naming(shape.element) or "member")
            return lambda value: "".join([each(item) for item in value])
        if kind == "map":
            pair = self._pair(shape, "entry")
            return lambda value: "".join([pair(k, v) for k, v in value.items() if v is not None])
        return self._scalar(shape)

    def _pair(self, shape: Shape, tag: str) -> Callable[[Any, Any], str]:
        key = self.element(shape.key, self._naming(shape.key) or "key")
        value = self.element(shape.value, self._naming(shape.value) or "value")
        return lambda k, v: f"<{tag}>{key(k)}{value(v)}</{tag}>"

    def _scalar(self, shape: Shape) -> Writer:
        kind = shape.type
        if kind == "timestamp":
            form = formatter(shape, self._instant)
            return lambda value: str(form(value))
        return _SCALARS[kind]

    def _wrapped(self, shape: Shape, tag: str) -> Writer:
        start, end = f"<{tag}{namespace(shape)}>", f"</{tag}>"
        if shape.type == "string":
            return lambda value: f"{start}{escape(value)}{end}"
        text = self.text(shape)
        attributes = _attributes(shape)
        if attributes is not None:
            opening = start[:-1]
            return lambda value: f"{opening}{attributes(value)}>{text(value)}{end}"
        return lambda value: f"{start}{text(value)}{end}"


def _flat_list(each: Writer) -> Writer:
    """Return the writer of a flattened list. One that can write itself (``as_xml``), being large, is let do so."""

    def write(value: Any) -> str:
        as_xml = getattr(value, "as_xml", None)
        if as_xml is not None:
            text: str = as_xml()
            return text
        return "".join([each(item) for item in value])

    return write


def namespace(shape: Shape) -> str:
    """Return the namespace declaration a reference asks for, with its leading space, or nothing."""
    declared = shape.traits.get("xmlNamespace")
    if not declared:
        return ""
    prefix = f":{declared['prefix']}" if declared.get("prefix") else ""
    return f' xmlns{prefix}="{escape_attribute(declared["uri"])}"'


def _attributes(shape: Shape) -> Writer | None:
    """Return a writer of the attributes of a structure's start tag; None when it has none."""
    names = {name: m.location_name or name for name, m in shape.members.items() if m.traits.get("xmlAttribute")}
    if not names:
        return None
    return lambda value: "".join(
        f' {wire}="{escape_attribute(value[name])}"' for name, wire in names.items() if value.get(name) is not None
    )


def _nothing(_: Any) -> str:
    return ""


_SCALARS: Final[dict[str, Writer]] = {
    "string": escape,
    "integer": str,
    "long": str,
    "float": decimal,
    "double": decimal,
    "boolean": lambda value: "true" if value else "false",
    "blob": lambda value: b64encode(value).decode("ascii"),
}
