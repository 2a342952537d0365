"""What headers say: checksums, tags, metadata, sources of copies."""

from __future__ import annotations

import pytest

from skyglobe.services.s3.rules.checksums import (
    BadChecksum,
    Declared,
    checksum_type_of_upload,
    declared_checksum,
    trailing_digest,
)
from skyglobe.services.s3.rules.metadata import decoded_metadata, is_redirect, metadata_bytes, without_chunking
from skyglobe.services.s3.rules.sources import Source, parse_copy_source
from skyglobe.services.s3.rules.tags import OBJECT, BadTags, tags_of_header, tags_of_set


def test_a_checksum_is_declared_in_a_header_or_for_a_trailer() -> None:
    assert declared_checksum({}, "") == Declared("")
    assert declared_checksum({"ChecksumCRC32": "AAAAAQ=="}, "") == Declared("CRC32", b"\0\0\0\1")
    assert declared_checksum({}, "x-other, X-Amz-Checksum-Sha256") == Declared("SHA256")
    with_algorithm = {"ChecksumAlgorithm": "CRC32", "ChecksumCRC32": "AAAAAQ=="}
    assert declared_checksum(with_algorithm, "") == Declared("CRC32", b"\0\0\0\1")


@pytest.mark.parametrize(
    ("request_", "trailer"),
    [
        ({"ChecksumCRC32": "AAAAAQ==", "ChecksumSHA1": "x"}, ""),
        ({"ChecksumCRC32": "AAAAAQ=="}, "x-amz-checksum-crc32"),
        ({"ChecksumCRC32": "AAAA"}, ""),
        ({"ChecksumCRC32": "!"}, ""),
        ({"ChecksumAlgorithm": "CRC32"}, ""),
        ({"ChecksumAlgorithm": "SHA1", "ChecksumCRC32": "AAAAAQ=="}, ""),
        ({}, "x-amz-checksum-adler32"),
    ],
)
def test_declarations_that_make_no_sense(request_: dict[str, str], trailer: str) -> None:
    with pytest.raises(BadChecksum):
        declared_checksum(request_, trailer)


def test_a_trailer_gives_its_digest() -> None:
    assert trailing_digest("CRC32", {"x-amz-checksum-crc32": "AAAAAQ=="}) == b"\0\0\0\1"
    assert trailing_digest("CRC32", {}) is None


@pytest.mark.parametrize(
    ("algorithm", "wanted", "kind"),
    [
        ("SHA256", None, "COMPOSITE"),
        ("CRC32", None, "COMPOSITE"),
        ("CRC64NVME", None, "FULL_OBJECT"),
        ("CRC32C", "FULL_OBJECT", "FULL_OBJECT"),
        ("XXHASH64", "COMPOSITE", "COMPOSITE"),
    ],
)
def test_how_an_uploads_checksum_is_made(algorithm: str, wanted: str | None, kind: str) -> None:
    assert checksum_type_of_upload(algorithm, wanted) == kind


def test_tags_in_a_header_are_written_like_a_query() -> None:
    assert tags_of_header("a=1&b+c=%C3%A9&d") == {"a": "1", "b c": "é", "d": ""}
    assert tags_of_header("") == {}


@pytest.mark.parametrize("key", ["k" * 129, "", "AWS:x", "a{b}", "a,b"])
def test_tag_keys_that_break_the_rules(key: str) -> None:
    with pytest.raises(BadTags) as caught:
        tags_of_set([{"Key": key, "Value": "v"}], OBJECT)
    assert (caught.value.code, caught.value.key) == ("InvalidTag", key)


@pytest.mark.parametrize("key", ["k" * 128, "a b", "+-=._:/@", "ключ", "हिन्दी"])
def test_tag_keys_of_any_script(key: str) -> None:
    assert tags_of_set([{"Key": key, "Value": key}], OBJECT) == {key: key}


def test_metadata_is_text_in_utf_8_where_it_can_be() -> None:
    sent = {"a": "é".encode().decode("latin-1"), "b": "\xe9", "c": "plain"}
    assert decoded_metadata(sent) == {"a": "é", "b": "é", "c": "plain"}
    assert metadata_bytes({"ab": "é"}) == 4


@pytest.mark.parametrize(
    ("encoding", "left"),
    [("gzip", "gzip"), ("aws-chunked", ""), ("aws-chunked, gzip", "gzip"), ("gzip,aws-chunked,br", "gzip,br")],
)
def test_chunking_is_no_encoding_of_the_object(encoding: str, left: str) -> None:
    assert without_chunking(encoding) == left


def test_redirects_start_with_a_slash_or_a_scheme() -> None:
    assert all(is_redirect(location) for location in ("/a", "https://x", "http://x"))
    assert not any(is_redirect(location) for location in ("ftp://x", "a"))


@pytest.mark.parametrize(
    ("header", "source"),
    [
        ("b/k", Source("b", "k")),
        ("/b/k", Source("b", "k")),
        ("b/k%20%C3%A9+%2F", Source("b", "k é+/")),
        ("b/k/?versionId=null", Source("b", "k/", "null")),
        ("b//k", Source("b", "/k")),
        ("b", None),
        ("b/", None),
        ("", None),
        ("b/%FF", None),
        ("b/\xc3\xa9", Source("b", "é")),
    ],
)
def test_sources_of_copies(header: str, source: Source | None) -> None:
    assert parse_copy_source(header) == source
