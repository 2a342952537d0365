"""Compressed request bodies, for the operations that allow them."""

from __future__ import annotations

import gzip
import zlib

import pytest

from skyglobe.protocols.parsing.compression import MAX_DECOMPRESSED_BYTES
from tests.protocols.parsing_requests import parse, refusal

BODY = b"Action=PutMetricData&Namespace=n"


def test_a_gzipped_body_is_read() -> None:
    for coding in ("gzip", "GZIP", "identity, gzip"):
        headers = {"content-encoding": coding}
        packed = gzip.compress(BODY, mtime=0)
        assert parse("cloudwatch", "PutMetricData", "query", packed, headers=headers) == {"Namespace": "n"}


def test_a_plain_body_of_such_an_operation_is_read() -> None:
    assert parse("cloudwatch", "PutMetricData", "query", BODY) == {"Namespace": "n"}


@pytest.mark.parametrize("body", [b"", BODY, gzip.compress(BODY, mtime=0)[:-9], zlib.compress(BODY)])
def test_what_is_no_gzip_is_refused(body: bytes) -> None:
    error = refusal("cloudwatch", "PutMetricData", "query", body, headers={"content-encoding": "gzip"})
    assert error.status == 400


def test_a_decompression_bomb_is_refused() -> None:
    bomb = gzip.compress(b"a" * (MAX_DECOMPRESSED_BYTES + 1))
    error = refusal("cloudwatch", "PutMetricData", "query", bomb, headers={"content-encoding": "gzip"})
    assert error.status == 413
