"""Completion reports on their way: one file of tasks that succeeded, one of those that failed, and their manifest."""

from __future__ import annotations

from functools import partial
from hashlib import md5, sha1
from typing import Any

from skyglobe.kernel.outbox import Delivery
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3.rules.event_documents import instant
from skyglobe.services.s3control.acting import caller_for
from skyglobe.services.s3control.jobs import Job, tasks
from skyglobe.services.s3control.rules.jobs import bucket_of
from skyglobe.services.s3control.rules.reports import Line, Result, lines_of, manifest_of

PAGE = 2_000  # tasks read in one transaction
UNDELIVERED = "JobReportDeliveryFailed"


async def deliver(delivery: Delivery, job: Job) -> None:
    """Write a job's report, as its role may. Raises S3's ``ServiceError``, and Failure.

    Written again it replaces itself: the keys follow from the job.
    """
    report = job.request["Report"]
    bucket = bucket_of(report["Bucket"])
    folder = "/".join(filter(None, (report.get("Prefix", "").strip("/"), f"job-{job.id}")))
    owner: dict[str, Any] = {}
    if "ExpectedBucketOwner" in report:
        owner["ExpectedBucketOwner"] = report["ExpectedBucketOwner"]
    caller = await caller_for(delivery, job)

    async def put(key: str, body: bytes) -> str:
        await caller.call("s3", "PutObject", {"Bucket": bucket, "Key": key, "Body": body, **owner})
        return md5(body, usedforsecurity=False).hexdigest()

    lines: dict[str, list[Line]] = {"succeeded": [], "failed": []}
    after = 0
    while page := await delivery.transact(partial(_page, id_=job.id, after=after)):
        for line in page:
            if line.status:
                lines[line.status].append(line)
        after += len(page)
    if report["ReportScope"] == "FailedTasksOnly":
        del lines["succeeded"]
    results = []
    for status, found in lines.items():
        if found:
            name = sha1(f"{job.id} {status}".encode(), usedforsecurity=False).hexdigest()
            key = f"{folder}/results/{name}.csv"
            results.append(Result(status, bucket, key, await put(key, lines_of(found))))
    at = instant(await delivery.transact(lambda scope: scope.now))
    digest = await put(f"{folder}/manifest.json", manifest_of(at, results))
    await put(f"{folder}/manifest.json.md5", digest.encode())


def _page(scope: Scope, id_: str, after: int) -> list[Line]:
    return [
        Line(task.bucket, task.key, task.version, task.status, task.code, task.http, task.message)
        for task in tasks.scan(scope, id_, start=(after + 1,), limit=PAGE)
    ]
