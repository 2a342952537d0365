"""Archives go into vaults at once or in parts, are addressed by id, and come out by jobs."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.utils import calculate_tree_hash

from skyglobe.kernel.config import Config
from skyglobe.testing import TestCloud
from tests.services.glacier.conftest import MIB, ONCE

Refused = Callable[..., Any]


def tree_hash(body: bytes) -> str:
    import io

    return str(calculate_tree_hash(io.BytesIO(body)))


@pytest.mark.spec("GLV-005", "GLV-006")
@pytest.mark.parametrize("size", [1, 1000, 300_000, 3 * MIB + 17])
def test_an_archive_is_fetched_as_it_went_in(glacier: Any, vault: str, fetch: Callable[..., Any], size: int) -> None:
    body = os.urandom(size)
    put = glacier.upload_archive(vaultName=vault, archiveDescription="an iceberg", body=body)
    assert len(put["archiveId"]) == 138
    assert put["checksum"] == tree_hash(body)
    assert put["location"] == f"/000000000000/vaults/ice/archives/{put['archiveId']}"
    answer = fetch(Type="archive-retrieval", ArchiveId=put["archiveId"])
    assert answer["body"].read() == body
    assert answer["checksum"] == put["checksum"]
    assert answer["status"] == 200
    assert answer["archiveDescription"] == "an iceberg"


def test_a_large_archive_streams_through_a_socket(cloud: TestCloud, vault: str, refused: Refused) -> None:
    key = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    wired = boto3.client("glacier", endpoint_url=cloud.listen(), config=ONCE, **key)
    body = os.urandom(3 * MIB + 5)
    put = wired.upload_archive(vaultName=vault, body=body)
    assert put["checksum"] == tree_hash(body)
    begun = wired.initiate_multipart_upload(vaultName=vault, partSize=str(2 * MIB))
    named = {"vaultName": vault, "uploadId": begun["uploadId"]}
    wired.upload_multipart_part(**named, range=f"bytes 0-{2 * MIB - 1}/*", body=body[: 2 * MIB])
    with refused("InvalidParameterValueException"):
        wired.upload_multipart_part(**named, range=f"bytes {2 * MIB}-{3 * MIB - 1}/*", body=body[: 2 * MIB])
    asked = {"Type": "archive-retrieval", "ArchiveId": put["archiveId"]}
    job = wired.initiate_job(vaultName=vault, jobParameters=asked)["jobId"]
    cloud.turn(hours=5)
    assert wired.get_job_output(vaultName=vault, jobId=job)["body"].read() == body
    ranged = wired.get_job_output(vaultName=vault, jobId=job, range="bytes=1048570-1048585")
    assert ranged["body"].read() == body[1048570:1048586]


@pytest.mark.spec("GLV-005")
def test_bytes_that_are_not_those_hashed_are_refused(glacier: Any, vault: str, refused: Refused) -> None:
    with refused("InvalidParameterValueException") as answer:
        glacier.upload_archive(vaultName=vault, body=b"ice", checksum=tree_hash(b"fire"))
    assert "Checksum mismatch" in answer["Error"]["Message"]
    with refused("InvalidParameterValueException"):
        glacier.upload_archive(vaultName=vault, body=os.urandom(400_000), checksum=tree_hash(b"fire"))
    with refused("InvalidParameterValueException"):
        glacier.upload_archive(vaultName=vault, body=b"")
    with refused("InvalidParameterValueException"):
        glacier.upload_archive(
            vaultName=vault, body=b"ice", archiveDescription="ice\u00fc".encode("latin-1").decode("latin-1")
        )
    with refused("ResourceNotFoundException", 404) as answer:
        glacier.upload_archive(vaultName="fog", body=b"ice")
    assert answer["Error"]["Message"] == "Vault not found for ARN: arn:aws:glacier:us-east-1:000000000000:vaults/fog"


def test_nothing_of_a_refused_archive_stays(cloud: TestCloud, glacier: Any, vault: str, refused: Refused) -> None:
    with refused("InvalidParameterValueException"):
        glacier.upload_archive(vaultName=vault, body=os.urandom(400_000), checksum=tree_hash(b"fire"))

    async def names() -> list[str]:
        return list(cloud.kernel.blobs.names())

    assert cloud.run(names()) == []


def test_deleting_an_archive_twice_is_no_error_and_then_nothing_fetches_it(
    glacier: Any, vault: str, refused: Refused
) -> None:
    archive = glacier.upload_archive(vaultName=vault, body=b"ice")["archiveId"]
    glacier.delete_archive(vaultName=vault, archiveId=archive)
    glacier.delete_archive(vaultName=vault, archiveId=archive)
    glacier.delete_archive(vaultName=vault, archiveId="never-there")
    with refused("ResourceNotFoundException", 404) as answer:
        glacier.initiate_job(vaultName=vault, jobParameters={"Type": "archive-retrieval", "ArchiveId": archive})
    assert answer["Error"]["Message"] == f"The archive ID was not found: {archive}"


def test_a_job_keeps_what_is_deleted_meanwhile(cloud: TestCloud, glacier: Any, vault: str) -> None:
    for size in (100, 200_000):
        body = os.urandom(size)
        archive = glacier.upload_archive(vaultName=vault, body=body)["archiveId"]
        asked = {"Type": "archive-retrieval", "ArchiveId": archive, "Tier": "Expedited"}
        job = glacier.initiate_job(vaultName=vault, jobParameters=asked)["jobId"]
        glacier.delete_archive(vaultName=vault, archiveId=archive)
        cloud.turn(minutes=5)
        assert glacier.get_job_output(vaultName=vault, jobId=job)["body"].read() == body
    cloud.turn(hours=25)

    async def names() -> list[str]:
        return list(cloud.kernel.blobs.names())

    assert cloud.run(names()) == []


@pytest.mark.spec("GLV-009")
def test_parts_in_any_order_make_an_archive(glacier: Any, vault: str, fetch: Callable[..., Any]) -> None:
    body = os.urandom(2 * MIB + MIB // 2)
    begun = glacier.initiate_multipart_upload(vaultName=vault, archiveDescription="floe", partSize=str(MIB))
    named = {"vaultName": vault, "uploadId": begun["uploadId"]}
    for start in (2 * MIB, 0, MIB):
        part = body[start : start + MIB]
        put = glacier.upload_multipart_part(**named, range=f"bytes {start}-{start + len(part) - 1}/*", body=part)
        assert put["checksum"] == tree_hash(part)
    listed = glacier.list_parts(**named)
    assert [part["RangeInBytes"] for part in listed["Parts"]] == [
        f"0-{MIB - 1}",
        f"{MIB}-{2 * MIB - 1}",
        f"{2 * MIB}-{len(body) - 1}",
    ]
    assert listed["PartSizeInBytes"] == MIB
    page = glacier.list_parts(**named, limit="2")
    assert [part["RangeInBytes"] for part in glacier.list_parts(**named, marker=page["Marker"])["Parts"]] == [
        f"{2 * MIB}-{len(body) - 1}"
    ]
    (upload,) = glacier.list_multipart_uploads(vaultName=vault)["UploadsList"]
    assert upload["MultipartUploadId"] == begun["uploadId"]
    done = glacier.complete_multipart_upload(**named, archiveSize=str(len(body)), checksum=tree_hash(body))
    assert done["checksum"] == tree_hash(body)
    again = glacier.complete_multipart_upload(**named, archiveSize=str(len(body)), checksum=tree_hash(body))
    assert again["archiveId"] == done["archiveId"]
    assert glacier.list_multipart_uploads(vaultName=vault)["UploadsList"] == []
    assert fetch(Type="archive-retrieval", ArchiveId=done["archiveId"])["body"].read() == body


@pytest.mark.spec("GLV-009")
def test_parts_and_sizes_that_do_not_fit_are_refused(
    cloud: TestCloud, glacier: Any, vault: str, refused: Refused
) -> None:
    for size in ("1", str(3 * MIB), str(8192 * MIB), "many"):
        with refused("InvalidParameterValueException"):
            glacier.initiate_multipart_upload(vaultName=vault, partSize=size)
    assert glacier.initiate_multipart_upload(vaultName=vault, partSize=str(4096 * MIB))
    upload = glacier.initiate_multipart_upload(vaultName=vault, partSize=str(MIB))["uploadId"]
    named = {"vaultName": vault, "uploadId": upload}
    for wrong in ("bytes 5-9/*", f"bytes 0-{MIB}/*", "bytes 9-5/*", "0-4"):
        with refused("InvalidParameterValueException"):
            glacier.upload_multipart_part(**named, range=wrong, body=b"chips")
    with refused("InvalidParameterValueException"):
        glacier.upload_multipart_part(**named, range="bytes 0-9/*", body=b"chips")
    with refused("InvalidParameterValueException"):
        glacier.upload_multipart_part(**named, range="bytes 0-4/*", body=b"chips", checksum=tree_hash(b"fish"))
    glacier.upload_multipart_part(**named, range=f"bytes {MIB}-{MIB + 4}/*", body=b"chips")
    with refused("InvalidParameterValueException") as answer:
        glacier.complete_multipart_upload(**named, archiveSize="5", checksum=tree_hash(b"chips"))
    assert "Missing content range" in answer["Error"]["Message"]
    glacier.upload_multipart_part(**named, range="bytes 0-4/*", body=b"chips")
    with refused("InvalidParameterValueException"):
        glacier.complete_multipart_upload(**named, archiveSize="10", checksum=tree_hash(b"chipschips"))
    glacier.abort_multipart_upload(**named)
    with refused("ResourceNotFoundException", 404):
        glacier.list_parts(**named)


def test_an_upload_nobody_goes_on_with_is_gone_after_a_day(
    cloud: TestCloud, glacier: Any, vault: str, refused: Refused
) -> None:
    named = {
        "vaultName": vault,
        "uploadId": glacier.initiate_multipart_upload(vaultName=vault, partSize=str(MIB))["uploadId"],
    }
    cloud.turn(hours=20)
    glacier.upload_multipart_part(**named, range="bytes 0-4/*", body=b"chips")
    cloud.turn(hours=20)
    assert glacier.list_parts(**named)["Parts"]
    cloud.turn(hours=5)
    with refused("ResourceNotFoundException", 404):
        glacier.list_parts(**named)


def test_archives_at_rest_are_encrypted_and_survive_a_restart(tmp_path: Path) -> None:
    cloud = TestCloud(Config(folder=tmp_path))
    glacier = cloud.session().client("glacier", config=ONCE)
    glacier.create_vault(vaultName="ice")
    mark = os.urandom(64)
    small = glacier.upload_archive(vaultName="ice", body=mark)["archiveId"]
    large = glacier.upload_archive(vaultName="ice", body=mark * 10_000)["archiveId"]
    cloud.close()
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and mark in path.read_bytes()]
    again = TestCloud(Config(folder=tmp_path))
    glacier = again.session().client("glacier", config=ONCE)
    jobs = [
        glacier.initiate_job(vaultName="ice", jobParameters={"Type": "archive-retrieval", "ArchiveId": archive})[
            "jobId"
        ]
        for archive in (small, large)
    ]
    again.turn(hours=5)
    outputs = [glacier.get_job_output(vaultName="ice", jobId=job)["body"].read() for job in jobs]
    assert outputs == [mark, mark * 10_000]
    again.close()
