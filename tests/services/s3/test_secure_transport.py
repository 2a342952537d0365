"""S3 over TLS: everything answers there, and what must not go in the open is refused elsewhere."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config as ClientConfig

from skyglobe.engines import tls
from skyglobe.testing import TestCloud
from skyglobe.transport import serve

Refused = Callable[..., Any]


@pytest.fixture
def client(cloud: TestCloud, tmp_path: Path) -> Iterator[Callable[[str], Any]]:
    """Return a function that makes clients of one server, by ``http`` or ``https``."""
    server = cloud.run(serve(cloud._cloud.handle, "127.0.0.1", 0, tls=tls.local_context(tmp_path)))
    _, port = server.addresses[0]

    def made(scheme: str) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=f"{scheme}://127.0.0.1:{port}",
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            verify=str(tls.authority_path(tmp_path)),
            config=ClientConfig(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
        )

    yield made
    cloud.run(server.close(0))


@pytest.mark.spec("S3ENC-009")
def test_a_policy_lets_in_nobody_who_comes_in_the_open(
    client: Callable[[str], Any], bucket: str, refused: Refused
) -> None:
    secure, open_ = client("https"), client("http")
    body = os.urandom(400_000)
    open_.put_object(Bucket=bucket, Key="before", Body=b"red")
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    secure.put_bucket_policy(Bucket=bucket, Policy=policy)
    for ask in (
        lambda: open_.get_object(Bucket=bucket, Key="before"),
        lambda: open_.put_object(Bucket=bucket, Key="apple", Body=body),
        lambda: open_.list_objects_v2(Bucket=bucket),
    ):
        with refused("AccessDenied", 403):
            ask()
    secure.put_object(Bucket=bucket, Key="apple", Body=body)
    assert secure.get_object(Bucket=bucket, Key="apple")["Body"].read() == body
    assert secure.get_object(Bucket=bucket, Key="apple", Range="bytes=70000-70009")["Body"].read() == body[70000:70010]
    assert secure.list_objects_v2(Bucket=bucket)["KeyCount"] == 2


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_large_object_that_is_read_again_and_again_is_always_the_same(
    client: Callable[[str], Any], bucket: str, scheme: str
) -> None:
    s3, body = client(scheme), os.urandom(3_000_000)
    s3.put_object(Bucket=bucket, Key="apple", Body=body)
    for _ in range(4):
        assert s3.get_object(Bucket=bucket, Key="apple")["Body"].read() == body
    assert s3.get_object(Bucket=bucket, Key="apple", Range="bytes=65000-999999")["Body"].read() == body[65000:1_000_000]
    s3.put_object(Bucket=bucket, Key="apple", Body=body[::-1])
    assert s3.get_object(Bucket=bucket, Key="apple")["Body"].read() == body[::-1]


def test_clients_keys_go_over_tls(client: Callable[[str], Any], bucket: str) -> None:
    s3 = client("https")
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
        "BlockedEncryptionTypes": {"EncryptionType": ["NONE"]},
    }
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    key = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}
    s3.put_object(Bucket=bucket, Key="apple", Body=b"red", **key)
    assert s3.get_object(Bucket=bucket, Key="apple", **key)["Body"].read() == b"red"
