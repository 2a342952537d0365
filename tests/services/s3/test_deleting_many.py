"""DeleteObjects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Refused = Callable[..., Any]


@pytest.mark.spec("S3OBJ-021")
def test_many_keys_are_deleted_at_once(s3: Any, bucket: str) -> None:
    for key in ("a", "b", "c"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    named = [{"Key": key} for key in ("a", "b", "missing")]
    assert s3.delete_objects(Bucket=bucket, Delete={"Objects": named})["Deleted"] == named
    assert [found["Key"] for found in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["c"]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "c"}], "Quiet": True})
    assert "Deleted" not in answer
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


@pytest.mark.spec("S3OBJ-021")
def test_at_most_a_thousand_keys_and_at_least_one(s3: Any, bucket: str, refused: Refused) -> None:
    keys = [{"Key": f"{'k' * 1000}{number}"} for number in range(1_001)]
    assert len(s3.delete_objects(Bucket=bucket, Delete={"Objects": keys[:1000]})["Deleted"]) == 1000
    for wrong in (keys, []):
        with refused("MalformedXML"):
            s3.delete_objects(Bucket=bucket, Delete={"Objects": wrong})


@pytest.mark.spec("S3OBJ-021")
def test_each_key_fails_for_itself(s3: Any, bucket: str) -> None:
    etag = s3.put_object(Bucket=bucket, Key="a", Body=b"x")["ETag"]
    s3.put_object(Bucket=bucket, Key="b", Body=b"y")
    named = [
        {"Key": "a", "ETag": etag},
        {"Key": "b", "ETag": etag},
        {"Key": "k" * 1025},
        {"Key": "b", "VersionId": "A" * 32},
    ]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": named})
    assert answer["Deleted"] == [{"Key": "a"}]
    assert [failed["Code"] for failed in answer["Errors"]] == ["PreconditionFailed", "KeyTooLongError", "NoSuchVersion"]


def test_the_list_must_arrive_as_it_was_sent(s3: Any, bucket: str, refused: Refused) -> None:
    s3.put_object(Bucket=bucket, Key="a", Body=b"x")

    def spoil(request: Any, **_: Any) -> None:
        request.headers["x-amz-checksum-crc32"] = "AAAAAA=="

    def strip(request: Any, **_: Any) -> None:
        del request.headers["x-amz-checksum-crc32"]
        del request.headers["x-amz-sdk-checksum-algorithm"]

    for change, code in ((spoil, "BadDigest"), (strip, "InvalidRequest")):
        s3.meta.events.register("before-sign.s3.DeleteObjects", change, unique_id="change")
        with refused(code):
            s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "a"}]})
        s3.meta.events.unregister("before-sign.s3.DeleteObjects", unique_id="change")
    assert s3.head_object(Bucket=bucket, Key="a")["ContentLength"] == 1
