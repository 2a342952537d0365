"""Access points and directory buckets over a socket: boto3 by their own host names, the AWS CLI by alias and path."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import Server
from tests.clients.files import MIB, digests, write_tree

ACCOUNT = "000000000000"
DOOR = f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/door"
TREES = "trees--use1-az4--x-s3"
PLACE = {
    "Location": {"Type": "AvailabilityZone", "Name": "use1-az4"},
    "Bucket": {"Type": "Directory", "DataRedundancy": "SingleAvailabilityZone"},
}


@pytest.fixture
def by_name(server: Server, monkeypatch: pytest.MonkeyPatch):
    """Return a function that makes clients of ``localhost``, below which every name is found, as on most systems."""
    resolve = socket.getaddrinfo

    def resolving(host: Any, *rest: Any, **more: Any) -> Any:
        is_ours = isinstance(host, str) and host.endswith(".localhost")
        return resolve("127.0.0.1" if is_ours else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolving)
    here = Server(server.endpoint.replace("127.0.0.1", "localhost"), server.environment)
    return here.client


def test_access_points_are_used_by_arn_and_alias(server: Server, by_name, tmp_path: Path):
    s3, control = by_name("s3"), by_name("s3control")
    s3.create_bucket(Bucket="house")
    alias = control.create_access_point(AccountId=ACCOUNT, Name="door", Bucket="house")["Alias"]
    s3.put_object(Bucket=DOOR, Key="in/side", Body=b"lamp")
    assert s3.get_object(Bucket=DOOR, Key="in/side")["Body"].read() == b"lamp"

    def aws(*words: str | Path) -> str:
        return server.run("aws", "--endpoint-url", server.endpoint, *words)

    assert json.loads(aws("s3api", "head-bucket", "--bucket", alias))["AccessPointAlias"] is True
    aws("s3api", "get-object", "--bucket", alias, "--key", "in/side", tmp_path / "lamp")
    assert (tmp_path / "lamp").read_bytes() == b"lamp"
    tree = write_tree(tmp_path / "tree", large=9 * MIB)
    aws("s3", "sync", tree, f"s3://{alias}/tree", "--no-progress")
    aws("s3", "sync", "s3://house/tree", tmp_path / "back", "--no-progress")
    assert digests(tmp_path / "back") == digests(tree)


def test_a_directory_bucket_takes_a_tree(server: Server, tmp_path: Path):
    def aws(*words: str | Path) -> str:
        return server.run("aws", "--endpoint-url", server.endpoint, *words)

    aws("s3api", "create-bucket", "--bucket", TREES, "--create-bucket-configuration", json.dumps(PLACE))
    assert json.loads(aws("s3api", "list-directory-buckets"))["Buckets"][0]["Name"] == TREES
    tree = write_tree(tmp_path / "tree", large=9 * MIB)
    aws("s3", "cp", "--recursive", tree, f"s3://{TREES}/tree/", "--no-progress")
    aws("s3", "cp", "--recursive", f"s3://{TREES}/tree/", tmp_path / "back", "--no-progress")
    assert digests(tmp_path / "back") == digests(tree)

    source = f"{TREES}/tree/plain.txt"
    aws("s3api", "rename-object", "--bucket", TREES, "--key", "tree/renamed", "--rename-source", source)
    size = (tree / "plain.txt").stat().st_size
    head = json.loads(aws("s3api", "head-object", "--bucket", TREES, "--key", "tree/renamed"))
    assert (head["ContentLength"], head["StorageClass"]) == (size, "EXPRESS_ONEZONE")
    aws("s3", "rm", "--recursive", f"s3://{TREES}/", "--quiet")
    aws("s3api", "delete-bucket", "--bucket", TREES)
