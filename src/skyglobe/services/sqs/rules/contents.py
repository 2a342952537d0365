"""What may be in a message, how large it is, and the digests by which clients check that it arrived whole."""

from __future__ import annotations

import hashlib
import re
from decimal import Decimal, InvalidOperation
from struct import pack
from typing import Any, Final

import msgspec

from skyglobe.services.sqs import sqs
from skyglobe.services.sqs.refusals import invalid_parameter, missing

MAX_ATTRIBUTES: Final = 10  # SQS quotas, "Message attributes"
MAX_NAME: Final = 256  # characters of an attribute's name or type; developer guide, "Message attribute components"
MAX_DIGITS: Final = 38  # of a Number; same page
MAX_EXPONENT: Final = 126  # a Number lies between 10**-128 and 10**126; same page
MIN_EXPONENT: Final = -128

Attributes = dict[str, dict[str, Any]]

_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# The same in UTF-8: control characters are single bytes there, U+FFFE and U+FFFF these three each.
_FORBIDDEN_BYTES: Final = bytes(code for code in range(0x20) if code not in b"\t\n\r")
_NON_CHARACTERS: Final = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]+")
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,9})?", re.ASCII)
_TRACE_VALUES: Final = {
    "root": re.compile(r"1-[0-9a-f]{8}-[0-9a-f]{24}", re.IGNORECASE),
    "self": re.compile(r"1-[0-9a-f]{8}-[0-9a-f]{24}", re.IGNORECASE),
    "parent": re.compile(r"[0-9a-f]{16}", re.IGNORECASE),
    "sampled": re.compile(r"[01?]"),
}


class Content(msgspec.Struct, frozen=True):
    """A message's checked content."""

    text: str
    md5: str
    size: int
    """Bytes that count towards the size limits: body, and each attribute's name, type and value."""
    attributes: Attributes | None = None
    attributes_md5: str = ""
    trace: str | None = None
    system_md5: str = ""


def check_content(text: str, attributes: Attributes | None, system: Attributes | None) -> Content:
    """Return the content of a message that a client sends.

    Raises MissingParameter, InvalidMessageContents and InvalidParameterValue. Sizes are left to the queue.
    """
    if not text:
        raise missing("MessageBody")
    encoded = check_characters(text, "message body")
    size = len(encoded)
    attributes_md5 = trace = None
    if attributes:
        size += check_attributes(attributes)
        attributes_md5 = attributes_digest(attributes)
    if system:
        trace = _trace_header(system)
    return Content(
        text,
        hashlib.md5(encoded, usedforsecurity=False).hexdigest(),
        size,
        attributes or None,
        attributes_md5 or "",
        trace,
        attributes_digest(system) if system else "",
    )


def check_characters(text: str, where: str) -> bytes:
    """Return ``text`` in UTF-8. Raises InvalidMessageContents for characters that XML 1.0 does not allow."""
    try:
        encoded = text.encode()
    except UnicodeEncodeError as error:  # half a surrogate pair
        raise _forbidden(text, where) from error
    # Ten times as fast as the look at every character.
    if len(encoded.translate(None, _FORBIDDEN_BYTES)) != len(encoded) or any(
        map(encoded.__contains__, _NON_CHARACTERS)
    ):
        raise _forbidden(text, where)
    return encoded


def _forbidden(text: str, where: str) -> Exception:
    found = _FORBIDDEN.search(text)
    assert found is not None
    allowed = "#x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | [#x10000-#x10FFFF]"
    return sqs.errors.InvalidMessageContents(
        f"Invalid binary character '#x{ord(found[0]):X}' was found in the {where}, "
        f"the set of allowed characters is {allowed}."
    )


def check_size(size: int, max_bytes: int) -> None:
    """Raise InvalidParameterValue for a message larger than its queue takes."""
    if size > max_bytes:
        raise invalid_parameter(
            f"One or more parameters are invalid. Reason: Message must be shorter than {max_bytes} bytes."
        )


def check_attributes(attributes: Attributes) -> int:
    """Return how many bytes the attributes take up. Raises InvalidParameterValue and InvalidMessageContents."""
    if len(attributes) > MAX_ATTRIBUTES:
        raise invalid_parameter(
            f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum [{MAX_ATTRIBUTES}]."
        )
    return sum(_check_attribute(name, attribute) for name, attribute in attributes.items())


def _check_attribute(name: str, attribute: dict[str, Any]) -> int:
    _check_name(name)
    data_type = attribute.get("DataType") or ""
    kind = data_type.partition(".")[0]
    if not data_type:
        raise invalid_parameter(f"Message (user) attribute '{name}' must contain a non-empty message attribute type.")
    if kind not in ("String", "Number", "Binary"):
        raise invalid_parameter(
            f"The type of message (user) attribute '{name}' is invalid. "
            "You must use only the following supported type prefixes: Binary, Number, String."
        )
    if len(data_type) > MAX_NAME or not _NAME.fullmatch(data_type):
        raise invalid_parameter(f"The type of message (user) attribute '{name}' is invalid.")
    value = _value_of(name, kind, attribute)
    if kind == "Number":
        _check_number(name, value)
    return len(name.encode()) + len(data_type) + (len(value) if isinstance(value, bytes) else len(value.encode()))


def _check_name(name: str) -> None:
    if not name:
        raise invalid_parameter("The request must contain non-empty message attribute name.")
    if len(name) > MAX_NAME:
        raise invalid_parameter(f"Message (user) attribute name must be shorter than {MAX_NAME + 1} characters.")
    if not _NAME.fullmatch(name):
        raise invalid_parameter(
            f"The message attribute name '{name}' is invalid. "
            "Attribute name can contain A-Z, a-z, 0-9, underscore (_), hyphen (-), and period (.) characters."
        )
    if name.startswith(".") or name.endswith(".") or ".." in name:
        raise invalid_parameter(
            f"The message attribute name '{name}' is invalid. "
            "Attribute name can not start or end with a period, or have successive periods."
        )
    if name.lower().startswith(("aws.", "amazon.")):
        raise invalid_parameter("You can't use message attribute names beginning with 'AWS.' or 'Amazon.'.")


def _value_of(name: str, kind: str, attribute: dict[str, Any]) -> str | bytes:
    if attribute.get("StringListValues") or attribute.get("BinaryListValues"):
        raise sqs.errors.UnsupportedOperation("Message attribute list values are not supported.")
    member = "BinaryValue" if kind == "Binary" else "StringValue"
    other = "StringValue" if kind == "Binary" else "BinaryValue"
    value: str | bytes = attribute.get(member) or ""
    if not value:
        raise invalid_parameter(
            f"Message (user) attribute '{name}' must contain a non-empty value of type '{attribute['DataType']}'."
        )
    if attribute.get(other):
        raise invalid_parameter(f"Message (user) attribute '{name}' has multiple values.")
    if isinstance(value, str):
        check_characters(value, f"message attribute '{name}'")
    return value


def _check_number(name: str, value: str | bytes) -> None:
    refused = invalid_parameter(f"Can't cast the value of message (user) attribute '{name}' to a number.")
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        raise refused
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise refused from error
    digits = "".join(map(str, number.as_tuple().digits)).strip("0")  # not ``normalize``, which rounds
    if len(digits) > MAX_DIGITS or (number and not MIN_EXPONENT <= number.adjusted() <= MAX_EXPONENT):
        raise refused


def _trace_header(system: Attributes) -> str:
    for name, attribute in system.items():
        if name != "AWSTraceHeader":
            raise invalid_parameter(
                f"Message system attribute name '{name}' is invalid. Valid names are: AWSTraceHeader."
            )
        if attribute.get("DataType") != "String":
            raise invalid_parameter(f"The type of message system attribute '{name}' is invalid. It must be String.")
        value: str = attribute.get("StringValue") or ""
        if not is_trace_header(value):
            raise invalid_parameter(f"The value of message system attribute '{name}' is not an X-Ray trace header.")
    return value


def is_trace_header(text: str) -> bool:
    """Whether ``text`` has the form of X-Ray's trace header: ``Root=1-5759e988-…;Parent=…;Sampled=1``."""
    names = set()
    for field in filter(None, text.split(";")):
        name, separator, value = field.strip().partition("=")
        form = _TRACE_VALUES.get(name.lower())
        if not separator or not value or (form is not None and not form.fullmatch(value)):
            return False
        names.add(name.lower())
    return "root" in names


def attributes_digest(attributes: Attributes) -> str:
    """Return the MD5 of message attributes (developer guide, "Calculating the MD5 message digest")."""
    digest = hashlib.md5(usedforsecurity=False)
    for name in sorted(attributes):
        attribute = attributes[name]
        data_type = attribute["DataType"]
        value = attribute["BinaryValue"] if data_type.startswith("Binary") else attribute["StringValue"].encode()
        kind = b"\x02" if data_type.startswith("Binary") else b"\x01"
        for part in (name.encode(), data_type.encode()):
            digest.update(pack(">I", len(part)) + part)
        digest.update(kind + pack(">I", len(value)) + value)
    return digest.hexdigest()


def selected(attributes: Attributes, names: list[str]) -> Attributes:
    """Return the attributes that ReceiveMessage's ``MessageAttributeNames`` ask for: names, ``prefix.*``, ``All``."""
    if "All" in names or ".*" in names:
        return attributes
    exact = set(names)
    prefixes = tuple(name[:-2] for name in names if name.endswith(".*"))
    return {
        name: attribute
        for name, attribute in attributes.items()
        if name in exact or (prefixes and name.startswith(prefixes))
    }
