"""The entries of a listing: dicts to whoever looks, and XML in one go for the answer to a client.

A page has a thousand of them. Writing each through the model's serializer costs several times what reading them
from the store does, so they write themselves; a test holds them to what the serializer would have written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, overload
from urllib.parse import quote_plus

from skyglobe.services.s3 import errors
from skyglobe.services.s3.answers import quoted, seconds
from skyglobe.services.s3.records import Object

Spelling = Callable[[str], str]
"""How keys are written in an answer."""

_PLAIN = re.compile(r"[A-Za-z0-9_.\-~*/]*")
_AWKWARD = re.compile(r"[&<>\"\x00-\x08\x0b-\x1f\x7f\x85\u2028]")


def spelling_of(request: dict[str, Any]) -> Spelling:
    """Return how a request wants keys: as they are, or URL-encoded. Raises InvalidArgument."""
    encoding = request.get("EncodingType")
    if encoding is None:
        return str
    if encoding != "url":
        text = "Invalid Encoding Method specified in Request"
        raise errors.invalid_argument(text, "encoding-type", encoding)
    return _url_encoded


def _url_encoded(key: str) -> str:
    return key if _PLAIN.fullmatch(key) else quote_plus(key, safe="/*")


class Contents(Sequence[dict[str, Any]]):
    """A page's objects."""

    def __init__(self, found: list[Object], spell: Spelling, owner: dict[str, str] | None) -> None:
        self._found = found
        self._spell = spell
        self._owner = owner

    def __len__(self) -> int:
        return len(self._found)

    @overload
    def __getitem__(self, at: int) -> dict[str, Any]: ...

    @overload
    def __getitem__(self, at: slice) -> list[dict[str, Any]]: ...

    def __getitem__(self, at: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        if isinstance(at, slice):
            return [self._described(found) for found in self._found[at]]
        return self._described(self._found[at])

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return map(self._described, self._found)

    def _described(self, found: Object) -> dict[str, Any]:
        entry: dict[str, Any] = {
            "Key": self._spell(found.key),
            "LastModified": seconds(found.modified_at),
            "ETag": quoted(found.etag),
            "ChecksumAlgorithm": [found.algorithm],
            "ChecksumType": found.checksum_type,
            "Size": found.size_bytes,
            "StorageClass": found.storage_class,
        }
        if self._owner is not None:
            entry["Owner"] = self._owner
        return entry

    def as_xml(self) -> str:
        """Return all entries as ``Contents`` elements."""
        spell = self._spell
        end = f"<Owner><ID>{self._owner['ID']}</ID></Owner></Contents>" if self._owner is not None else "</Contents>"
        second, date = -1, ""
        parts = []
        for found in self._found:
            at = found.modified_at // 1000
            if at != second:  # neighbours are often written in the same second
                second, date = at, f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%S}.000Z"
            parts.append(
                f"<Contents><Key>{_text(spell(found.key))}</Key><LastModified>{date}</LastModified>"
                f"<ETag>&quot;{found.etag}&quot;</ETag><ChecksumAlgorithm>{found.algorithm}</ChecksumAlgorithm>"
                f"<ChecksumType>{found.checksum_type}</ChecksumType><Size>{found.size_bytes}</Size>"
                f"<StorageClass>{found.storage_class}</StorageClass>{end}"
            )
        return "".join(parts)


def _text(key: str) -> str:
    return _escaped(key) if _AWKWARD.search(key) else key


def _escaped(key: str) -> str:
    return _AWKWARD.sub(lambda match: _REFERENCES.get(match[0]) or f"&#x{ord(match[0]):X};", key)


_REFERENCES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
