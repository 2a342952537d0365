"""What AWS answers to a request it cannot read, in each protocol's own words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyglobe.kernel.errors import ServiceError

MAX_DEPTH = 128
"""Containers within containers. DynamoDB, the deepest service, allows 32; far below Python's recursion limit."""

TextFailure = Callable[[str, str, str], ServiceError]
"""Makes the error for a text that is no value of its type: (member, text, type's name, e.g. ``Integer``)."""


def serialization_failure(message: str) -> ServiceError:
    """The error of the JSON and CBOR protocols."""
    return ServiceError(message, code="SerializationException")


def too_deep() -> ServiceError:
    return serialization_failure(f"The request is nested deeper than {MAX_DEPTH} levels.")


def cannot_convert(value: Any, type_name: str) -> ServiceError:
    """The error for a JSON or CBOR value of the wrong kind, in the words of AWS's own parser."""
    if isinstance(value, dict):
        return serialization_failure("Start of structure or map found where not expected.")
    if isinstance(value, list):
        return serialization_failure("Start of list found where not expected")
    if type_name in ("Structure", "List", "Map"):
        return serialization_failure("Unexpected value type in payload")
    return serialization_failure(f"{_kind_of(value)} cannot be converted to {type_name}")


def _kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    if isinstance(value, str):
        return "STRING_VALUE"
    return "NUMBER_VALUE" if isinstance(value, int | float) else "BLOB_VALUE"


def malformed_input(message: str) -> ServiceError:
    """The error of the query protocols, and of the XML services other than S3."""
    return ServiceError(message, code="MalformedInput")


def malformed_xml() -> ServiceError:
    """S3's error for a body that is not XML or not the XML that was asked for."""
    return ServiceError(
        "The XML you provided was not well-formed or did not validate against our published schema",
        code="MalformedXML",
    )


def json_text_failure(member: str, text: str, type_name: str) -> ServiceError:
    return serialization_failure(f"STRING_VALUE cannot be converted to {type_name}")


def query_text_failure(member: str, text: str, type_name: str) -> ServiceError:
    return malformed_input(f"STRING_VALUE cannot be converted to {type_name}")


def ec2_text_failure(member: str, text: str, type_name: str) -> ServiceError:
    name = member[:1].lower() + member[1:]
    message = f"Value ( {text} ) for parameter {name} is invalid. Expecting a value of type {type_name}."
    return ServiceError(message, code="InvalidParameterValue")


def xml_text_failure(member: str, text: str, type_name: str) -> ServiceError:
    return malformed_xml()


def s3_argument_failure(member: str, text: str, type_name: str) -> ServiceError:
    """S3's error for a header or query parameter of the wrong type; its words for ``max-keys`` fit every integer."""
    message = (
        f"Provided {member} not an integer or within integer range"
        if type_name in ("Integer", "Long")
        else (f"Invalid value for {member}")
    )
    return ServiceError(message, code="InvalidArgument", fields={"ArgumentName": member, "ArgumentValue": text})
