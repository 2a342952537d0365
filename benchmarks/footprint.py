"""Time to the first answer, memory at rest, and memory under a very large upload."""

from __future__ import annotations

import shutil
import socket
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.targets import FOLDER, Target
from benchmarks.workloads import make_bucket

GIB = 1 << 30
UPLOAD_BYTES = 5 * GIB
"""S3's largest single PUT."""
PIECE_BYTES = 1 << 20
ROOM_BYTES = 3 * GIB
"""To be left on the disk beside the upload."""
REST_FOR = 2.0  # seconds until a server that has just answered is taken to be idle


@dataclass
class Start:
    """How one target starts."""

    target: str
    seconds: list[float] = field(default_factory=list)
    idle_mib: float = 0.0

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


@dataclass
class Upload:
    """One very large PUT."""

    target: str
    seconds: float = 0.0
    peak_mib: float = 0.0
    note: str = ""


def measure_start(make: Callable[[], Target], runs: int) -> Start:
    """Start and stop it ``runs`` times, after once that fills caches; look at its memory in the last."""
    found = Start("")
    for run in range(runs + 1):
        target = make()
        found.target = target.name
        seconds = target.start()
        try:
            if run:
                found.seconds.append(seconds)
            if run == runs:
                time.sleep(REST_FOR)
                found.idle_mib = target.processes.rss()
        finally:
            target.stop()
    return found


def measure_upload(target: Target, size: int = UPLOAD_BYTES) -> Upload:
    """PUT ``size`` bytes that are made while they are sent, and watch the server's memory."""
    found = Upload(target.name)
    if shutil.disk_usage(FOLDER).free < size + ROOM_BYTES:
        found.note = f"no room on the disk for {size / GIB:.0f} GiB"
        return found
    preparer = target.preparer()
    bucket = make_bucket(target, preparer)
    request = preparer.prepare("s3", "put_object", Bucket=bucket, Key="huge", Body=b"")
    for name in [name for name in request.headers if name.startswith("x-amz-checksum") or "sdk-checksum" in name]:
        del request.headers[name]
    names = request.headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    kept = ";".join(name for name in names if name in request.headers)
    request.headers["authorization"] = request.headers["authorization"].replace(";".join(names), kept)
    head = request.varied(payload="UNSIGNED-PAYLOAD").wire.replace(b"content-length: 0", b"content-length: %d" % size)
    processes = target.processes
    processes.forget_peak()
    began = time.perf_counter()
    status = _send(target.port, head, size)
    found.seconds, found.peak_mib = time.perf_counter() - began, processes.peak()
    if status != 200:
        found.note = f"answered {status}"
    elif preparer.client("s3").head_object(Bucket=bucket, Key="huge")["ContentLength"] != size:
        found.note = "not all of it was kept"
    preparer.client("s3").delete_object(Bucket=bucket, Key="huge")
    return found


def _send(port: int, head: bytes, size: int) -> int:
    piece = bytearray(PIECE_BYTES)
    with socket.create_connection(("127.0.0.1", port), timeout=120) as connection:
        connection.sendall(head)
        for number in range(size // PIECE_BYTES):
            piece[:8] = number.to_bytes(8, "big")
            connection.sendall(piece)
        return int(connection.recv(4096)[9:12])
