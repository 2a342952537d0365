"""What a client says about an object: user metadata, storage classes, entity headers."""

from __future__ import annotations

import re

MAX_METADATA_BYTES = 2048  # names and values; S3 user guide, "Working with object metadata"
STORAGE_CLASSES = frozenset(
    (
        "STANDARD",
        "REDUCED_REDUNDANCY",
        "STANDARD_IA",
        "ONEZONE_IA",
        "INTELLIGENT_TIERING",
        "GLACIER",
        "DEEP_ARCHIVE",
        "GLACIER_IR",
    )
)
"""The classes of general purpose buckets; the model also lists those of Outposts, Snow, directory and file systems."""
MAY_BE_ARCHIVED = frozenset(("GLACIER", "DEEP_ARCHIVE", "INTELLIGENT_TIERING"))
"""Classes whose objects must be restored before they can be read: always, or in some of their tiers."""
ENTITY_HEADERS = ("CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType", "Expires")
"""Members that are stored with the object and returned as they are."""
DEFAULT_CONTENT_TYPE = "binary/octet-stream"

_REDIRECT = re.compile(r"(?:/|https?://).*", re.DOTALL)


def decoded_metadata(metadata: dict[str, str]) -> dict[str, str]:
    """Return user metadata as text: header values arrive as Latin-1, where most clients mean UTF-8."""
    return {name: value if value.isascii() else _utf8(value) for name, value in metadata.items()}


def _utf8(value: str) -> str:
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


def metadata_bytes(metadata: dict[str, str]) -> int:
    """Return what counts towards ``MAX_METADATA_BYTES``."""
    return sum(len(name.encode()) + len(value.encode()) for name, value in metadata.items())


def without_chunking(encoding: str) -> str:
    """Return a Content-Encoding without ``aws-chunked``, which is of the transfer and not of the object."""
    if "aws-chunked" not in encoding:
        return encoding
    codings = (coding.strip() for coding in encoding.split(","))
    return ",".join(coding for coding in codings if coding and coding != "aws-chunked")


def is_redirect(location: str) -> bool:
    """Whether ``x-amz-website-redirect-location`` has a form S3 takes."""
    return _REDIRECT.fullmatch(location) is not None
