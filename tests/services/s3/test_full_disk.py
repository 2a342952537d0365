"""A disk that is full: writes are refused clearly, nothing that was answered is lost, nothing half-written stays."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config as ClientConfig
from botocore.exceptions import ClientError

from skyglobe.kernel.config import Config
from skyglobe.testing import TestCloud

MIB = 1 << 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 12 MiB of its own; making one takes root."""
    mounted = ["mount", "-t", "tmpfs", "-o", "size=12m", "skyglobe-test", str(tmp_path)]
    if os.geteuid() or subprocess.run(mounted, capture_output=True, check=False).returncode:
        pytest.skip("a file system of its own cannot be mounted here")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


@contextlib.contextmanager
def a_cloud(folder: Path) -> Iterator[tuple[Any, TestCloud]]:
    cloud = TestCloud(Config(folder=folder / "cloud"))
    try:
        yield cloud.client("s3", config=ClientConfig(retries={"total_max_attempts": 1})), cloud
    finally:
        cloud.close()


@contextlib.contextmanager
def no_room() -> Iterator[None]:
    with pytest.raises(ClientError) as caught:
        yield
    answer = caught.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == ("ServiceUnavailable", 503)


def blobs_of(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "cloud").rglob("*") if path.is_file() and "blobs" in str(path))


def fill(folder: Path) -> Path:
    """Write until nothing more fits."""
    filler = folder / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
    return filler


def test_a_full_disk_refuses_writes_and_loses_nothing(small_disk: Path):
    with a_cloud(small_disk) as (s3, _):
        s3.create_bucket(Bucket="orchard")
        s3.put_object(Bucket="orchard", Key="large", Body=b"a" * MIB)
        begun = s3.create_multipart_upload(Bucket="orchard", Key="parts")
        named = {"Bucket": "orchard", "Key": "parts", "UploadId": begun["UploadId"]}
        kept = blobs_of(small_disk)
        assert len(kept) == 1
        with no_room():
            s3.put_object(Bucket="orchard", Key="large", Body=b"b" * (16 * MIB))
        with no_room():
            s3.upload_part(**named, PartNumber=1, Body=b"c" * (16 * MIB))
        assert blobs_of(small_disk) == kept
        assert s3.get_object(Bucket="orchard", Key="large")["Body"].read() == b"a" * MIB
        assert "Parts" not in s3.list_parts(**named)

        filler = fill(small_disk)
        acknowledged = []
        with no_room():
            for number in range(1_000):
                key = f"small/{number}"
                s3.put_object(Bucket="orchard", Key=key, Body=key.encode() * 1_000)
                acknowledged.append(key)
        with no_room():
            s3.put_object(Bucket="orchard", Key="large", Body=b"d" * MIB)
        assert s3.get_object(Bucket="orchard", Key="large")["Body"].read() == b"a" * MIB
        filler.unlink()
        s3.put_object(Bucket="orchard", Key="after", Body=b"room again")
        assert blobs_of(small_disk) == kept

    with a_cloud(small_disk) as (s3, _):
        listed = [entry["Key"] for entry in s3.list_objects_v2(Bucket="orchard")["Contents"]]
        assert sorted(listed) == sorted([*acknowledged, "large", "after"])
        for key in acknowledged:
            assert s3.get_object(Bucket="orchard", Key=key)["Body"].read() == key.encode() * 1_000
        assert s3.get_object(Bucket="orchard", Key="large")["Body"].read() == b"a" * MIB
