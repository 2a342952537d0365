"""Checksums of objects that lie in S3, computed by a job from their bytes, whatever archive those lie in.

S3 user guide, "Compute checksums" and "Examples: S3 Batch Operations completion reports".
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from functools import partial
from typing import Any, NamedTuple

from skyglobe.kernel import checksums
from skyglobe.kernel.blobs import Lease
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.outbox import Delivery
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import encrypting, finding, needs, places, reading, replicating
from skyglobe.services.s3.records import details_of
from skyglobe.services.s3.rules.checksums import COMPOSITE
from skyglobe.services.s3.rules.encryption import CUSTOMER
from skyglobe.services.s3control.acting import principal_of
from skyglobe.services.s3control.doing import Outcome
from skyglobe.services.s3control.jobs import Job, Task
from skyglobe.services.s3control.refusals import invalid_request
from skyglobe.services.s3control.rules.jobs import checksum_in


class Held(NamedTuple):
    """The bytes of an object as it was, and what a report tells of it besides."""

    lease: Lease
    etag: str
    ends: list[int]
    """Where its parts end, in bytes from the beginning; empty when it has none."""


async def compute(delivery: Delivery, job: Job, task: Task) -> Outcome:
    """Return the checksum of one object as the outcome of its task; so is what goes wrong. Raises Failure."""
    algorithm, kind = checksum_in(job.request["Operation"]["S3ComputeObjectChecksum"] or {})
    try:
        held: Held = await delivery.transact(partial(_hold, job=job, task=task, kind=kind))
        digest, count = await asyncio.to_thread(_digest, held, algorithm)
    except ServiceError as error:
        told = {"failureMessage": f"Task {task.number} {error.message}", "errorCode": str(error.status)}
        return Outcome(False, 200, "PermanentFailure", f"error details: {json.dumps(told)}")
    told = {
        "checksum_base64": checksums.as_text(digest) + count,
        "etag": held.etag,
        "checksumAlgorithm": algorithm,
        "checksumType": kind,
        "checksum_hex": digest.hex().upper() + count,
    }
    return Outcome(True, message=json.dumps(told, separators=(",", ":")))


def _hold(scope: Scope, job: Job, task: Task, kind: str) -> Held:
    """Return the bytes of a task's object, as far as the job's role may read it. Raises S3's errors, Failure."""
    call = replicating.call_as(scope, principal_of(scope, job))
    home = places.get_home(call, task.bucket)
    refusal = call.refusal(needs.on_bucket(call, home, "GetObject", task.key, task.version or None))
    if refusal is not None:
        raise refusal
    there = call.within(home.owner, home.region)
    named: dict[str, Any] = {"Bucket": task.bucket, "Key": task.key}
    found = finding.get_object(call, there, {**named, "VersionId": task.version} if task.version else named)
    details = details_of(found)
    if details.encryption is not None and details.encryption.algorithm == CUSTOMER:
        raise invalid_request("SSE-C encryption type is not supported for this operation")
    if kind == COMPOSITE and not details.parts:
        raise invalid_request("The COMPOSITE checksum type can only be used with objects that were uploaded in parts")
    envelope = encrypting.opened(call, home.region, found.bucket, found.key, details.encryption)
    spans = reading.spans_of(there, details, 0, found.size_bytes)
    ends = reading.get_layout(there, details).ends if kind == COMPOSITE else []
    return Held(reading.lease(there, spans, envelope), found.etag, ends)


def _digest(held: Held, algorithm: str) -> tuple[bytes, str]:
    """Return a digest, and what is told behind it: how many parts it is made of. Blocks: for threads."""
    pieces = reading.pieces(held.lease)
    if not held.ends:
        whole = checksums.new(algorithm)
        for piece in pieces:
            whole.update(piece)
        return whole.digest(), ""
    parts = digests_of_parts(pieces, held.ends, algorithm)
    return checksums.digest_of(algorithm, b"".join(parts)), f"-{len(parts)}"


def digests_of_parts(pieces: Iterable[bytes], ends: list[int], algorithm: str) -> list[bytes]:
    """Return the digest of each part of some bytes, wherever the pieces they come in end."""
    digests: list[bytes] = []
    digest, at = checksums.new(algorithm), 0
    for piece in pieces:
        view = memoryview(piece)
        while view:
            some = view[: ends[len(digests)] - at]
            digest.update(some)
            at += len(some)
            view = view[len(some) :]
            if at == ends[len(digests)]:
                digests.append(digest.digest())
                digest = checksums.new(algorithm)
    return digests
