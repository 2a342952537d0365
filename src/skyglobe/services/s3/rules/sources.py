"""Where a copy comes from: the ``x-amz-copy-source`` header."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote, unquote_to_bytes


class Source(NamedTuple):
    """The object to copy."""

    bucket: str
    key: str
    version: str | None = None


def parse_copy_source(header: str) -> Source | None:
    """Return what ``bucket/key?versionId=…`` names, percent-decoded; None when it names no object.

    Through an access point it is ``ARN/object/key``: the ARN stands for the bucket then.
    """
    path, has_version, version = header.partition("?versionId=")
    try:
        text = unquote_to_bytes(path.encode("latin-1")).decode()
    except UnicodeError:
        return None
    text = text.removeprefix("/")
    bucket, slash, key = text.partition("/object/" if text.startswith("arn:") else "/")
    if not (bucket and slash and key):
        return None
    return Source(bucket, key, unquote(version) if has_version else None)
