"""The demonstration: a cloud on this machine, driven by the real AWS CLI and boto3, checked byte by byte.

Run by ``make demo``. Everything lives in ``.demo`` and is gone when it is over. Exits with 1 when a check fails.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.progress import Progress

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".demo"
MIB = 1024 * 1024
LARGE_BYTES = 200 * MIB
RANGE_BYTES = 16 * MIB
MESSAGES = 10_000
GROUPS = 10
WRITERS = 8
WRITES_BEFORE_KILL = 1_500

console = Console(highlight=False)


class CheckFailed(Exception):
    """Something the cloud did was not what AWS would have done."""


def check(condition: bool, what: str) -> None:
    if not condition:
        raise CheckFailed(what)
    console.print(f"    [green]✓[/] {what}", soft_wrap=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    console.print(f"\n[bold cyan]{title}[/]")
    started = time.perf_counter()
    yield
    console.print(f"    [dim]{time.perf_counter() - started:.1f} s[/]")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Demonstration:
    """One cloud and the clients that try it."""

    def __init__(self) -> None:
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "SKYGLOBE_ENDPOINT": self.endpoint,
            "SKYGLOBE_RUNTIME": str(FOLDER / "runtime"),
        }
        session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
        options = {
            "endpoint_url": self.endpoint,
            "config": Config(retries={"total_max_attempts": 1}, max_pool_connections=32),
        }
        self.s3: Any = session.client("s3", **options)
        self.sqs: Any = session.client("sqs", **options)

    def skyglobe(self, *arguments: str) -> str:
        """Run a command of ours and return what it printed."""
        command = [sys.executable, "-m", "skyglobe.cli", *arguments]
        shown = " ".join(arguments).replace(f"{ROOT}/", "")
        console.print(f"    [dim]$ skyglobe {shown}[/]", soft_wrap=True)
        done = subprocess.run(command, env=self.environment, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CheckFailed(f"skyglobe {arguments[0]} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def start(self) -> int:
        """Start the cloud in the background and return its process id."""
        self.skyglobe("up", "-d", "--port", str(self.port), "--folder", str(FOLDER / "cloud"))
        return int(json.loads(self.skyglobe("status", "--json"))["pid"])

    def synchronize_a_tree(self) -> None:
        source = FOLDER / "tree"
        shutil.copytree(ROOT / "src", source, ignore=shutil.ignore_patterns("*.pyc"))  # a copy, so that it keeps still
        self.skyglobe("aws", "s3", "mb", "s3://tree")
        self.skyglobe("aws", "s3", "sync", str(source), "s3://tree/src", "--only-show-errors")
        listed = self.skyglobe("aws", "s3", "ls", "--recursive", "s3://tree/src/").strip().splitlines()
        files = {path: path.read_bytes() for path in source.rglob("*") if path.is_file()}
        check(len(listed) == len(files), f"the AWS CLI lists all {len(files)} files back")
        for path, content in files.items():
            answer = self.s3.get_object(Bucket="tree", Key=f"src/{path.relative_to(source).as_posix()}")
            if answer["Body"].read() != content or answer["ETag"] != f'"{hashlib.md5(content).hexdigest()}"':
                raise CheckFailed(f"{path} came back different")
        check(True, f"every byte and every ETag is right ({sum(map(len, files.values())):,} bytes)")

    def upload_a_large_file(self) -> None:
        path = FOLDER / "large"
        content = random.Random(1).randbytes(LARGE_BYTES)
        path.write_bytes(content)
        config = TransferConfig(multipart_chunksize=RANGE_BYTES, max_concurrency=4)
        started = time.perf_counter()
        self.s3.upload_file(str(path), "tree", "large", Config=config)
        took = time.perf_counter() - started
        head = self.s3.head_object(Bucket="tree", Key="large")
        parts = -(-LARGE_BYTES // RANGE_BYTES)
        check(head["ContentLength"] == LARGE_BYTES, f"200 MiB are there ({LARGE_BYTES / MIB / took:.0f} MiB/s)")
        digests = b"".join(
            hashlib.md5(content[at : at + RANGE_BYTES]).digest() for at in range(0, LARGE_BYTES, RANGE_BYTES)
        )
        check(
            head["ETag"] == f'"{hashlib.md5(digests).hexdigest()}-{parts}"',
            f"uploaded in {parts} parts, as its ETag says",
        )

        def read(at: int) -> bytes:
            window = f"bytes={at}-{min(at + 7 * MIB, LARGE_BYTES) - 1}"
            body: bytes = self.s3.get_object(Bucket="tree", Key="large", Range=window)["Body"].read()
            return body

        with ThreadPoolExecutor(4) as pool:
            joined = b"".join(pool.map(read, range(0, LARGE_BYTES, 7 * MIB)))
        check(joined == content, "read by ranges that cross the parts, four at a time, and joined: the same bytes")

    def order_messages(self) -> None:
        url = self.sqs.create_queue(QueueName="orders.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
        sent = self._send_with_duplicates(url)
        received: dict[str, list[int]] = {f"group-{group}": [] for group in range(GROUPS)}
        with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task("    receiving", total=MESSAGES)
            while messages := self._receive(url):
                for message in messages:
                    received[message["Attributes"]["MessageGroupId"]].append(int(message["Body"]))
                progress.advance(task, len(messages))
        total = sum(map(len, received.values()))
        check(total == MESSAGES, f"{sent:,} sends of {MESSAGES:,} messages: each was delivered once")
        in_order = all(
            numbers == list(range(group, MESSAGES, GROUPS)) for group, numbers in enumerate(received.values())
        )
        check(in_order, f"all {GROUPS} groups arrived in exactly the order they were sent")

    def _send_with_duplicates(self, url: str) -> int:
        sent = 0
        with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
            for start in progress.track(range(0, MESSAGES, 10), description="    sending"):
                entries = [
                    {
                        "Id": str(number),
                        "MessageBody": str(number),
                        "MessageGroupId": f"group-{number % GROUPS}",
                        "MessageDeduplicationId": str(number),
                    }
                    for number in range(start, start + 10)
                ]
                for _ in range(2 if start % 50 == 0 else 1):  # every fifth batch is sent twice
                    answer = self.sqs.send_message_batch(QueueUrl=url, Entries=entries)
                    sent += len(answer["Successful"])
        return sent

    def _receive(self, url: str) -> list[dict[str, Any]]:
        answer = self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["MessageGroupId"]
        )
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        if messages:
            entries = [{"Id": m["MessageId"], "ReceiptHandle": m["ReceiptHandle"]} for m in messages]
            self.sqs.delete_message_batch(QueueUrl=url, Entries=entries)
        return messages

    def survive_a_kill(self, pid: int) -> None:
        self.s3.create_bucket(Bucket="survivors")
        url = self.sqs.create_queue(QueueName="survivors")["QueueUrl"]
        objects, messages = self._write_until_killed(pid, url)
        check(True, f"kill -9 after {len(objects):,} acknowledged objects and {len(messages):,} messages, in mid-load")
        self.start()
        for key, digest in objects.items():
            if hashlib.md5(self.s3.get_object(Bucket="survivors", Key=key)["Body"].read()).hexdigest() != digest:
                raise CheckFailed(f"{key} was acknowledged and is damaged")
        check(True, "started again: every acknowledged object is there, whole")
        found = {message["Body"] for batch in iter(lambda: self._receive(url), []) for message in batch}
        check(messages <= found, "and every acknowledged message")

    def _write_until_killed(self, pid: int, url: str) -> tuple[dict[str, str], set[str]]:
        objects: dict[str, str] = {}
        messages: set[str] = set()
        numbers = count()
        over = threading.Event()

        def write() -> None:
            while not over.is_set():
                number = next(numbers)
                body = random.Random(number).randbytes(300 * 1024 if number % 20 == 0 else 700)
                try:
                    self.s3.put_object(Bucket="survivors", Key=f"object-{number}", Body=body)
                    objects[f"object-{number}"] = hashlib.md5(body).hexdigest()
                    self.sqs.send_message(QueueUrl=url, MessageBody=f"message-{number}")
                    messages.add(f"message-{number}")
                except (BotoCoreError, ClientError):
                    return

        threads = [threading.Thread(target=write) for _ in range(WRITERS)]
        for thread in threads:
            thread.start()
        while len(objects) < WRITES_BEFORE_KILL and any(thread.is_alive() for thread in threads):
            time.sleep(0.01)
        os.kill(pid, signal.SIGKILL)
        over.set()
        for thread in threads:
            thread.join()
        return objects, messages

    def turn_the_clock(self) -> None:
        url = self.sqs.create_queue(QueueName="patience")["QueueUrl"]
        self.sqs.send_message(QueueUrl=url, MessageBody="nobody reads me")
        self.skyglobe("turn", "3d23h59m")
        check(self._count(url) == 1, "a message waits through three days and almost another")
        self.skyglobe("turn", "2m")
        check(self._count(url) == 0, "at four days, its retention, it is gone")

    def _count(self, url: str) -> int:
        answer = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    def take_a_snapshot(self) -> None:
        before = self._inventory()
        self.skyglobe("snapshot", "save", "demo")
        self._delete_everything()
        check(self._inventory() == ({}, []), "everything is deleted")
        self.skyglobe("snapshot", "load", "demo")
        check(
            self._inventory() == before,
            f"the snapshot brings back {sum(map(len, before[0].values())):,} objects and all queues",
        )
        digest = hashlib.sha256(self.s3.get_object(Bucket="tree", Key="large")["Body"].read()).hexdigest()
        check(
            digest == hashlib.sha256((FOLDER / "large").read_bytes()).hexdigest(),
            "the 200 MiB among them, byte for byte",
        )

    def _inventory(self) -> tuple[dict[str, list[tuple[str, str]]], list[str]]:
        buckets = {}
        for bucket in self.s3.list_buckets()["Buckets"]:
            pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket["Name"])
            buckets[bucket["Name"]] = [(o["Key"], o["ETag"]) for page in pages for o in page.get("Contents", [])]
        return buckets, sorted(self.sqs.list_queues().get("QueueUrls", []))

    def _delete_everything(self) -> None:
        buckets, queues = self._inventory()
        for bucket, objects in buckets.items():
            for start in range(0, len(objects), 1000):
                keys = [{"Key": key} for key, _ in objects[start : start + 1000]]
                self.s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
            self.s3.delete_bucket(Bucket=bucket)
        for url in queues:
            self.sqs.delete_queue(QueueUrl=url)


def main() -> int:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    demonstration = Demonstration()
    console.print("[bold]Skyglobe[/]: a whole AWS cloud in one Python program. The demonstration.")
    started = time.perf_counter()
    try:
        with step("Start"):
            pid = demonstration.start()
            check(True, f"the cloud answers at {demonstration.endpoint} (process {pid})")
        steps: list[tuple[str, Callable[[], None]]] = [
            ("A file tree through the AWS CLI", demonstration.synchronize_a_tree),
            ("A large file in parts, read by ranges", demonstration.upload_a_large_file),
            ("Ten thousand messages, in order, once", demonstration.order_messages),
            ("kill -9 in the middle of a write load", lambda: demonstration.survive_a_kill(pid)),
            ("Four days in a moment", demonstration.turn_the_clock),
            ("A snapshot, a catastrophe, a recovery", demonstration.take_a_snapshot),
        ]
        for title, run in steps:
            with step(title):
                run()
    except CheckFailed as failure:
        console.print(f"    [bold red]✗ {failure}[/]")
        return 1
    finally:
        subprocess.run(
            [sys.executable, "-m", "skyglobe.cli", "down"],
            env=demonstration.environment,
            cwd=ROOT,
            capture_output=True,
            check=False,
        )
    shutil.rmtree(FOLDER, ignore_errors=True)
    console.print(f"\n[bold green]Everything held.[/] {time.perf_counter() - started:.0f} s in all.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
