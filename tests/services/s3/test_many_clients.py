"""Many clients of one bucket at once, over sockets of their own."""

from __future__ import annotations

import os
import socket
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config as ClientConfig

CLIENTS = 32


@pytest.mark.spec("S3PRF-003")
def test_no_client_waits_for_another(server: str, bucket: str) -> None:
    """All are in the middle of their transfers at once, and end in the reverse order: together they lose nothing."""
    signer = _client(server)
    address = (urlsplit(server).hostname, urlsplit(server).port)
    bodies = {f"k{number}": os.urandom(200_000 + number) for number in range(CLIENTS)}

    uploads = []
    for key, body in bodies.items():
        connection = socket.create_connection(address)
        connection.sendall(_head("PUT", signer, "put_object", bucket, key, len(body)) + body[:100_000])
        uploads.append((connection, body))
    for connection, body in reversed(uploads):
        connection.sendall(body[100_000:])
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")

    downloads = []
    for (connection, _), key in zip(uploads, bodies, strict=True):
        connection.sendall(_head("GET", signer, "get_object", bucket, key, 0))
        downloads.append((connection.makefile("rb"), bodies[key]))
    for file, body in reversed(downloads):
        assert file.readline().startswith(b"HTTP/1.1 200")
        while file.readline().strip():
            pass
        assert file.read(len(body)) == body
        file.close()
    for connection, _ in uploads:
        connection.close()


def _client(server: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=server,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=ClientConfig(s3={"addressing_style": "path"}),
    )


def _head(method: str, signer: Any, operation: str, bucket: str, key: str, size: int) -> bytes:
    url = urlsplit(signer.generate_presigned_url(operation, {"Bucket": bucket, "Key": key}))
    return (
        f"{method} {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Length: {size}\r\n\r\n"
    ).encode()
