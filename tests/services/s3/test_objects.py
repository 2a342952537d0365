"""Objects: bytes and what is said of them go in and come back."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from skyglobe.kernel.wire import Request
from skyglobe.testing import TestCloud

Refused = Callable[..., Any]


@pytest.mark.spec("S3OBJ-002")
@pytest.mark.parametrize("size", [0, 1, 1024, 131_072, 131_073, 3_000_000])
def test_any_bytes_come_back_as_they_went_in(s3: Any, bucket: str, size: int) -> None:
    body = os.urandom(size)
    s3.put_object(Bucket=bucket, Key="apple", Body=body)
    answer = s3.get_object(Bucket=bucket, Key="apple")
    assert answer["ContentLength"] == size
    assert answer["Body"].read() == body
    assert s3.head_object(Bucket=bucket, Key="apple")["ContentLength"] == size


@pytest.mark.spec("S3OBJ-016")
@pytest.mark.parametrize("size", [10, 500_000])
def test_the_etag_of_a_whole_put_is_its_md5(s3: Any, bucket: str, size: int) -> None:
    body = os.urandom(size)
    etag = f'"{hashlib.md5(body).hexdigest()}"'
    assert s3.put_object(Bucket=bucket, Key="apple", Body=body)["ETag"] == etag
    assert s3.head_object(Bucket=bucket, Key="apple")["ETag"] == etag


def test_the_etag_of_parts_is_the_md5_of_their_md5s(s3: Any, bucket: str, upload: Callable[..., Any]) -> None:
    first, second = os.urandom(5 * 1024 * 1024), b"end"
    digests = hashlib.md5(first).digest() + hashlib.md5(second).digest()
    assert upload("pear", first, second)["ETag"] == f'"{hashlib.md5(digests).hexdigest()}-2"'


@pytest.mark.spec("S3OBJ-005")
def test_user_metadata_is_kept_with_names_in_lower_case(s3: Any, bucket: str, refused: Refused) -> None:
    s3.put_object(Bucket=bucket, Key="apple", Body=b"", Metadata={"Colour": "red", "sort": "Gala"})
    assert s3.head_object(Bucket=bucket, Key="apple")["Metadata"] == {"colour": "red", "sort": "Gala"}
    s3.put_object(Bucket=bucket, Key="full", Body=b"", Metadata={"a": "x" * 2047})
    with refused("MetadataTooLarge") as answer:
        s3.put_object(Bucket=bucket, Key="fuller", Body=b"", Metadata={"a": "x" * 2048})
    assert answer["Error"]["MaxSizeAllowed"] == "2048"


@pytest.mark.spec("S3OBJ-026")
def test_entity_headers_are_kept_with_the_object(s3: Any, bucket: str) -> None:
    headers = {
        "ContentType": "text/plain; charset=utf-8",
        "CacheControl": "max-age=60",
        "ContentEncoding": "gzip",
        "ContentDisposition": 'attachment; filename="a.txt"',
        "ContentLanguage": "de",
    }
    expires = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    s3.put_object(Bucket=bucket, Key="apple", Body=b"x", Expires=expires, **headers)
    for answer in (s3.head_object(Bucket=bucket, Key="apple"), s3.get_object(Bucket=bucket, Key="apple")):
        assert {name: answer[name] for name in headers} == headers
        assert answer["ExpiresString"] == "Wed, 02 Jan 2030 03:04:05 GMT"
    s3.put_object(Bucket=bucket, Key="plain", Body=b"x")
    assert s3.head_object(Bucket=bucket, Key="plain")["ContentType"] == "binary/octet-stream"


@pytest.mark.spec("S3OBJ-008")
def test_reads_see_the_latest_write(s3: Any, bucket: str) -> None:
    for number in range(5):
        body = str(number).encode() * (100_000 * number + 1)
        s3.put_object(Bucket=bucket, Key="apple", Body=body)
        assert s3.get_object(Bucket=bucket, Key="apple")["Body"].read() == body
        (listed,) = s3.list_objects_v2(Bucket=bucket)["Contents"]
        assert listed["Size"] == len(body)
        assert listed["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    s3.delete_object(Bucket=bucket, Key="apple")
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


@pytest.mark.spec("S3OBJ-022")
def test_deleting_what_is_not_there_succeeds(s3: Any, bucket: str) -> None:
    for _ in range(2):
        assert s3.delete_object(Bucket=bucket, Key="apple")["ResponseMetadata"]["HTTPStatusCode"] == 204


def test_a_missing_key_is_named_in_the_error(s3: Any, bucket: str, refused: Refused) -> None:
    with refused("NoSuchKey", 404) as answer:
        s3.get_object(Bucket=bucket, Key="nothing")
    assert answer["Error"]["Key"] == "nothing"
    assert answer["ResponseMetadata"]["HostId"]
    with refused("404", 404):
        s3.head_object(Bucket=bucket, Key="nothing")
    with refused("NoSuchBucket", 404) as answer:
        s3.put_object(Bucket="nowhere", Key="apple", Body=b"x" * 500_000)
    assert answer["Error"]["BucketName"] == "nowhere"


class Endless:
    """A body of which only the length matters: reading it is a failure."""

    def __init__(self, length: int) -> None:
        self.length: int | None = length

    async def read(self) -> bytes:
        raise AssertionError("the body was read before its length was checked")


@pytest.mark.spec("S3OBJ-004")
def test_one_put_carries_at_most_five_gigabytes(cloud: TestCloud, s3: Any, bucket: str) -> None:
    most = 5 * 1024**3
    url = urlsplit(s3.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "apple"}))
    headers = {"host": url.netloc, "content-length": str(most + 1)}
    answer = cloud.send(Request("PUT", url.path, url.query, headers, stream=Endless(most + 1)))
    assert answer.status == 400
    assert b"<Code>EntityTooLarge</Code>" in answer.body  # type: ignore[operator]
    assert f"<ProposedSize>{most + 1}</ProposedSize><MaxSizeAllowed>{most}</MaxSizeAllowed>".encode() in answer.body  # type: ignore[operator]


def test_overwritten_and_deleted_bytes_leave_nothing_behind(
    cloud: TestCloud, s3: Any, bucket: str, blobs: Callable[[], list[str]]
) -> None:
    for _ in range(3):
        s3.put_object(Bucket=bucket, Key="apple", Body=os.urandom(200_000))
    assert len(blobs()) == 1
    s3.put_object(Bucket=bucket, Key="apple", Body=b"small")
    assert blobs() == []
    s3.delete_object(Bucket=bucket, Key="apple")
    assert cloud.run(cloud.kernel.transact(_chunks, "000000000000", "us-east-1")) == 0


def _chunks(scope: Any) -> int:
    from skyglobe.services.s3.records import chunks

    return sum(1 for _ in chunks.scan(scope))


@pytest.mark.parametrize("storage_class", ["STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"])
def test_the_storage_class_is_told(s3: Any, bucket: str, storage_class: str) -> None:
    s3.put_object(Bucket=bucket, Key="apple", Body=b"x", StorageClass=storage_class)
    assert s3.head_object(Bucket=bucket, Key="apple")["StorageClass"] == storage_class
    assert s3.list_objects_v2(Bucket=bucket)["Contents"][0]["StorageClass"] == storage_class
    assert s3.get_object(Bucket=bucket, Key="apple")["Body"].read() == b"x"


def test_the_standard_class_is_not_told_on_reads(s3: Any, bucket: str, refused: Refused) -> None:
    s3.put_object(Bucket=bucket, Key="apple", Body=b"x")
    assert "StorageClass" not in s3.head_object(Bucket=bucket, Key="apple")
    with refused("InvalidStorageClass"):
        s3.put_object(Bucket=bucket, Key="apple", Body=b"x", StorageClass="TIN_CAN")


def test_archived_objects_cannot_be_read(s3: Any, bucket: str, refused: Refused) -> None:
    s3.put_object(Bucket=bucket, Key="apple", Body=b"x", StorageClass="GLACIER")
    with refused("InvalidObjectState", 403) as answer:
        s3.get_object(Bucket=bucket, Key="apple")
    assert answer["Error"]["StorageClass"] == "GLACIER"
    with refused("ObjectNotInActiveTierError", 403):
        s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/apple")


def test_version_ids_of_a_bucket_without_versions(s3: Any, bucket: str, refused: Refused) -> None:
    s3.put_object(Bucket=bucket, Key="apple", Body=b"x")
    assert s3.get_object(Bucket=bucket, Key="apple", VersionId="null")["Body"].read() == b"x"
    with refused("InvalidArgument"):
        s3.get_object(Bucket=bucket, Key="apple", VersionId="abc")
    with refused("NoSuchVersion", 404):
        s3.get_object(Bucket=bucket, Key="apple", VersionId="A" * 32)


@pytest.mark.parametrize(
    ("options", "code", "status"),
    [
        ({"ServerSideEncryption": "rot13"}, "InvalidArgument", 400),
        ({"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "key"}, "KMS.NotFoundException", 400),
        ({"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}, "AccessDenied", 403),
        ({"ACL": "public-read"}, "AccessControlListNotSupported", 400),
        ({"GrantRead": 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'}, "AccessControlListNotSupported", 400),
        ({"ObjectLockLegalHoldStatus": "ON"}, "InvalidRequest", 400),
        ({"WebsiteRedirectLocation": "ftp://elsewhere"}, "InvalidRedirectLocation", 400),
    ],
)
def test_what_a_bucket_cannot_do_is_refused_and_nothing_is_stored(
    s3: Any, bucket: str, refused: Refused, options: dict[str, Any], code: str, status: int
) -> None:
    with refused(code, status):
        s3.put_object(Bucket=bucket, Key="apple", Body=b"x", **options)
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_a_redirect_location_is_kept(s3: Any, bucket: str) -> None:
    s3.put_object(
        Bucket=bucket, Key="apple", Body=b"x", ACL="bucket-owner-full-control", WebsiteRedirectLocation="/pear"
    )
    assert s3.head_object(Bucket=bucket, Key="apple")["WebsiteRedirectLocation"] == "/pear"


def test_a_repeated_put_yields_one_object(s3: Any, bucket: str) -> None:
    etags = {s3.put_object(Bucket=bucket, Key="apple", Body=b"red")["ETag"] for _ in range(3)}
    assert len(etags) == 1
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1
