"""Multipart uploads from beginning to end."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from boto3.s3.transfer import TransferConfig

from skyglobe.services.s3.operations import completing
from skyglobe.services.s3.rules import parts

Refused = Callable[..., Any]
MIB = 1024 * 1024


@pytest.fixture
def begun(s3: Any, bucket: str) -> dict[str, str]:
    """The names of an upload in progress."""
    answer = s3.create_multipart_upload(Bucket=bucket, Key="pear", Metadata={"sort": "Conference"}, ContentType="a/b")
    return {"Bucket": bucket, "Key": "pear", "UploadId": answer["UploadId"]}


@pytest.mark.spec("S3PRF-010")
def test_parts_come_in_any_order_and_go_by_number(s3: Any, begun: dict[str, str]) -> None:
    bodies = {1: os.urandom(5 * MIB), 2: os.urandom(5 * MIB), 3: b"end"}

    def send(number: int) -> dict[str, Any]:
        return {
            "PartNumber": number,
            "ETag": s3.upload_part(**begun, PartNumber=number, Body=bodies[number])["ETag"],
        }

    with ThreadPoolExecutor(3) as pool:
        listed = sorted(pool.map(send, (3, 1, 2)), key=lambda part: part["PartNumber"])
    s3.complete_multipart_upload(**begun, MultipartUpload={"Parts": listed})
    answer = s3.get_object(Bucket=begun["Bucket"], Key="pear")
    assert answer["Body"].read() == b"".join(bodies.values())
    assert answer["Metadata"] == {"sort": "Conference"}
    assert answer["ContentType"] == "a/b"


@pytest.mark.spec("S3PRF-014")
def test_part_rules_are_enforced_at_completion(s3: Any, begun: dict[str, str], refused: Refused) -> None:
    small = {"PartNumber": 1, "ETag": s3.upload_part(**begun, PartNumber=1, Body=b"small")["ETag"]}
    last = {"PartNumber": 2, "ETag": s3.upload_part(**begun, PartNumber=2, Body=b"last")["ETag"]}

    def complete(*listed: dict[str, Any]) -> None:
        s3.complete_multipart_upload(**begun, MultipartUpload={"Parts": list(listed)})

    with refused("EntityTooSmall") as answer:
        complete(small, last)
    assert answer["Error"]["PartNumber"] == "1"
    assert answer["Error"]["MinSizeAllowed"] == str(5 * MIB)
    with refused("InvalidPart"):
        complete(small, {**last, "PartNumber": 3})
    with refused("InvalidPart"):
        complete({**last, "ETag": small["ETag"]})
    with refused("InvalidPartOrder"):
        complete(last, small)
    with refused("InvalidPartOrder"):
        complete(small, small)
    with refused("MalformedXML"):
        complete()
    complete(last)


@pytest.mark.spec("S3OBJ-003")
def test_an_object_beyond_the_largest_is_refused_and_its_parts_are_kept(
    s3: Any, begun: dict[str, str], refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = {1: 5 * MIB, 2: 10}
    listed = [
        {"PartNumber": number, "ETag": s3.upload_part(**begun, PartNumber=number, Body=bytes(size))["ETag"]}
        for number, size in sizes.items()
    ]
    with monkeypatch.context() as smaller:
        for module in (parts, completing):
            smaller.setattr(module, "MAX_OBJECT_BYTES", 5 * MIB + 9)
        with refused("EntityTooLarge") as answer:
            s3.complete_multipart_upload(**begun, MultipartUpload={"Parts": listed})
    assert (answer["Error"]["ProposedSize"], answer["Error"]["MaxSizeAllowed"]) == ("5242890", "5242889")
    s3.complete_multipart_upload(**begun, MultipartUpload={"Parts": listed})


@pytest.mark.spec("S3PRF-015")
def test_part_numbers_run_to_ten_thousand_and_replace(s3: Any, begun: dict[str, str], refused: Refused) -> None:
    for number in (0, 10_001):
        with refused("InvalidArgument") as answer:
            s3.upload_part(**begun, PartNumber=number, Body=b"x")
        assert answer["Error"]["ArgumentName"] == "partNumber"
    s3.upload_part(**begun, PartNumber=10_000, Body=b"first")
    etag = s3.upload_part(**begun, PartNumber=10_000, Body=b"second")["ETag"]
    (part,) = s3.list_parts(**begun)["Parts"]
    assert (part["ETag"], part["Size"], part["PartNumber"]) == (etag, 6, 10_000)


@pytest.mark.spec("S3PRF-016")
def test_unknown_and_finished_uploads_are_reported(s3: Any, begun: dict[str, str], refused: Refused) -> None:
    part = s3.upload_part(**begun, PartNumber=1, Body=b"x" * 300_000)
    listed = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    first = s3.complete_multipart_upload(**begun, MultipartUpload=listed)
    again = s3.complete_multipart_upload(**begun, MultipartUpload=listed)
    assert {name: first[name] for name in first if name != "ResponseMetadata"} == {
        name: again[name] for name in again if name != "ResponseMetadata"
    }
    for use in (
        lambda named: s3.upload_part(**named, PartNumber=2, Body=b"x"),
        lambda named: s3.upload_part(**named, PartNumber=2, Body=b"x" * 300_000),
        lambda named: s3.list_parts(**named),
        lambda named: s3.abort_multipart_upload(**named),
        lambda named: s3.complete_multipart_upload(
            **named, MultipartUpload={"Parts": [{"PartNumber": 2, "ETag": "x"}]}
        ),
    ):
        for named in (begun, {**begun, "UploadId": "made-up"}):
            with refused("NoSuchUpload", 404) as answer:
                use(named)
            assert answer["Error"]["UploadId"] == named["UploadId"]


def test_aborted_and_unlisted_parts_leave_nothing_behind(
    s3: Any, begun: dict[str, str], blobs: Callable[[], list[str]]
) -> None:
    body = b"x" * 300_000
    for number in (1, 2, 3):
        etag = s3.upload_part(**begun, PartNumber=number, Body=body)["ETag"]
    assert len(blobs()) == 3
    s3.complete_multipart_upload(**begun, MultipartUpload={"Parts": [{"PartNumber": 2, "ETag": etag}]})
    assert len(blobs()) == 1
    other = s3.create_multipart_upload(Bucket=begun["Bucket"], Key="plum")
    named = {"Bucket": begun["Bucket"], "Key": "plum", "UploadId": other["UploadId"]}
    s3.upload_part(**named, PartNumber=1, Body=body)
    s3.abort_multipart_upload(**named)
    assert len(blobs()) == 1
    s3.delete_object(Bucket=begun["Bucket"], Key="pear")
    assert blobs() == []


def test_uploads_in_progress_are_listed_but_are_no_objects(s3: Any, bucket: str) -> None:
    keys = ["a/1", "a/2", "b", "b", "c"]
    ids = [s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"] for key in keys]
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
    listed = s3.list_multipart_uploads(Bucket=bucket)["Uploads"]
    assert [(found["Key"], found["UploadId"]) for found in listed] == list(zip(keys, ids, strict=True))
    folded = s3.list_multipart_uploads(Bucket=bucket, Delimiter="/")
    assert [found["Prefix"] for found in folded["CommonPrefixes"]] == ["a/"]
    assert [found["Key"] for found in folded["Uploads"]] == ["b", "b", "c"]
    assert [u["Key"] for u in s3.list_multipart_uploads(Bucket=bucket, Prefix="a/")["Uploads"]] == ["a/1", "a/2"]
    pages = s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, PaginationConfig={"PageSize": 1})
    assert [page["Uploads"][0]["UploadId"] for page in pages] == ids


def test_parts_are_listed_in_pages(s3: Any, begun: dict[str, str]) -> None:
    for number in (5, 1, 3):
        s3.upload_part(**begun, PartNumber=number, Body=bytes(number))
    pages = list(s3.get_paginator("list_parts").paginate(**begun, PaginationConfig={"PageSize": 2}))
    assert [[part["PartNumber"] for part in page["Parts"]] for page in pages] == [[1, 3], [5]]
    assert [page["IsTruncated"] for page in pages] == [True, False]
    assert pages[0]["Owner"]["ID"] == pages[0]["Initiator"]["ID"]


@pytest.mark.spec("S3PRF-018")
def test_parts_are_copied_from_objects(s3: Any, begun: dict[str, str], refused: Refused) -> None:
    bucket, source = begun["Bucket"], os.urandom(6 * MIB)
    s3.put_object(Bucket=bucket, Key="source", Body=source)

    def copy(number: int, asked: str | None) -> dict[str, Any]:
        extra = {"CopySourceRange": asked} if asked else {}
        answer = s3.upload_part_copy(**begun, PartNumber=number, CopySource=f"{bucket}/source", **extra)
        return {"PartNumber": number, "ETag": answer["CopyPartResult"]["ETag"]}

    listed = [copy(1, None), copy(2, f"bytes=10-{5 * MIB + 9}"), copy(3, "bytes=0-99")]
    assert listed[2]["ETag"] == f'"{hashlib.md5(source[:100]).hexdigest()}"'
    with refused("InvalidArgument"):
        copy(4, f"bytes=0-{6 * MIB}")
    with refused("InvalidArgument"):
        copy(4, "bytes=5-2")
    with refused("InvalidArgument"):
        copy(4, "bytes=-5")
    s3.delete_object(Bucket=bucket, Key="source")
    s3.complete_multipart_upload(**begun, MultipartUpload={"Parts": listed})
    whole = source + source[10 : 5 * MIB + 10] + source[:100]
    assert s3.get_object(Bucket=bucket, Key="pear")["Body"].read() == whole


def test_a_part_is_copied_across_the_seams_of_another_upload(
    s3: Any, begun: dict[str, str], upload: Callable[..., Any]
) -> None:
    bodies = [os.urandom(5 * MIB), os.urandom(5 * MIB), b"a small end"]
    upload("source", *bodies)
    start, stop = 5 * MIB - 7, 10 * MIB + 5
    asked = f"bytes={start}-{stop - 1}"
    answer = s3.upload_part_copy(**begun, PartNumber=1, CopySource=f"{begun['Bucket']}/source", CopySourceRange=asked)
    listed = [{"PartNumber": 1, "ETag": answer["CopyPartResult"]["ETag"]}]
    s3.complete_multipart_upload(**begun, MultipartUpload={"Parts": listed})
    s3.delete_object(Bucket=begun["Bucket"], Key="source")
    assert s3.get_object(Bucket=begun["Bucket"], Key="pear")["Body"].read() == b"".join(bodies)[start:stop]


@pytest.mark.spec("S3OBJ-028")
def test_the_transfer_manager_moves_a_hundred_megabytes(s3: Any, bucket: str, tmp_path: Any) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    block = os.urandom(MIB)
    source.write_bytes(b"".join(bytes([number]) + block[1:] for number in range(100)))
    parallel = TransferConfig(multipart_threshold=8 * MIB, multipart_chunksize=8 * MIB, max_concurrency=4)
    s3.upload_file(str(source), bucket, "film", Config=parallel)
    s3.download_file(bucket, "film", str(target), Config=parallel)
    assert hashlib.sha256(target.read_bytes()).digest() == hashlib.sha256(source.read_bytes()).digest()
    assert s3.head_object(Bucket=bucket, Key="film")["ETag"].endswith('-13"')
    s3.get_waiter("object_exists").wait(Bucket=bucket, Key="film")
