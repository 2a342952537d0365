"""Bucket names and object keys: S3 user guide, "General purpose bucket naming rules" and "Naming Amazon S3 objects"."""

from __future__ import annotations

import re

MAX_KEY_BYTES = 1024  # of UTF-8; "Naming Amazon S3 objects"

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_IPV4 = re.compile(r"\d+\.\d+\.\d+\.\d+")
_ACCOUNT_REGIONAL = re.compile(r".*-\d{12}-[a-z]{2}(?:-[a-z]+)+-\d-an")
_RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


def is_bucket_name(name: str) -> bool:
    """Whether a general purpose bucket may be called ``name``."""
    return (
        _NAME.fullmatch(name) is not None
        and ".." not in name
        and _IPV4.fullmatch(name) is None
        and not name.startswith(_RESERVED_PREFIXES)
        and not name.endswith(_RESERVED_SUFFIXES)
    )


def is_account_regional(name: str) -> bool:
    """Whether ``name`` has the form reserved for the namespace of one account in one region."""
    return _ACCOUNT_REGIONAL.fullmatch(name) is not None


def account_regional_suffix(account: str, region: str) -> str:
    """Return how the names end that ``account`` has to itself in ``region``."""
    return f"-{account}-{region}-an"


def key_bytes(key: str) -> int:
    """Return how long a key is, in bytes of UTF-8."""
    return len(key) if key.isascii() else len(key.encode("utf-8", "surrogatepass"))


def throughput_prefix(key: str) -> str:
    """Return the prefix whose request rate a key counts towards: everything up to its last slash."""
    return key[: key.rfind("/") + 1]
