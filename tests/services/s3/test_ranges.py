"""Parts of objects: by bytes and by part numbers."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

Refused = Callable[..., Any]
MIB = 1024 * 1024


@pytest.fixture(params=[1_000, 400_000], ids=["in the store", "in a file"])
def body(request: pytest.FixtureRequest, s3: Any, bucket: str) -> bytes:
    data = os.urandom(request.param)
    s3.put_object(Bucket=bucket, Key="apple", Body=data)
    return data


@pytest.mark.spec("S3PRF-004")
def test_a_range_returns_the_bytes_asked_for(s3: Any, bucket: str, body: bytes) -> None:
    answer = s3.get_object(Bucket=bucket, Key="apple", Range="bytes=0-99")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert answer["ContentRange"] == f"bytes 0-99/{len(body)}"
    assert answer["ContentLength"] == 100
    assert answer["Body"].read() == body[:100]
    assert s3.head_object(Bucket=bucket, Key="apple", Range="bytes=5-9")["ContentLength"] == 5


@pytest.mark.spec("S3PRF-006")
def test_open_suffix_and_unsatisfiable_ranges(s3: Any, bucket: str, body: bytes, refused: Refused) -> None:
    size = len(body)
    assert s3.get_object(Bucket=bucket, Key="apple", Range="bytes=900-")["Body"].read() == body[900:]
    assert s3.get_object(Bucket=bucket, Key="apple", Range="bytes=-10")["Body"].read() == body[-10:]
    assert s3.get_object(Bucket=bucket, Key="apple", Range=f"bytes=0-{size * 2}")["Body"].read() == body
    assert s3.get_object(Bucket=bucket, Key="apple", Range=f"bytes=-{size * 2}")["Body"].read() == body
    for asked in (f"bytes={size}-", f"bytes={size + 5}-{size + 9}", "bytes=-0"):
        with refused("InvalidRange", 416) as answer:
            s3.get_object(Bucket=bucket, Key="apple", Range=asked)
        assert answer["Error"]["ActualObjectSize"] == str(size)
        assert answer["Error"]["RangeRequested"] == asked


@pytest.mark.parametrize("asked", ["bytes=5-2", "bytes=0-1,5-6", "bytes=a-b", "lines=1-2", "bytes=-", ""])
def test_a_range_that_makes_no_sense_is_ignored(s3: Any, bucket: str, body: bytes, asked: str) -> None:
    answer = s3.get_object(Bucket=bucket, Key="apple", Range=asked)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert answer["Body"].read() == body


@pytest.mark.spec("S3PRF-005")
def test_ranges_fetched_side_by_side_make_the_whole(s3: Any, bucket: str, upload: Callable[..., Any]) -> None:
    parts = [os.urandom(5 * MIB), os.urandom(6 * MIB), b"a small end"]
    whole = b"".join(parts)
    upload("pear", *parts)
    step = 1_700_003

    def fetch(start: int) -> bytes:
        asked = f"bytes={start}-{start + step - 1}"
        data: bytes = s3.get_object(Bucket=bucket, Key="pear", Range=asked)["Body"].read()
        return data

    with ThreadPoolExecutor(4) as pool:
        assert b"".join(pool.map(fetch, range(0, len(whole), step))) == whole
    seam = 5 * MIB
    assert fetch(seam - 10)[:20] == whole[seam - 10 : seam + 10]


@pytest.mark.spec("S3PRF-019")
def test_a_part_is_read_by_its_number(s3: Any, bucket: str, upload: Callable[..., Any], refused: Refused) -> None:
    parts = [os.urandom(5 * MIB), os.urandom(5 * MIB), b"a small end"]
    upload("pear", *parts)
    for number, expected in enumerate(parts, 1):
        answer = s3.get_object(Bucket=bucket, Key="pear", PartNumber=number)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 206
        assert answer["PartsCount"] == 3
        assert answer["Body"].read() == expected
    head = s3.head_object(Bucket=bucket, Key="pear", PartNumber=2)
    assert (head["ContentLength"], head["PartsCount"]) == (5 * MIB, 3)
    with refused("InvalidPartNumber", 416) as answer:
        s3.get_object(Bucket=bucket, Key="pear", PartNumber=4)
    assert answer["Error"]["ActualPartCount"] == "3"
    with refused("InvalidRequest"):
        s3.get_object(Bucket=bucket, Key="pear", PartNumber=1, Range="bytes=0-1")
    with refused("InvalidArgument"):
        s3.get_object(Bucket=bucket, Key="pear", PartNumber=10_001)


def test_a_whole_object_is_its_own_first_part(s3: Any, bucket: str, body: bytes) -> None:
    answer = s3.get_object(Bucket=bucket, Key="apple", PartNumber=1)
    assert answer["Body"].read() == body
    assert "PartsCount" not in answer
