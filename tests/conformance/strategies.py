"""Hypothesis strategies for values of any shape in AWS's models, as a boto3 user writes them.

Every strategy respects what botocore validates (required members, types, minimum lengths, exactly one member of a
union) and the model's upper bounds and enumerations, and stays within what the shape's place on the wire can carry:
header values are ASCII, XML text holds no characters XML forbids, URI labels are never empty. Patterns are ignored:
no wire format depends on them.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from hypothesis import strategies as st

from skyglobe.models import Shape

MAX_DEPTH = 5  # deeper than this only required members are filled in and collections are as short as allowed
MAX_LEAVES = 120  # after this many scalars likewise, so that the widest shapes stay quick
TYPICAL_LENGTH = 10  # characters, bytes or elements, where the model allows as many

INT32 = (-(2**31), 2**31 - 1)
INT64 = (-(2**63), 2**63 - 1)
FIRST_INSTANT = datetime(1970, 1, 1, tzinfo=UTC)  # botocore cannot write earlier ones in CBOR
LAST_SECOND = int((datetime(2100, 1, 1, tzinfo=UTC) - FIRST_INSTANT).total_seconds())

HEADER_ALPHABET = "".join(chr(code) for code in range(0x20, 0x7F))
TOKEN_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789-"


@st.composite
def values(draw: st.DrawFn, shape: Shape, protocol: str, *, millis: bool = True) -> Any:
    """Draw a valid value of ``shape`` that ``protocol`` can carry.

    ``millis``: whether timestamps have milliseconds where their wire format allows it (RFC 822 never does).
    """
    return _Drawing(draw, protocol, millis).value(shape, 0)


class _Drawing:
    """One value being drawn: the leaves are counted, so that the whole stays small."""

    def __init__(self, draw: st.DrawFn, protocol: str, millis: bool) -> None:
        self.draw = draw
        self.protocol = protocol
        self.millis = millis
        self.leaves = 0

    def value(self, shape: Shape, depth: int) -> Any:
        if shape.is_document or is_json_header(shape):
            return self.draw(_documents())
        if shape.type in ("structure", "list", "map"):
            return getattr(self, shape.type)(shape, depth)
        self.leaves += 1
        return getattr(self, shape.type)(shape)

    def is_full(self, depth: int) -> bool:
        return depth > MAX_DEPTH or self.leaves > MAX_LEAVES

    def structure(self, shape: Shape, depth: int) -> dict[str, Any]:
        hidden = shadowed(shape, self.protocol)
        members = {
            name: member for name, member in shape.members.items() if name not in hidden and not member.is_event_stream
        }
        if shape.is_union:
            return self.union(members, depth)
        optional = [name for name in members if name not in shape.required]
        if not optional or self.is_full(depth):
            taken = set()
        elif depth == 0 and self.draw(st.booleans()):
            taken = set(optional)
        else:
            taken = set(self.draw(st.lists(st.sampled_from(optional), max_size=6)))
        return {
            name: self.value(member, depth + 1)
            for name, member in members.items()
            if name in taken or name in shape.required
        }

    def union(self, members: dict[str, Shape], depth: int) -> dict[str, Any]:
        choices = list(members)
        if self.is_full(depth):
            # Unions that contain themselves (filters: and, or, not) must end.
            nestings = {name: least_nesting(member) for name, member in members.items()}
            choices = [name for name in choices if nestings[name] == min(nestings.values())]
        name = self.draw(st.sampled_from(choices))
        return {name: self.value(members[name], depth + 1)}

    def list(self, shape: Shape, depth: int) -> list[Any]:
        if shape.location == "header" and not shape.element.enum:
            # A backslash before a comma or a quote is ambiguous as botocore writes it.
            return [self.draw(_header_text(1, 8)).replace("\\", "/") for _ in range(self.length(shape, depth))]
        return [self.value(shape.element, depth + 1) for _ in range(self.length(shape, depth))]

    def map(self, shape: Shape, depth: int) -> dict[str, Any]:
        length = self.length(shape, depth)
        if shape.key.enum:
            length = min(length, len(shape.key.enum))
        keys = self.draw(st.lists(self.keys(shape), min_size=length, max_size=length, unique=True))
        if shape.location == "headers":
            return {key: self.draw(_header_text(0, TYPICAL_LENGTH)) for key in keys}
        return {key: self.value(shape.value, depth + 1) for key in keys}

    def length(self, shape: Shape, depth: int) -> int:
        least = shape.min or 0
        most = least if self.is_full(depth) else max(least, 3)
        return self.draw(_integers(least, max(least, min(most, shape.max if shape.max is not None else most))))

    def keys(self, shape: Shape) -> st.SearchStrategy[str]:
        if shape.location == "headers":
            return _text(TOKEN_ALPHABET, 1, TYPICAL_LENGTH)
        if shape.location == "querystring":
            # Told apart from the parameters that have members of their own.
            return _text(None, 0, TYPICAL_LENGTH).map("free-".__add__)
        return self.strings(shape.key)

    def string(self, shape: Shape) -> str:
        return self.draw(self.strings(shape))

    def strings(self, shape: Shape) -> st.SearchStrategy[str]:
        if shape.enum:
            return st.sampled_from(shape.enum)
        least = max(shape.min or 0, 1 if shape.location == "uri" else 0)
        most = min(shape.max if shape.max is not None else TYPICAL_LENGTH, max(least, TYPICAL_LENGTH))
        least, most = int(least), int(max(least, most))
        if shape.traits.get("hostLabel"):
            return _text(TOKEN_ALPHABET[:-1], max(least, 1), max(most, 1))
        if shape.location in ("header", "headers", "statusCode"):
            return _header_text(least, most)
        if shape.location == "uri":
            return _text(None, least, most).filter(lambda text: text not in (".", ".."))
        return _text("xml" if self.protocol in ("rest-xml", "query", "ec2") else None, least, most)

    def blob(self, shape: Shape) -> bytes:
        least = int(shape.min or 0)
        most = max(least, min(int(shape.max) if shape.max is not None else TYPICAL_LENGTH, TYPICAL_LENGTH))
        return self.draw(_binary(least, most))

    def integer(self, shape: Shape) -> int:
        if shape.location == "statusCode":
            return self.draw(_integers(200, 299))
        return self.draw(_integers(*_bounds(shape, INT32)))

    def long(self, shape: Shape) -> int:
        return self.draw(_integers(*_bounds(shape, INT64)))

    def float(self, shape: Shape) -> float:
        return self.draw(_floats(*_bounds(shape, (None, None)), 32))

    def double(self, shape: Shape) -> float:
        return self.draw(_floats(*_bounds(shape, (None, None)), 64))

    def boolean(self, shape: Shape) -> bool:
        return self.draw(st.booleans())

    def timestamp(self, shape: Shape) -> datetime:
        seconds = self.draw(_integers(0, LAST_SECOND))
        whole = FIRST_INSTANT + timedelta(seconds=seconds)
        if not self.millis or timestamp_format(shape, self.protocol) == "rfc822":
            return whole
        return whole + timedelta(milliseconds=self.draw(_integers(0, 999)))


def timestamp_format(shape: Shape, protocol: str) -> str:
    """Return ``iso8601``, ``rfc822`` or ``unixtimestamp``: the model's choice, else that of place and protocol."""
    if shape.timestamp_format:
        return shape.timestamp_format.lower()
    if shape.location == "header":
        return "rfc822"
    if shape.location in ("querystring", "uri"):
        return "iso8601"
    return "iso8601" if protocol in ("query", "ec2", "rest-xml") else "unixtimestamp"


@cache
def least_nesting(shape: Shape, within: frozenset[str] = frozenset()) -> float:
    """Return how many containers the smallest value of ``shape`` has inside each other; infinite when it never ends."""
    if shape.name in within:
        return math.inf
    within |= {shape.name}
    if shape.is_document or shape.type not in ("structure", "list", "map"):
        return 0
    if shape.type == "structure" and shape.is_union:
        return 1 + min(least_nesting(member, within) for member in shape.members.values())
    if shape.type == "structure":
        return 1 + max((least_nesting(shape.members[name], within) for name in shape.required), default=0)
    if not shape.min:
        return 1
    return 1 + least_nesting(shape.element if shape.type == "list" else shape.value, within)


def shadowed(shape: Shape, protocol: str) -> set[str]:
    """Return a structure's deprecated members that share their name on the wire with another (S3's ``Event``)."""
    owners: dict[tuple[str | None, str], list[str]] = {}
    for name, member in shape.members.items():
        own = member.query_name if protocol in ("query", "ec2") else None
        owners.setdefault((member.location, own or member.location_name or name), []).append(name)
    shared = (name for names in owners.values() if len(names) > 1 for name in names)
    return {name for name in shared if shape.members[name].traits.get("deprecated")}


def is_json_header(shape: Shape) -> bool:
    """Whether the member travels as base64 of JSON in a header."""
    return bool(shape.traits.get("jsonvalue")) and shape.location == "header"


def same(left: Any, right: Any) -> bool:
    """Whether two values are equal in type and content: NaN equals NaN, ``0.0`` is not ``0``, ``True`` not ``1``."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float) and math.isnan(left):
        return math.isnan(right)
    return bool(left == right)


def _bounds(shape: Shape, limits: tuple[Any, Any]) -> tuple[Any, Any]:
    """Return the least and the greatest value, within what the type can hold."""
    least, most = limits
    if shape.min is not None:
        least = shape.min if least is None else min(max(least, math.ceil(shape.min)), most)
    if shape.max is not None:
        most = shape.max if most is None else max(min(most, math.floor(shape.max)), least)
    return least, most


@cache
def _integers(least: int, most: int) -> st.SearchStrategy[int]:
    return st.integers(least, most)


@cache
def _floats(least: float | None, most: float | None, width: int) -> st.SearchStrategy[float]:
    # Bounds that 32 bits cannot hold exactly are not worth the trouble: draw integers between them.
    if least is None and most is None:
        return st.floats(width=width)
    low = math.ceil(least) if least is not None else math.floor(most or 0) - 1000
    high = math.floor(most) if most is not None else low + 1000
    low, high = max(low, -(2**24)), min(high, 2**24)
    if low > high:  # a range within one unit, such as a learning rate's
        return st.sampled_from([float(bound) for bound in (least, most) if bound is not None])
    return st.integers(low, high).map(float)


@cache
def _text(alphabet: str | None, least: int, most: int) -> st.SearchStrategy[str]:
    """Text of ``least`` to ``most`` characters: of ``alphabet``, of what XML can carry (``xml``), or any (None)."""
    if alphabet == "xml":
        # Control characters are not XML; a carriage return reads back as a line feed.
        characters = st.characters(
            exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff", include_characters="\t\n"
        )
    elif alphabet is None:
        characters = st.characters(exclude_categories=("Cs",))
    else:
        characters = st.sampled_from(alphabet)
    return _lengthened(st.text(characters, min_size=min(least, 8), max_size=min(most, TYPICAL_LENGTH)), least)


@cache
def _header_text(least: int, most: int) -> st.SearchStrategy[str]:
    """Printable ASCII without spaces at its ends, which HTTP does not keep."""
    text = st.text(st.sampled_from(HEADER_ALPHABET), min_size=min(least, 8), max_size=min(most, TYPICAL_LENGTH))
    return _lengthened(
        text.map(lambda value: value.replace(" ", "_", 1) if value != value.strip() else value).map(
            lambda value: value if value == value.strip() else "_" * len(value)
        ),
        least,
    )


def _lengthened(text: st.SearchStrategy[str], least: int) -> st.SearchStrategy[str]:
    return text.map(lambda value: value + "x" * (least - len(value)))


@cache
def _binary(least: int, most: int) -> st.SearchStrategy[bytes]:
    short = st.binary(min_size=min(least, 8), max_size=min(most, TYPICAL_LENGTH))
    return short.map(lambda value: value + b"x" * (least - len(value)))


@cache
def _documents() -> st.SearchStrategy[Any]:
    """JSON objects, as document types and JSON headers carry them."""
    scalars = st.booleans() | st.integers(*INT64) | st.floats(allow_nan=False, allow_infinity=False) | _text(None, 0, 8)
    anything = st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text(None, 0, 5), inner, max_size=3),
        max_leaves=6,
    )
    return st.dictionaries(_text(None, 0, 5), anything, max_size=3)
