"""The AWS CLI, as it is installed: trees synchronized both ways, messages sent and received."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import Server

MIB = 1 << 20
NAMES = [
    "plain.txt", "a b+c&d=e.txt", "ünï/cödé.txt", "deep/er/and/deep/er/still/file", "empty", "dots/..a/.hidden",
    "100%.txt", "quote'd\".txt",
]  # fmt: skip


def aws(server: Server, *words: str | Path, folder: Path | None = None) -> str:
    return server.run("aws", "--endpoint-url", server.endpoint, *words, folder=folder)


def aws_json(server: Server, *words: str) -> Any:
    answer = aws(server, "--output", "json", *words)
    return json.loads(answer) if answer.strip() else {}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree of awkward names, empty files, and one file that the CLI uploads in parts."""
    rng = random.Random(7)
    root = tmp_path / "tree"
    sizes = {name: rng.randrange(5000) for name in NAMES} | {"empty": 0, "large.bin": 17 * MIB + 123}
    sizes |= {f"many/{number:03d}": number * 31 for number in range(60)}
    for name, size in sizes.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(rng.randbytes(size))
    return root


def digests(root: Path) -> dict[str, str]:
    files = [file for file in root.rglob("*") if file.is_file()]
    return {str(file.relative_to(root)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def opened(server: Server, url: str) -> str:
    """Return what a URL shows to curl, or to Python where there is none."""
    if shutil.which("curl"):
        return server.run("curl", "--silent", "--fail", url)
    with urllib.request.urlopen(url) as answer:
        return answer.read().decode()


@pytest.mark.spec("S3PSU-001")
def test_a_tree_synchronized_there_and_back_is_the_same_tree(server: Server, tree: Path, tmp_path: Path):
    aws(server, "s3", "mb", "s3://synchronized")
    aws(server, "s3", "sync", tree, "s3://synchronized/copy", "--no-progress")
    listed = aws(server, "s3", "ls", "--recursive", "--summarize", "s3://synchronized")
    assert f"Total Objects: {len(digests(tree))}" in listed

    assert aws(server, "s3", "sync", tree, "s3://synchronized/copy", "--no-progress") == ""  # nothing left to do

    (tree / "plain.txt").unlink()
    (tree / "empty").write_bytes(b"no longer")
    aws(server, "s3", "sync", tree, "s3://synchronized/copy", "--delete", "--no-progress")

    aws(server, "s3", "sync", "s3://synchronized/copy", tmp_path / "back", "--no-progress")
    assert digests(tmp_path / "back") == digests(tree)

    aws(server, "s3", "sync", "s3://synchronized/copy", "s3://synchronized/twin", "--no-progress")
    aws(server, "s3", "mv", "s3://synchronized/twin/empty", "s3://synchronized/moved", "--no-progress")
    url = aws(server, "s3", "presign", "s3://synchronized/moved").strip()
    assert opened(server, url) == "no longer"
    named = {"Bucket": "synchronized", "Key": "moved"}
    assert opened(server, server.client("s3").generate_presigned_url("get_object", named)) == "no longer"

    aws(server, "s3", "rb", "--force", "s3://synchronized")
    names = [bucket["Name"] for bucket in server.client("s3").list_buckets()["Buckets"]]
    assert "synchronized" not in names


def test_messages_go_in_and_out_of_queues(server: Server):
    kind = "FifoQueue=true,VisibilityTimeout=45"
    queue = aws_json(server, "sqs", "create-queue", "--queue-name", "orders.fifo", "--attributes", kind)
    url = ["--queue-url", queue["QueueUrl"]]
    for body in ("first", "second"):
        order = ["--message-group-id", "g", "--message-deduplication-id", body]
        aws(server, "sqs", "send-message", *url, "--message-body", body, *order)
    entries = json.dumps(
        [{"Id": "1", "MessageBody": "third", "MessageGroupId": "g", "MessageDeduplicationId": "third"}]
    )
    assert aws_json(server, "sqs", "send-message-batch", *url, "--entries", entries)["Successful"][0]["Id"] == "1"
    attributes = aws_json(server, "sqs", "get-queue-attributes", *url, "--attribute-names", "All")["Attributes"]
    assert (attributes["ApproximateNumberOfMessages"], attributes["VisibilityTimeout"]) == ("3", "45")

    received = aws_json(server, "sqs", "receive-message", *url, "--max-number-of-messages", "10")
    assert [message["Body"] for message in received["Messages"]] == ["first", "second", "third"]
    for message in received["Messages"]:
        aws(server, "sqs", "delete-message", *url, "--receipt-handle", message["ReceiptHandle"])

    assert aws_json(server, "sqs", "receive-message", *url) == {}
    aws(server, "sqs", "delete-queue", *url)
    assert queue["QueueUrl"] not in aws(server, "sqs", "list-queues")


def test_the_caller_is_the_root_of_the_default_account(server: Server):
    assert aws_json(server, "sts", "get-caller-identity")["Arn"] == "arn:aws:iam::000000000000:root"
