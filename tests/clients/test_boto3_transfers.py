"""boto3's transfer manager with its threads, over real connections."""

from __future__ import annotations

import hashlib
import io
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from boto3.s3.transfer import TransferConfig

from tests.clients.conftest import Server

MIB = 1 << 20
PARTED = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB, max_concurrency=8)


@pytest.fixture
def s3(server: Server) -> Any:
    client = server.client("s3")
    client.create_bucket(Bucket="transfers")
    return client


@pytest.fixture
def large(tmp_path: Path) -> Path:
    file = tmp_path / "large"
    file.write_bytes(random.Random(3).randbytes(23 * MIB + 1))
    return file


def test_a_file_goes_up_in_parts_and_comes_down_in_ranges(s3: Any, large: Path, tmp_path: Path):
    s3.upload_file(str(large), "transfers", "large", Config=PARTED, ExtraArgs={"Metadata": {"a": "b"}})
    head = s3.head_object(Bucket="transfers", Key="large")
    assert head["ETag"].endswith('-5"')
    assert head["Metadata"] == {"a": "b"}
    s3.download_file("transfers", "large", str(tmp_path / "down"), Config=PARTED)
    assert (tmp_path / "down").read_bytes() == large.read_bytes()


def test_a_large_object_is_copied_part_by_part(s3: Any, large: Path):
    s3.upload_file(str(large), "transfers", "source", Config=PARTED)
    s3.copy({"Bucket": "transfers", "Key": "source"}, "transfers", "twin", Config=PARTED)
    assert s3.head_object(Bucket="transfers", Key="twin")["ContentLength"] == large.stat().st_size
    twin = io.BytesIO()
    s3.download_fileobj("transfers", "twin", twin, Config=PARTED)
    assert hashlib.sha256(twin.getvalue()).digest() == hashlib.sha256(large.read_bytes()).digest()


def test_sixteen_threads_share_one_client(s3: Any):
    bodies = {f"thread/{number}": random.Random(number).randbytes(number * 997) for number in range(200)}

    def there_and_back(key: str) -> bytes:
        s3.upload_fileobj(io.BytesIO(bodies[key]), "transfers", key)
        return s3.get_object(Bucket="transfers", Key=key)["Body"].read()

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(there_and_back, bodies)) == list(bodies.values())
    paginator = s3.get_paginator("list_objects_v2")
    pages = paginator.paginate(Bucket="transfers", Prefix="thread/", PaginationConfig={"PageSize": 70})
    assert sorted(found["Key"] for page in pages for found in page["Contents"]) == sorted(bodies)
