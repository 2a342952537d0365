"""Members of a result that travel as HTTP headers."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from typing import Any

from skyglobe.models import Shape
from skyglobe.protocols.serializing.instants import formatter, rfc822
from skyglobe.protocols.serializing.json_body import encode as encode_json
from skyglobe.protocols.serializing.xml_body import decimal

Binding = Callable[[dict[str, str], Any], None]
"""Puts one member's value into the headers."""

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_NOT_A_TOKEN = re.compile(r"[^!#$%&'*+\-.^_`|~0-9A-Za-z]")
_NEEDS_QUOTES = re.compile(r'[,"]')


def header_binding(member: Shape, name: str) -> Binding | None:
    """Return how a structure's member goes into headers; None when it does not travel there."""
    if member.location == "header":
        return _single(member, member.location_name or name)
    if member.location == "headers":
        return _prefixed(member)
    return None


def header_text(value: str) -> str:
    """Return text as a header's value: one line, and what Latin-1 cannot hold as the bytes of UTF-8."""
    if not value.isascii():
        try:
            value.encode("latin-1")
        except UnicodeEncodeError:
            value = value.encode().decode("latin-1")
    return value if value.isprintable() else _CONTROL.sub(" ", value)


def mail_safe_text(value: str) -> str:
    """Return user metadata as S3 does: anything but printable US-ASCII as an encoded word of RFC 2047.

    See "Working with object metadata" in the S3 user guide.
    """
    if value.isascii() and value.isprintable():
        return value
    return f"=?UTF-8?B?{b64encode(value.encode()).decode('ascii')}?="


def _single(member: Shape, header: str) -> Binding:
    header = "Content-Type" if header.lower() == "content-type" else header
    text = _text(member)

    def bind(headers: dict[str, str], value: Any) -> None:
        headers[header] = text(value)

    return bind


def _prefixed(member: Shape) -> Binding:
    prefix = member.location_name or ""
    text = mail_safe_text if member.model.name == "s3" else header_text

    def bind(headers: dict[str, str], value: dict[str, str]) -> None:
        for key, item in value.items():
            name = prefix + key
            if not name or _NOT_A_TOKEN.search(name):
                raise ValueError(f"{name!r} cannot be the name of a header")
            headers[name] = text(item)

    return bind


def _text(shape: Shape) -> Callable[[Any], str]:
    kind = shape.type
    if shape.traits.get("jsonvalue"):
        return lambda value: b64encode(encode_json(value)).decode("ascii")
    if kind == "string":
        return header_text
    if kind == "timestamp":
        form = formatter(shape, rfc822)
        return lambda value: str(form(value))
    if kind == "list":
        each = _text(shape.element)
        return lambda value: ", ".join([_quoted(each(item)) for item in value])
    return _SCALARS[kind]


def _quoted(item: str) -> str:
    if not _NEEDS_QUOTES.search(item):
        return item
    escaped = item.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


_SCALARS: dict[str, Callable[[Any], str]] = {
    "integer": str,
    "long": str,
    "float": decimal,
    "double": decimal,
    "boolean": lambda value: "true" if value else "false",
    "blob": lambda value: b64encode(value).decode("ascii"),
}
