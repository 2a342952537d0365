"""Checksums: chosen, checked, stored and told."""

from __future__ import annotations

import hashlib
import os
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from botocore.config import Config as ClientConfig
from botocore.httpchecksum import _CHECKSUM_CLS  # botocore's own implementations, to compare with

from skyglobe.testing import TestCloud

Refused = Callable[..., Any]
MIB = 1024 * 1024
ALGORITHMS = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", "SHA512", "XXHASH64", "XXHASH3", "XXHASH128"]


def b64(digest: bytes) -> str:
    return b64encode(digest).decode()


def checksum(algorithm: str, data: bytes) -> str:
    made = _CHECKSUM_CLS[algorithm.lower()]()
    made.update(data)
    return b64(made.digest())


@pytest.fixture
def silent(cloud: TestCloud) -> Any:
    """A client that sends no checksum of its own accord."""
    options = ClientConfig(
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        retries={"total_max_attempts": 1},
    )
    return cloud.client("s3", config=options)


@pytest.mark.spec("S3OBJ-017", "S3OBJ-019")
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("size", [100, 400_000])
def test_every_algorithm_is_checked_stored_and_told(
    s3: Any, bucket: str, refused: Refused, algorithm: str, size: int
) -> None:
    body = os.urandom(size)
    expected, member = checksum(algorithm, body), f"Checksum{algorithm}"
    answer = s3.put_object(Bucket=bucket, Key="apple", Body=body, ChecksumAlgorithm=algorithm)
    assert (answer[member], answer["ChecksumType"]) == (expected, "FULL_OBJECT")
    assert s3.head_object(Bucket=bucket, Key="apple", ChecksumMode="ENABLED")[member] == expected
    assert member not in s3.head_object(Bucket=bucket, Key="apple")
    assert s3.get_object(Bucket=bucket, Key="apple", ChecksumMode="ENABLED")["Body"].read() == body
    told = s3.get_object_attributes(Bucket=bucket, Key="apple", ObjectAttributes=["Checksum"])["Checksum"]
    assert told == {member: expected, "ChecksumType": "FULL_OBJECT"}
    with refused("BadDigest") as failure:
        s3.put_object(Bucket=bucket, Key="apple", Body=body + b"!", **{member: expected})
    assert algorithm in failure["Error"]["Message"]
    assert s3.head_object(Bucket=bucket, Key="apple", ChecksumMode="ENABLED")[member] == expected


@pytest.mark.spec("S3OBJ-017")
def test_md5_is_one_of_the_algorithms(silent: Any, bucket: str, refused: Refused) -> None:
    right = b64(hashlib.md5(b"red").digest())
    answer = silent.put_object(Bucket=bucket, Key="apple", Body=b"red", ChecksumMD5=right)
    assert answer["ChecksumMD5"] == right
    assert silent.head_object(Bucket=bucket, Key="apple", ChecksumMode="ENABLED")["ChecksumMD5"] == right
    with refused("BadDigest"):
        silent.put_object(Bucket=bucket, Key="apple", Body=b"green", ChecksumMD5=right)


@pytest.mark.spec("S3OBJ-017")
def test_without_a_checksum_crc64nvme_is_computed(silent: Any, bucket: str) -> None:
    for size in (100, 400_000):
        body = os.urandom(size)
        answer = silent.put_object(Bucket=bucket, Key="apple", Body=body)
        assert answer["ChecksumCRC64NVME"] == checksum("CRC64NVME", body)
        head = silent.head_object(Bucket=bucket, Key="apple", ChecksumMode="ENABLED")
        assert (head["ChecksumCRC64NVME"], head["ChecksumType"]) == (answer["ChecksumCRC64NVME"], "FULL_OBJECT")


@pytest.mark.spec("S3OBJ-017")
def test_content_md5_is_held_to(silent: Any, bucket: str, refused: Refused) -> None:
    right, wrong = b64(hashlib.md5(b"red").digest()), b64(hashlib.md5(b"green").digest())
    silent.put_object(Bucket=bucket, Key="apple", Body=b"red", ContentMD5=right)
    with refused("BadDigest"):
        silent.put_object(Bucket=bucket, Key="apple", Body=b"red", ContentMD5=wrong)
    for text in ("not base64!", b64(b"short")):
        with refused("InvalidDigest"):
            silent.put_object(Bucket=bucket, Key="apple", Body=b"red", ContentMD5=text)


def test_checksum_headers_that_make_no_sense_are_refused(silent: Any, bucket: str, refused: Refused) -> None:
    right = checksum("SHA256", b"red")
    with refused("InvalidRequest") as answer:
        silent.put_object(Bucket=bucket, Key="apple", Body=b"red", ChecksumSHA256="AAAA")
    assert "x-amz-checksum-sha256" in answer["Error"]["Message"]
    with refused("InvalidRequest") as answer:
        sha1 = checksum("SHA1", b"red")
        silent.put_object(Bucket=bucket, Key="apple", Body=b"red", ChecksumSHA256=right, ChecksumSHA1=sha1)
    assert "Multiple checksum" in answer["Error"]["Message"]


def test_a_range_comes_without_the_checksum_of_the_whole(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="apple", Body=b"red apple", ChecksumAlgorithm="SHA256")
    answer = s3.get_object(Bucket=bucket, Key="apple", Range="bytes=0-2", ChecksumMode="ENABLED")
    assert "ChecksumSHA256" not in answer
    assert answer["Body"].read() == b"red"


@pytest.mark.spec("S3PRF-020")
@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "SHA1", "SHA256"])
def test_a_composite_checksum_is_that_of_the_parts_checksums(
    s3: Any, bucket: str, upload: Callable[..., Any], algorithm: str
) -> None:
    parts = [os.urandom(5 * MIB), b"end"]
    answer = upload("pear", *parts, ChecksumAlgorithm=algorithm)
    member = f"Checksum{algorithm}"
    digests = b"".join(_digest(algorithm, part) for part in parts)
    assert answer[member] == f"{b64(_digest(algorithm, digests))}-2"
    assert answer["ChecksumType"] == "COMPOSITE"
    head = s3.head_object(Bucket=bucket, Key="pear", ChecksumMode="ENABLED")
    assert (head[member], head["ChecksumType"]) == (answer[member], "COMPOSITE")
    second = s3.get_object(Bucket=bucket, Key="pear", PartNumber=2, ChecksumMode="ENABLED")
    assert second[member] == checksum(algorithm, b"end")
    assert second["Body"].read() == b"end"


def _digest(algorithm: str, data: bytes) -> bytes:
    made = _CHECKSUM_CLS[algorithm.lower()]()
    made.update(data)
    digest: bytes = made.digest()
    return digest


@pytest.mark.spec("S3PRF-020")
@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME"])
def test_a_full_object_checksum_is_that_of_all_bytes(s3: Any, bucket: str, refused: Refused, algorithm: str) -> None:
    parts = [os.urandom(5 * MIB), os.urandom(5 * MIB), b"end"]
    member, whole = f"Checksum{algorithm}", checksum(algorithm, b"".join(parts))
    begun = s3.create_multipart_upload(
        Bucket=bucket, Key="pear", ChecksumAlgorithm=algorithm, ChecksumType="FULL_OBJECT"
    )
    assert (begun["ChecksumAlgorithm"], begun["ChecksumType"]) == (algorithm, "FULL_OBJECT")
    named = {"Bucket": bucket, "Key": "pear", "UploadId": begun["UploadId"]}
    listed = []
    for number, part in enumerate(parts, 1):
        sent = s3.upload_part(**named, PartNumber=number, Body=part, ChecksumAlgorithm=algorithm)
        listed.append({"PartNumber": number, "ETag": sent["ETag"]})
    completion = {**named, "MultipartUpload": {"Parts": listed}, "ChecksumType": "FULL_OBJECT"}
    with refused("BadDigest"):
        s3.complete_multipart_upload(**completion, **{member: checksum(algorithm, b"other")})
    with refused("InvalidRequest"):
        s3.complete_multipart_upload(**completion, MpuObjectSize=1)
    with refused("InvalidRequest"):
        s3.complete_multipart_upload(**{**completion, "ChecksumType": "COMPOSITE"})
    size = 10 * MIB + 3
    answer = s3.complete_multipart_upload(**completion, **{member: whole}, MpuObjectSize=size)
    assert (answer[member], answer["ChecksumType"]) == (whole, "FULL_OBJECT")
    read = s3.get_object(Bucket=bucket, Key="pear", ChecksumMode="ENABLED")
    assert read["Body"].read() == b"".join(parts)  # boto3 checks it against the header


def test_an_upload_without_algorithm_gets_crc64nvme(s3: Any, bucket: str, upload: Callable[..., Any]) -> None:
    parts = [os.urandom(5 * MIB), b"end"]
    answer = upload("pear", *parts)
    assert answer["ChecksumCRC64NVME"] == checksum("CRC64NVME", b"".join(parts))
    assert answer["ChecksumType"] == "FULL_OBJECT"


def test_parts_must_come_with_their_uploads_checksum(s3: Any, silent: Any, bucket: str, refused: Refused) -> None:
    begun = s3.create_multipart_upload(Bucket=bucket, Key="pear", ChecksumAlgorithm="SHA256")
    named = {"Bucket": bucket, "Key": "pear", "UploadId": begun["UploadId"]}
    with refused("InvalidRequest") as answer:
        s3.upload_part(**named, PartNumber=1, Body=b"x", ChecksumAlgorithm="CRC32")
    assert "expected checksum Type: sha256, actual checksum Type: crc32" in answer["Error"]["Message"]
    with refused("InvalidRequest") as answer:
        silent.upload_part(**named, PartNumber=1, Body=b"x")
    assert "actual checksum Type: null" in answer["Error"]["Message"]
    part = s3.upload_part(**named, PartNumber=1, Body=b"x", ChecksumAlgorithm="SHA256")
    listed = {"PartNumber": 1, "ETag": part["ETag"]}
    with refused("InvalidRequest") as answer:
        s3.complete_multipart_upload(**named, MultipartUpload={"Parts": [listed]})
    assert "missing for part 1" in answer["Error"]["Message"]
    with refused("InvalidPart"):
        wrong = {**listed, "ChecksumSHA256": checksum("SHA256", b"y")}
        s3.complete_multipart_upload(**named, MultipartUpload={"Parts": [wrong]})
    right = {**listed, "ChecksumSHA256": part["ChecksumSHA256"]}
    s3.complete_multipart_upload(**named, MultipartUpload={"Parts": [right]})


@pytest.mark.parametrize(("algorithm", "kind"), [("SHA256", "FULL_OBJECT"), ("CRC64NVME", "COMPOSITE")])
def test_algorithms_that_cannot_be_combined_so_are_refused(
    s3: Any, bucket: str, refused: Refused, algorithm: str, kind: str
) -> None:
    with refused("InvalidRequest"):
        s3.create_multipart_upload(Bucket=bucket, Key="pear", ChecksumAlgorithm=algorithm, ChecksumType=kind)


@pytest.mark.spec("S3OBJ-019")
def test_attributes_tell_of_parts_with_checksums(s3: Any, bucket: str, upload: Callable[..., Any]) -> None:
    answer = upload("pear", os.urandom(5 * MIB), b"end", ChecksumAlgorithm="SHA256")
    asked = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]
    told = s3.get_object_attributes(Bucket=bucket, Key="pear", ObjectAttributes=asked)
    assert told["ETag"] == answer["ETag"].strip('"')
    assert told["Checksum"] == {"ChecksumSHA256": answer["ChecksumSHA256"], "ChecksumType": "COMPOSITE"}
    assert (told["StorageClass"], told["ObjectSize"]) == ("STANDARD", 5 * MIB + 3)
    parts = told["ObjectParts"]
    assert (parts["TotalPartsCount"], parts["IsTruncated"]) == (2, False)
    assert parts["Parts"][1] == {"PartNumber": 2, "Size": 3, "ChecksumSHA256": checksum("SHA256", b"end")}
    page = s3.get_object_attributes(Bucket=bucket, Key="pear", ObjectAttributes=["ObjectParts"], MaxParts=1)
    assert page["ObjectParts"]["IsTruncated"]
    assert page["ObjectParts"]["NextPartNumberMarker"] == 1


def test_unknown_attributes_are_refused(s3: Any, bucket: str, refused: Refused) -> None:
    s3.put_object(Bucket=bucket, Key="apple", Body=b"x")
    with refused("InvalidArgument"):
        s3.get_object_attributes(Bucket=bucket, Key="apple", ObjectAttributes=["Taste"])
