"""Putting parts together."""

from __future__ import annotations

from hashlib import md5
from typing import NamedTuple

import pytest

from skyglobe.services.s3.rules.parts import (
    MAX_OBJECT_BYTES,
    MAX_PART_BYTES,
    MAX_PART_NUMBER,
    MIN_PART_BYTES,
    Listed,
    Refused,
    check_completion,
    ends_of,
    multipart_etag,
)


class Part(NamedTuple):
    etag: str
    size_bytes: int = MIN_PART_BYTES
    checksum: str = ""


STORED = {1: Part("a"), 2: Part("b"), 3: Part("c", 1), 4: Part("d", checksum="sum")}


@pytest.mark.parametrize(
    "listed",
    [
        [Listed(1, "a")],
        [Listed(3, "c")],
        [Listed(1, "a"), Listed(2, "b"), Listed(3, "c")],
        [Listed(2, "b"), Listed(4, "d", "sum")],
        [Listed(1, "a", "unasked")],
    ],
)
def test_lists_that_can_be_put_together(listed: list[Listed]) -> None:
    check_completion(listed, STORED, needs_checksums=False)


@pytest.mark.parametrize(
    ("listed", "code"),
    [
        ([], "MalformedXML"),
        ([Listed(2, "b"), Listed(1, "a")], "InvalidPartOrder"),
        ([Listed(1, "a"), Listed(1, "a")], "InvalidPartOrder"),
        ([Listed(9, "a")], "InvalidPart"),
        ([Listed(1, "b")], "InvalidPart"),
        ([Listed(4, "d", "other")], "InvalidPart"),
        ([Listed(3, "c"), Listed(4, "d")], "EntityTooSmall"),
        ([Listed(number, "x") for number in range(1, 10_002)], "MalformedXML"),
    ],
)
def test_lists_that_cannot(listed: list[Listed], code: str) -> None:
    with pytest.raises(Refused) as caught:
        check_completion(listed, STORED, needs_checksums=False)
    assert caught.value.code == code


def test_composite_checksums_need_those_of_every_part() -> None:
    check_completion([Listed(4, "d", "sum")], STORED, needs_checksums=True)
    with pytest.raises(Refused, match="MissingChecksum"):
        check_completion([Listed(4, "d")], STORED, needs_checksums=True)


def test_the_etag_is_made_of_the_parts_digests() -> None:
    digests = [md5(body) for body in (b"one", b"two")]
    expected = md5(b"".join(digest.digest() for digest in digests)).hexdigest()
    assert multipart_etag([digest.hexdigest() for digest in digests]) == f"{expected}-2"


def test_where_parts_end() -> None:
    assert ends_of([5, 0, 3]) == [5, 5, 8]


@pytest.mark.spec("S3OBJ-003")
def test_the_largest_object_has_ten_thousand_of_the_largest_parts() -> None:
    stored = {number: Part("e", MAX_PART_BYTES) for number in range(1, MAX_PART_NUMBER + 1)}
    listed = [Listed(number, "e") for number in stored]
    check_completion(listed, stored, needs_checksums=False)
    assert ends_of([part.size_bytes for part in stored.values()])[-1] == MAX_OBJECT_BYTES == 53_687_091_200_000
    stored[MAX_PART_NUMBER] = Part("e", MAX_PART_BYTES + 1)
    with pytest.raises(Refused, match="EntityTooLarge"):
        check_completion(listed, stored, needs_checksums=False)
