"""S3 behind a socket: presigned URLs, virtual hosts, streaming uploads and downloads, headers a browser asks for."""

from __future__ import annotations

import hashlib
import os
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config as ClientConfig

from skyglobe.testing import TestCloud

MIB = 1024 * 1024


@pytest.fixture
def wired(server: str) -> Any:
    """A client that reaches the cloud through its socket."""
    return _client(server)


def _client(server: str, **options: Any) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=server,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=ClientConfig(s3={"addressing_style": "path"}, **options),
    )


def _open(url: str, method: str = "GET", data: bytes | None = None, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return urllib.request.urlopen(urllib.request.Request(url, data, named, method=method))


def test_presigned_urls_put_and_get(wired: Any, bucket: str) -> None:
    target = {"Bucket": bucket, "Key": "odd key+ü"}
    url = wired.generate_presigned_url("put_object", {**target, "ContentType": "text/plain"})
    with _open(url, "PUT", b"red", content_type="text/plain") as answer:
        assert answer.headers["ETag"] == f'"{hashlib.md5(b"red").hexdigest()}"'
    with _open(wired.generate_presigned_url("get_object", target)) as answer:
        assert answer.read() == b"red"
        assert answer.headers["Content-Type"] == "text/plain"
        assert answer.headers["Accept-Ranges"] == "bytes"


@pytest.mark.spec("S3OBJ-023")
def test_signed_reads_may_override_headers_of_the_answer(wired: Any, bucket: str) -> None:
    wired.put_object(Bucket=bucket, Key="apple", Body=b"red", ContentType="text/plain")
    wanted = {
        "ResponseContentType": "application/x-fruit",
        "ResponseContentDisposition": 'attachment; filename="apple"',
        "ResponseCacheControl": "no-store",
        "ResponseContentLanguage": "fr",
    }
    url = wired.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "apple", **wanted})
    with _open(url) as answer:
        assert answer.headers["Content-Type"] == "application/x-fruit"
        assert answer.headers["Content-Disposition"] == 'attachment; filename="apple"'
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Content-Language"] == "fr"


@pytest.mark.spec("S3OBJ-023")
def test_anonymous_reads_may_not_override_headers(
    cloud: TestCloud, bucket: str, wired: Any, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wired.put_object(Bucket=bucket, Key="apple", Body=b"red")
    monkeypatch.setattr(cloud.kernel.services.find("s3"), "find_needs", lambda *_: [])  # anybody may
    with _open(f"{server}/{bucket}/apple") as answer:
        assert answer.read() == b"red"
    with pytest.raises(urllib.error.HTTPError) as caught:
        _open(f"{server}/{bucket}/apple?response-content-type=text/html")
    assert caught.value.code == 400
    assert b"<Code>InvalidRequest</Code>" in caught.value.read()


@pytest.mark.spec("S3BKT-014")
@pytest.mark.parametrize(
    "host", ["orchard.s3.localhost", "orchard.s3.us-east-1.amazonaws.com", "orchard.s3.localhost.localstack.cloud"]
)
def test_a_virtual_host_reaches_the_same_object(wired: Any, bucket: str, server: str, host: str) -> None:
    wired.put_object(Bucket=bucket, Key="a//b c", Body=b"red")
    virtual = boto3.client(
        "s3",
        endpoint_url=f"http://{host.partition('.')[2]}",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=ClientConfig(s3={"addressing_style": "virtual"}),
    )
    url = virtual.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "a//b c"})
    assert url.startswith(f"http://{host}/a//b%20c?")
    _, _, target = url.partition(f"http://{host}")
    with _open(f"{server}{target}", Host=host) as answer:
        assert answer.read() == b"red"


@pytest.mark.parametrize("size", [1, 70_000, 3 * MIB + 17])
def test_bodies_cross_the_socket_both_ways(cloud: TestCloud, wired: Any, bucket: str, size: int) -> None:
    body = os.urandom(size)
    wired.put_object(Bucket=bucket, Key="apple", Body=body, ChecksumAlgorithm="SHA256")
    assert wired.get_object(Bucket=bucket, Key="apple")["Body"].read() == body
    assert wired.get_object(Bucket=bucket, Key="apple", Range=f"bytes={size // 2}-")["Body"].read() == body[size // 2 :]
    assert wired.head_object(Bucket=bucket, Key="apple")["ContentLength"] == size


@pytest.mark.spec("S3OBJ-018")
@pytest.mark.parametrize("size", [70_000, 3 * MIB + 17])
def test_chunked_uploads_with_trailing_checksums_are_decoded(cloud: TestCloud, bucket: str, s3: Any, size: int) -> None:
    body = os.urandom(size)
    sent: list[Any] = []
    s3.meta.events.register("before-send.s3.PutObject", lambda request, **_: sent.append(dict(request.headers)))
    s3.put_object(Bucket=bucket, Key="apple", Body=body, ChecksumAlgorithm="CRC32C", ContentEncoding="gzip")
    assert any(b"TRAILER" in _bytes(value) for value in sent[0].values()), "boto3 did not send a trailer"
    head = s3.head_object(Bucket=bucket, Key="apple", ChecksumMode="ENABLED")
    assert head["ChecksumCRC32C"]
    assert head["ContentEncoding"] == "gzip"
    assert s3.get_object(Bucket=bucket, Key="apple")["Body"].read() == body


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode()


def test_many_parts_make_one_download(wired: Any, bucket: str, upload: Callable[..., Any]) -> None:
    bodies = [os.urandom(5 * MIB), os.urandom(5 * MIB), b"a small end"]
    upload("pear", *bodies)
    assert wired.get_object(Bucket=bucket, Key="pear")["Body"].read() == b"".join(bodies)


@pytest.mark.parametrize(("digest", "status"), [("right", 200), ("wrong", 400)])
def test_a_streamed_upload_is_held_to_its_trailer(
    wired: Any, bucket: str, server: str, digest: str, status: int
) -> None:
    body = os.urandom(MIB)
    claimed = b64encode(hashlib.sha256(body if digest == "right" else b"").digest())
    chunks = b"".join(b"%x\r\n%b\r\n" % (65_536, body[at : at + 65_536]) for at in range(0, MIB, 65_536))
    sent = chunks + b"0\r\nx-amz-checksum-sha256:" + claimed + b"\r\n\r\n"
    headers = {
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x-amz-trailer": "x-amz-checksum-sha256",
        "x-amz-decoded-content-length": str(MIB),
        "x-amz-date": "20260101T000000Z",
        "Content-Encoding": "aws-chunked",
        "Authorization": (
            "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, "
            "SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=00"
        ),
    }
    try:
        answer = _open(f"{server}/{bucket}/apple", "PUT", sent, **headers)
    except urllib.error.HTTPError as error:
        answer = error
    assert answer.status == status
    if status == 200:
        head = wired.get_object(Bucket=bucket, Key="apple", ChecksumMode="ENABLED")
        assert head["ChecksumSHA256"] == claimed.decode()
        assert head["Body"].read() == body
        assert "ContentEncoding" not in head
    else:
        assert b"<Code>BadDigest</Code>" in answer.read()
        assert "Contents" not in wired.list_objects_v2(Bucket=bucket)
