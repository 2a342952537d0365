"""Copies made by the server."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from typing import Any

import pytest

Refused = Callable[..., Any]
MIB = 1024 * 1024


@pytest.mark.spec("S3OBJ-020")
@pytest.mark.parametrize("size", [100, 400_000])
def test_a_copy_keeps_or_replaces_what_is_said_of_its_source(s3: Any, bucket: str, size: int) -> None:
    body = os.urandom(size)
    s3.put_object(
        Bucket=bucket, Key="apple", Body=body, Metadata={"sort": "Gala"}, ContentType="a/b", Tagging="colour=red"
    )
    s3.copy_object(Bucket=bucket, Key="same", CopySource={"Bucket": bucket, "Key": "apple"})
    same = s3.get_object(Bucket=bucket, Key="same")
    assert (same["Metadata"], same["ContentType"], same["TagCount"]) == ({"sort": "Gala"}, "a/b", 1)
    assert same["Body"].read() == body
    s3.copy_object(
        Bucket=bucket,
        Key="other",
        CopySource={"Bucket": bucket, "Key": "apple"},
        MetadataDirective="REPLACE",
        Metadata={"sort": "Fuji"},
        TaggingDirective="REPLACE",
        Tagging="colour=green&ripe=yes",
    )
    other = s3.head_object(Bucket=bucket, Key="other")
    assert (other["Metadata"], other["ContentType"]) == ({"sort": "Fuji"}, "binary/octet-stream")
    tags = {tag["Key"]: tag["Value"] for tag in s3.get_object_tagging(Bucket=bucket, Key="other")["TagSet"]}
    assert tags == {"colour": "green", "ripe": "yes"}


@pytest.mark.spec("S3OBJ-020")
def test_a_copy_onto_itself_must_change_something(s3: Any, bucket: str, refused: Refused) -> None:
    body = os.urandom(400_000)
    s3.put_object(Bucket=bucket, Key="apple", Body=body, Metadata={"sort": "Gala"})
    source = f"{bucket}/apple"
    with refused("InvalidRequest"):
        s3.copy_object(Bucket=bucket, Key="apple", CopySource=source)
    s3.copy_object(Bucket=bucket, Key="apple", CopySource=source, StorageClass="STANDARD_IA")
    s3.copy_object(
        Bucket=bucket, Key="apple", CopySource=source, MetadataDirective="REPLACE", Metadata={"sort": "Fuji"}
    )
    answer = s3.get_object(Bucket=bucket, Key="apple")
    assert answer["Metadata"] == {"sort": "Fuji"}
    assert answer["Body"].read() == body


@pytest.mark.spec("S3OBJ-020")
def test_conditions_on_the_source_are_held_to(s3: Any, bucket: str, refused: Refused) -> None:
    etag = s3.put_object(Bucket=bucket, Key="apple", Body=b"red")["ETag"]
    modified = s3.head_object(Bucket=bucket, Key="apple")["LastModified"]
    source = f"{bucket}/apple"
    for options in (
        {"CopySourceIfMatch": '"other"'},
        {"CopySourceIfNoneMatch": etag},
        {"CopySourceIfModifiedSince": modified},
    ):
        with refused("PreconditionFailed", 412) as answer:
            s3.copy_object(Bucket=bucket, Key="copy", CopySource=source, **options)
        assert answer["Error"]["Condition"].startswith("x-amz-copy-source-If-")
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=source, CopySourceIfMatch=etag)


def test_a_copy_of_parts_is_whole(s3: Any, bucket: str, upload: Callable[..., Any]) -> None:
    bodies = [os.urandom(5 * MIB), b"end"]
    upload("pear", *bodies, ChecksumAlgorithm="SHA256")
    answer = s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/pear")["CopyObjectResult"]
    whole = b"".join(bodies)
    assert answer["ETag"] == f'"{hashlib.md5(whole).hexdigest()}"'
    assert answer["ChecksumType"] == "FULL_OBJECT"
    s3.delete_object(Bucket=bucket, Key="pear")
    assert s3.get_object(Bucket=bucket, Key="copy", ChecksumMode="ENABLED")["Body"].read() == whole


def test_a_copy_gets_the_checksum_it_asks_for(s3: Any, bucket: str) -> None:
    body = os.urandom(400_000)
    s3.put_object(Bucket=bucket, Key="apple", Body=body)
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/apple", ChecksumAlgorithm="SHA1")
    head = s3.head_object(Bucket=bucket, Key="copy", ChecksumMode="ENABLED")
    import base64

    assert head["ChecksumSHA1"] == base64.b64encode(hashlib.sha1(body).digest()).decode()


def test_copies_share_their_bytes_and_outlive_their_source(
    s3: Any, bucket: str, blobs: Callable[[], list[str]]
) -> None:
    body = os.urandom(400_000)
    s3.put_object(Bucket=bucket, Key="apple", Body=body)
    for number in range(3):
        s3.copy_object(Bucket=bucket, Key=f"copy-{number}", CopySource=f"{bucket}/apple")
    assert len(blobs()) == 1
    for key in ("apple", "copy-0", "copy-1"):
        s3.delete_object(Bucket=bucket, Key=key)
    assert s3.get_object(Bucket=bucket, Key="copy-2")["Body"].read() == body
    s3.delete_object(Bucket=bucket, Key="copy-2")
    assert blobs() == []


def test_bad_sources_are_refused(s3: Any, bucket: str, refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    s3.put_object(Bucket=bucket, Key="apple", Body=b"red apple")
    for source in (bucket, f"{bucket}/", "/"):
        with refused("InvalidArgument"):
            s3.copy_object(Bucket=bucket, Key="copy", CopySource=source)
    with refused("NoSuchKey", 404):
        s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/nothing")
    with refused("NoSuchBucket", 404):
        s3.copy_object(Bucket=bucket, Key="copy", CopySource="nowhere/apple")
    with refused("InvalidArgument"):
        s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/apple", MetadataDirective="MAYBE")
    monkeypatch.setattr("skyglobe.services.s3.operations.copying.MAX_COPY_BYTES", 8)
    with refused("InvalidRequest"):
        s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/apple")
