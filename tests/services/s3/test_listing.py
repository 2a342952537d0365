"""Listing objects: order, pages, prefixes and delimiters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from skyglobe.kernel.scope import Scope
from skyglobe.services.s3.records import Details, Object, objects, pack_details
from skyglobe.testing import TestCloud

Refused = Callable[..., Any]


@pytest.fixture
def fill(cloud: TestCloud, bucket: str) -> Callable[[list[str]], None]:
    """Return a function that puts empty objects straight into the store, many at once."""

    def write(keys: list[str]) -> None:
        def work(scope: Scope) -> None:
            for order, key in enumerate(keys):
                objects.insert(
                    scope,
                    Object(
                        bucket=bucket,
                        key=key,
                        order=order,
                        modified_at=scope.now,
                        size_bytes=0,
                        etag="d41d8cd98f00b204e9800998ecf8427e",
                        storage_class="STANDARD",
                        algorithm="CRC64NVME",
                        checksum_type="FULL_OBJECT",
                        details=pack_details(Details(spans=[])),
                    ),
                )

        cloud.run(cloud.kernel.transact(work, "000000000000", "us-east-1"))

    return write


def keys_of(answer: dict[str, Any]) -> list[str]:
    return [found["Key"] for found in answer.get("Contents", [])]


def prefixes_of(answer: dict[str, Any]) -> list[str]:
    return [found["Prefix"] for found in answer.get("CommonPrefixes", [])]


@pytest.mark.spec("S3OBJ-011")
def test_keys_come_in_binary_order_a_thousand_a_page(s3: Any, bucket: str, fill: Callable[..., None]) -> None:
    keys = [f"k{number}" for number in range(2_500)] + ["é", "z", "Z", "\uffff", "\U00010000"]
    fill(keys)
    pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket=bucket))
    assert [page["KeyCount"] for page in pages] == [1000, 1000, 505]
    assert [page["IsTruncated"] for page in pages] == [True, True, False]
    assert [key for page in pages for key in keys_of(page)] == sorted(keys, key=str.encode)
    assert "NextContinuationToken" not in pages[-1]


@pytest.mark.spec("S3OBJ-011")
def test_a_delimiter_folds_keys_into_common_prefixes(s3: Any, bucket: str, fill: Callable[..., None]) -> None:
    fill(["a/1", "a/2", "b", "c/1/x", "c/1/y", "c/2", "d"])
    answer = s3.list_objects_v2(Bucket=bucket, Delimiter="/")
    assert (keys_of(answer), prefixes_of(answer), answer["KeyCount"]) == (["b", "d"], ["a/", "c/"], 4)
    answer = s3.list_objects_v2(Bucket=bucket, Delimiter="/", Prefix="c/")
    assert (keys_of(answer), prefixes_of(answer)) == (["c/2"], ["c/1/"])
    answer = s3.list_objects_v2(Bucket=bucket, Delimiter="/1")
    assert prefixes_of(answer) == ["a/1", "c/1"]
    pages = list(
        s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": 1})
    )
    assert [keys_of(page) + prefixes_of(page) for page in pages] == [["a/"], ["b"], ["c/"], ["d"]]


@pytest.mark.spec("S3OBJ-011")
def test_start_after_and_encoding_are_honoured(s3: Any, bucket: str, fill: Callable[..., None]) -> None:
    fill(["a b", "a+b", "a/b", "b"])
    answer = s3.list_objects_v2(Bucket=bucket, StartAfter="a+b")
    assert (keys_of(answer), answer["StartAfter"]) == (["a/b", "b"], "a+b")
    encoded = s3.list_objects_v2(Bucket=bucket, EncodingType="url")
    assert keys_of(encoded) == ["a+b", "a%2Bb", "a/b", "b"]
    assert encoded["EncodingType"] == "url"


def test_the_size_of_a_page_is_bounded(s3: Any, bucket: str, fill: Callable[..., None], refused: Refused) -> None:
    fill([f"k{number:04}" for number in range(1_001)])
    answer = s3.list_objects_v2(Bucket=bucket, MaxKeys=5_000)
    assert (answer["MaxKeys"], answer["KeyCount"], answer["IsTruncated"]) == (1000, 1000, True)
    answer = s3.list_objects_v2(Bucket=bucket, MaxKeys=0)
    assert (answer["KeyCount"], answer["IsTruncated"]) == (0, False)
    with refused("InvalidArgument"):
        s3.list_objects_v2(Bucket=bucket, MaxKeys=-1)
    with refused("InvalidArgument"):
        s3.list_objects_v2(Bucket=bucket, ContinuationToken="made-up")
    with refused("InvalidArgument"):
        s3.list_objects_v2(Bucket=bucket, EncodingType="rot13")


def test_a_token_belongs_to_its_bucket(s3: Any, bucket: str, fill: Callable[..., None], refused: Refused) -> None:
    fill(["a", "b"])
    s3.create_bucket(Bucket="other")
    token = s3.list_objects_v2(Bucket=bucket, MaxKeys=1)["NextContinuationToken"]
    with refused("InvalidArgument"):
        s3.list_objects_v2(Bucket="other", ContinuationToken=token)


def test_owners_are_told_when_asked_for(s3: Any, bucket: str, fill: Callable[..., None]) -> None:
    fill(["a"])
    owner = s3.list_buckets()["Owner"]
    assert "Owner" not in s3.list_objects_v2(Bucket=bucket)["Contents"][0]
    assert s3.list_objects_v2(Bucket=bucket, FetchOwner=True)["Contents"][0]["Owner"] == owner
    assert s3.list_objects(Bucket=bucket)["Contents"][0]["Owner"] == owner


def test_the_older_listing_pages_by_marker(s3: Any, bucket: str, fill: Callable[..., None]) -> None:
    fill(["a/1", "a/2", "b", "c/1", "d"])
    pages = list(s3.get_paginator("list_objects").paginate(Bucket=bucket, PaginationConfig={"PageSize": 2}))
    assert [keys_of(page) for page in pages] == [["a/1", "a/2"], ["b", "c/1"], ["d"]]
    assert all("NextMarker" not in page for page in pages)
    folded = list(
        s3.get_paginator("list_objects").paginate(Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": 1})
    )
    assert [keys_of(page) + prefixes_of(page) for page in folded] == [["a/"], ["b"], ["c/"], ["d"]]
    assert [page.get("NextMarker") for page in folded] == ["a/", "b", "c/", None]


def test_what_lies_under_a_prefix_is_skipped_and_not_walked(
    cloud: TestCloud, s3: Any, bucket: str, fill: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill([f"{folder}/{number:05}" for folder in "abc" for number in range(5_000)])
    decoded = 0
    decode = objects._decode

    def counting(value: bytes) -> Object:
        nonlocal decoded
        decoded += 1
        return decode(value)

    monkeypatch.setattr(objects, "_decode", counting)
    assert prefixes_of(s3.list_objects_v2(Bucket=bucket, Delimiter="/")) == ["a/", "b/", "c/"]
    assert decoded < 100


def test_a_page_reads_no_more_than_it_shows(
    cloud: TestCloud, s3: Any, bucket: str, fill: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill([f"{number:05}" for number in range(10_000)])
    decoded = 0
    decode = objects._decode

    def counting(value: bytes) -> Object:
        nonlocal decoded
        decoded += 1
        return decode(value)

    monkeypatch.setattr(objects, "_decode", counting)
    s3.list_objects_v2(Bucket=bucket, StartAfter="05000")
    assert decoded == 1_001
