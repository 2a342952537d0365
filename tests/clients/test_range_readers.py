"""A reader as file system clients are: many ranges of one object at once, each held to the version it began with."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from tests.clients.conftest import Server

MIB = 1 << 20
PART = MIB  # what is asked for at a time


def test_a_large_object_is_read_ahead_in_parallel(server: Server):
    s3 = server.client("s3")
    s3.create_bucket(Bucket="mounted")
    body = random.Random(5).randbytes(24 * MIB + 321)
    s3.put_object(Bucket="mounted", Key="file", Body=body)
    head = s3.head_object(Bucket="mounted", Key="file")
    size, etag = head["ContentLength"], head["ETag"]

    def read(start: int) -> bytes:
        wanted = f"bytes={start}-{min(start + PART, size) - 1}"
        answer = s3.get_object(Bucket="mounted", Key="file", Range=wanted, IfMatch=etag)
        assert answer["ContentRange"] == f"bytes {start}-{min(start + PART, size) - 1}/{size}"
        return answer["Body"].read()

    with ThreadPoolExecutor(8) as pool:
        assert b"".join(pool.map(read, range(0, size, PART))) == body
        seeks = random.Random(6).sample(range(size - 4096), 100)
        found = pool.map(lambda at: (at, read(at)[:4096]), seeks)
        assert all(piece == body[at : at + 4096] for at, piece in found)

    opened = s3.get_object(Bucket="mounted", Key="file", IfMatch=etag)["Body"]
    assert opened.read(MIB) == body[:MIB]
    s3.put_object(Bucket="mounted", Key="file", Body=b"another")
    with pytest.raises(ClientError) as caught:
        read(0)
    assert caught.value.response["Error"]["Code"] == "PreconditionFailed"
    assert opened.read() == body[MIB:]  # what was begun is read to its end
    with pytest.raises(ClientError) as caught:
        s3.get_object(Bucket="mounted", Key="file", Range="bytes=7-")
    assert caught.value.response["Error"]["Code"] == "InvalidRange"
