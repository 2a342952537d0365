"""Conditional reads and writes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from skyglobe.testing import TestCloud

Refused = Callable[..., Any]


@pytest.fixture
def etag(s3: Any, bucket: str) -> str:
    found: str = s3.put_object(Bucket=bucket, Key="apple", Body=b"red")["ETag"]
    return found


@pytest.mark.spec("S3OBJ-013")
@pytest.mark.parametrize("operation", ["get_object", "head_object"])
def test_reads_honour_etags_and_dates(
    cloud: TestCloud, s3: Any, bucket: str, etag: str, refused: Refused, operation: str
) -> None:
    cloud.turn(60)
    read = getattr(s3, operation)
    failed = "PreconditionFailed" if operation == "get_object" else "412"
    modified = read(Bucket=bucket, Key="apple")["LastModified"]
    second = timedelta(seconds=1)
    with refused("304", 304) as answer:
        read(Bucket=bucket, Key="apple", IfNoneMatch=etag)
    assert answer["ResponseMetadata"]["HTTPHeaders"]["etag"] == etag
    with refused("304", 304):
        read(Bucket=bucket, Key="apple", IfModifiedSince=modified)
    with refused(failed, 412):
        read(Bucket=bucket, Key="apple", IfMatch='"other"')
    with refused(failed, 412):
        read(Bucket=bucket, Key="apple", IfUnmodifiedSince=modified - second)
    read(Bucket=bucket, Key="apple", IfMatch=etag, IfUnmodifiedSince=modified - second)
    read(Bucket=bucket, Key="apple", IfNoneMatch='"other"', IfModifiedSince=modified)
    read(Bucket=bucket, Key="apple", IfModifiedSince=modified - second)
    read(Bucket=bucket, Key="apple", IfUnmodifiedSince=modified)


@pytest.mark.spec("S3OBJ-014")
def test_a_writer_can_ask_that_the_key_be_free(s3: Any, bucket: str, etag: str, refused: Refused) -> None:
    with refused("PreconditionFailed", 412) as answer:
        s3.put_object(Bucket=bucket, Key="apple", Body=b"green", IfNoneMatch="*")
    assert answer["Error"]["Condition"] == "If-None-Match"
    s3.put_object(Bucket=bucket, Key="pear", Body=b"green", IfNoneMatch="*")
    with refused("PreconditionFailed", 412):
        s3.copy_object(Bucket=bucket, Key="apple", CopySource=f"{bucket}/pear", IfNoneMatch="*")
    begun = s3.create_multipart_upload(Bucket=bucket, Key="apple")
    named = {"Bucket": bucket, "Key": "apple", "UploadId": begun["UploadId"]}
    part = s3.upload_part(**named, PartNumber=1, Body=b"yellow")
    listed = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    with refused("PreconditionFailed", 412):
        s3.complete_multipart_upload(**named, MultipartUpload=listed, IfNoneMatch="*")
    assert s3.get_object(Bucket=bucket, Key="apple")["Body"].read() == b"red"
    s3.complete_multipart_upload(**named, MultipartUpload=listed, IfMatch=etag)
    assert s3.get_object(Bucket=bucket, Key="apple")["Body"].read() == b"yellow"


@pytest.mark.spec("S3OBJ-015")
def test_compare_and_swap_succeeds_once(s3: Any, bucket: str, etag: str, refused: Refused) -> None:
    s3.put_object(Bucket=bucket, Key="apple", Body=b"green", IfMatch=etag)
    with refused("PreconditionFailed", 412):
        s3.put_object(Bucket=bucket, Key="apple", Body=b"blue", IfMatch=etag)
    with refused("NoSuchKey", 404):
        s3.put_object(Bucket=bucket, Key="pear", Body=b"blue", IfMatch=etag)
    with refused("PreconditionFailed", 412):
        s3.delete_object(Bucket=bucket, Key="apple", IfMatch=etag)
    with refused("NoSuchKey", 404):
        s3.delete_object(Bucket=bucket, Key="pear", IfMatch=etag)
    current = s3.head_object(Bucket=bucket, Key="apple")["ETag"]
    s3.delete_object(Bucket=bucket, Key="apple", IfMatch=current)
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_an_etag_other_than_a_star_cannot_keep_a_key_free(s3: Any, bucket: str, refused: Refused) -> None:
    with refused("NotImplemented", 501):
        s3.put_object(Bucket=bucket, Key="pear", Body=b"x", IfNoneMatch='"etag"')
