"""What may be published, and how large it may be."""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from skyglobe.services.sns.records import Attributes
from skyglobe.services.sns.refusals import invalid, invalid_value

MAX_BYTES: Final = 262_144  # of text and attributes; API reference of Publish
MAX_SMS_CHARACTERS: Final = 1_600  # same page
MAX_NAME: Final = 256  # characters; developer guide, "Amazon SNS message attributes"

_NAME: Final = re.compile(r"[A-Za-z0-9_.-]+")
_TYPE: Final = re.compile(r"(?:String|Number|Binary)(?:\.[A-Za-z0-9_.-]+)?")
_OURS: Final = ("aws.sns.", "aws.mm.")
"""Reserved names that SNS itself gives a meaning."""


def check_text(text: str) -> None:
    """Raise InvalidParameter for an empty message."""
    if not text:
        raise invalid("Empty message")


def size_of(text: str, attributes: Attributes) -> int:
    """Return how many bytes count towards the limit: the text, and each attribute's name, type and value."""
    size = _bytes(text)
    for name, attribute in attributes.items():
        size += _bytes(name) + _bytes(attribute.get("DataType", ""))
        size += _bytes(attribute.get("BinaryValue") or attribute.get("StringValue") or "")
    return size


def _bytes(part: str | bytes) -> int:
    return len(part) if isinstance(part, bytes) else len(part.encode("utf-8", "surrogatepass"))


def check_size(size: int) -> None:
    """Raise InvalidParameter for a message that is too large."""
    if size > MAX_BYTES:
        raise invalid("Message too long")


def parse_structure(text: str) -> dict[str, str]:
    """Return a structured message's texts by protocol. Raises InvalidParameter."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise invalid("Message Structure - JSON message body failed to parse") from error
    if not isinstance(found, dict):
        raise invalid("Message Structure - JSON message body failed to parse")
    texts = {name: value for name, value in found.items() if isinstance(value, str)}
    if "default" not in texts:
        raise invalid("Message Structure - No default entry in JSON message body")
    return texts


def check_attributes(attributes: dict[str, dict[str, Any]] | None) -> Attributes:
    """Return a message's attributes. Raises ParameterValueInvalid."""
    for name, attribute in (attributes or {}).items():
        _check_name(name)
        _check_value(name, attribute)
    return attributes or {}


def _check_name(name: str) -> None:
    if not name or len(name) > MAX_NAME:
        raise invalid_value(f"Length of message attribute name must be between 1 and {MAX_NAME} bytes.")
    if not _NAME.fullmatch(name):
        raise invalid_value(
            f"Invalid non-alphanumeric character was found in the message attribute name '{name}'. "
            "Can only include alphanumeric characters, hyphens, underscores, or dots."
        )
    if name.startswith(".") or name.endswith(".") or ".." in name:
        raise invalid_value(
            f"Invalid message attribute name starting or ending with character '.' was found: '{name}'."
            if ".." not in name
            else "Message attribute name can not have successive '.' characters."
        )
    if name.lower().startswith(("aws.", "amazon.")) and not name.lower().startswith(_OURS):
        raise invalid_value("Message attribute name must not start with AWS. or Amazon..")


def _check_value(name: str, attribute: dict[str, Any]) -> None:
    data_type = attribute.get("DataType") or ""
    if not data_type:
        raise invalid_value(f"The message attribute '{name}' must contain non-empty message attribute type.")
    if len(data_type) > MAX_NAME or not _TYPE.fullmatch(data_type):
        raise invalid_value(
            f"The message attribute '{name}' has an invalid message attribute type, the set of supported type "
            "prefixes is Binary, Number, and String."
        )
    member = "BinaryValue" if data_type.startswith("Binary") else "StringValue"
    value = attribute.get(member)
    other = attribute.get("StringValue" if member == "BinaryValue" else "BinaryValue")
    if not value and other:
        raise invalid_value(
            f"The message attribute '{name}' with type '{data_type}' must use field '{member.removesuffix('Value')}'."
        )
    if not value:
        raise invalid_value(
            f"The message attribute '{name}' must contain non-empty message attribute value for message attribute "
            f"type '{data_type}'."
        )
    if other:
        raise invalid_value(f"The message attribute '{name}' has more than one value.")
    if data_type.startswith("Number"):
        _check_number(name, value)


def _check_number(name: str, value: str) -> None:
    try:
        is_number = Decimal(value).is_finite()
    except InvalidOperation:
        is_number = False
    if not is_number:
        raise invalid_value(f"Could not cast message attribute '{name}' value to number.")
