"""Batch Operations at work: manifests become tasks, tasks are done in the order of priority, reports are written.

Everything a job still has to do is told by its record and its tasks. A letter does one step and posts the next one
with what it kept, so that a job goes on where it was, whenever the process died. The tasks of one step may then be done
again, as at AWS.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import islice
from typing import Any

import msgspec

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.outbox import MAX_ATTEMPTS, Delivery, post
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.services.s3control import checksumming, reporting, s3control
from skyglobe.services.s3control.acting import Failure, caller_for
from skyglobe.services.s3control.doing import Outcome, do_task, replicate_tasks
from skyglobe.services.s3control.jobs import Job, Task, jobs, tasks
from skyglobe.services.s3control.listing import rows_of
from skyglobe.services.s3control.rules.jobs import ENDED, ENDING, KEPT_FOR, RUNNABLE, operation_in, too_many_failed
from skyglobe.services.s3control.rules.manifests import Row

STEP = 200
"""Tasks done between two commits of a job's progress."""
AT_ONCE = 16
"""Of these, how many at the same time."""
WRITTEN = 500
"""Tasks written or removed in one transaction."""
_LANE = "batches"


def prepare_later(scope: Scope, job: Job) -> None:
    """Have a job's manifest read."""
    post(scope, s3control.name, "prepare", {"job": job.id})


def go_on(scope: Scope) -> None:
    """Have the next step done for whichever job of the account and region is first in line."""
    post(scope, s3control.name, "step", {}, lane=_LANE)


@s3control.consumer("prepare")
async def prepare(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Turn a job's manifest into tasks; the job is ready then, or waits for its confirmation."""
    job = await delivery.transact(lambda scope: _begin_preparing(scope, payload["job"]))
    if job is None:
        return
    try:
        await _drop_tasks(delivery, job.id)  # of an attempt before
        total, manifest = await _write_tasks(delivery, job)
    except Failure as failure:
        await delivery.transact(partial(_fail, id_=job.id, failure=failure))
    except Exception as error:
        if delivery.attempt < MAX_ATTEMPTS:
            raise
        await delivery.transact(partial(_fail, id_=job.id, failure=Failure("InternalFailure", repr(error))))
    else:
        goes_on = await delivery.transact(lambda scope: _end_preparing(scope, job.id, total, manifest))
        if not goes_on:
            await _drop_tasks(delivery, job.id)


def _begin_preparing(scope: Scope, id_: str) -> Job | None:
    job = jobs.find(scope, id_)
    if job is None or job.status not in ("New", "Preparing"):
        return None
    preparing = msgspec.structs.replace(job, status="Preparing")
    jobs.replace(scope, job, preparing)
    return preparing


async def _write_tasks(delivery: Delivery, job: Job) -> tuple[int, dict[str, Any] | None]:
    """Write a task for each row of the manifest. Returns how many, and what to tell of a list S3 made.

    Raises Failure.
    """
    rows, manifest = await rows_of(delivery, job)
    number = 0
    while batch := await asyncio.to_thread(lambda: list(islice(rows, WRITTEN))):
        await delivery.transact(partial(_insert, job=job.id, rows=batch, after=number))
        number += len(batch)
    return number, manifest


def _insert(scope: Scope, job: str, rows: list[Row], after: int) -> None:
    for number, row in enumerate(rows, after + 1):
        made = Task(job=job, number=number, bucket=row.bucket, key=row.key, version=row.version)
        tasks.insert(scope, made)


def _end_preparing(scope: Scope, id_: str, total: int, manifest: dict[str, Any] | None) -> bool:
    """Note that all tasks are there; return whether anybody still wants them."""
    job = jobs.find(scope, id_)
    if job is None or job.status in ENDED:
        return False
    counted = msgspec.structs.replace(job, total=total, manifest=manifest)
    if job.status == "Preparing":
        waits = job.request.get("ConfirmationRequired", False)  # of the console's jobs only, if nobody says so
        status, at = ("Suspended", scope.now) if waits else ("Ready", None)
        counted = msgspec.structs.replace(counted, status=status, suspended_at=at)
    jobs.replace(scope, job, counted)
    go_on(scope)
    return True


def _fail(scope: Scope, id_: str, failure: Failure) -> None:
    """Have a job end as failed, and tell why."""
    job = jobs.find(scope, id_)
    if job is not None and job.status not in ENDED:
        failures = (*job.failures, (failure.code, failure.reason))
        jobs.replace(scope, job, msgspec.structs.replace(job, status="Failing", failures=failures))
        go_on(scope)


@s3control.consumer("step")
async def step(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Do some tasks of the first job in line, or end it. Nothing happens when no job is ready."""
    job = await delivery.transact(_pick)
    if job is None:
        return
    try:
        if job.status in ENDING:
            await _end(delivery, job)
        else:
            await _do_some(delivery, job)
    except Failure as failure:
        await delivery.transact(partial(_fail, id_=job.id, failure=failure))
    except Exception as error:
        if delivery.attempt < MAX_ATTEMPTS:
            raise
        await delivery.transact(partial(_give_up, id_=job.id, failure=Failure("InternalFailure", repr(error))))


def _pick(scope: Scope) -> Job | None:
    """Return the first job in line, made active; another one that was is paused."""
    first = next(jobs.scan_by(scope, "line", limit=1), None)
    if first is None or first.status in ENDING or first.status == "Active":
        return first
    for other in list(jobs.scan_by(scope, "line")):
        if other.status == "Active":
            jobs.replace(scope, other, _stopped(scope, other, "Paused"))
    active = msgspec.structs.replace(first, status="Active", active_since=scope.now)
    jobs.replace(scope, first, active)
    return active


def _stopped(scope: Scope, job: Job, status: str) -> Job:
    """Return a job that is active no more."""
    active_for = job.active_for + (scope.now - job.active_since if job.active_since is not None else 0)
    return msgspec.structs.replace(job, status=status, active_since=None, active_for=active_for)


async def _do_some(delivery: Delivery, job: Job) -> None:
    """Do the next tasks of a job and keep how they went. Raises Failure."""
    batch = await delivery.transact(lambda scope: list(tasks.scan(scope, job.id, start=(job.done + 1,), limit=STEP)))
    operation = operation_in(job.request["Operation"])
    if operation == "S3ReplicateObject":
        outcomes = await delivery.transact(lambda scope: replicate_tasks(scope, job, batch))
    elif operation == "S3ComputeObjectChecksum":
        outcomes = await _in_turns(batch, partial(checksumming.compute, delivery, job))
    else:
        if operation == "LambdaInvoke":
            delivery.stand_aside()
        outcomes = await _in_turns(batch, partial(do_task, await caller_for(delivery, job), job))
    await delivery.transact(lambda scope: _keep(scope, job, batch, outcomes))


async def _in_turns(batch: list[Task], do: Callable[[Task], Awaitable[Outcome]]) -> list[Outcome]:
    """Do tasks, some of them at the same time; return how they went, in their order."""
    outcomes: list[Outcome] = []
    for start in range(0, len(batch), AT_ONCE):
        outcomes += await asyncio.gather(*(do(task) for task in batch[start : start + AT_ONCE]))
    return outcomes


def _keep(scope: Scope, before: Job, batch: list[Task], outcomes: list[Outcome]) -> None:
    """Write how tasks went, and what is next for their job."""
    job = jobs.find(scope, before.id)
    if job is None or job.done != before.done:
        return  # the store was exchanged in the meantime
    for task, outcome in zip(batch, outcomes, strict=True):
        done = msgspec.structs.replace(
            task,
            status="succeeded" if outcome.is_success else "failed",
            code=outcome.code,
            http=outcome.http,
            message=outcome.message,
        )
        tasks.replace(scope, task, done)
    good = sum(outcome.is_success for outcome in outcomes)
    counted = msgspec.structs.replace(job, succeeded=job.succeeded + good, failed=job.failed + len(batch) - good)
    if job.status in RUNNABLE and too_many_failed(counted.succeeded, counted.failed):
        text = "More than half of the tasks failed: the job exceeded the failure threshold of 50 %"
        failures = (*job.failures, ("FailureThresholdExceeded", text))
        counted = _stopped(scope, msgspec.structs.replace(counted, failures=failures), "Failing")
    elif job.status in RUNNABLE and counted.done >= (job.total or 0):
        counted = _stopped(scope, counted, "Completing")
    jobs.replace(scope, job, counted)
    go_on(scope)


async def _end(delivery: Delivery, job: Job) -> None:
    """Write a job's report, forget its tasks, and end it. Raises Failure when the report cannot be delivered."""
    report = job.request["Report"]
    # As long as one task was begun, there is a report; user guide, "Completion reports".
    is_told = any(code == reporting.UNDELIVERED for code, _ in job.failures)
    if report["Enabled"] and job.done and not is_told:
        try:
            await reporting.deliver(delivery, job)
        except ServiceError as error:
            if error.status >= 500:
                raise
            raise Failure(reporting.UNDELIVERED, f"The report could not be delivered: {error.message}") from error
    await _drop_tasks(delivery, job.id)
    await delivery.transact(lambda scope: _ended(scope, job.id))


def _ended(scope: Scope, id_: str) -> None:
    job = jobs.find(scope, id_)
    if job is not None and job.status in ENDING:
        jobs.replace(scope, job, _at_rest(scope, job, ENDING[job.status]))
        set_timer(scope, s3control.name, "forget-job", id_, scope.now + KEPT_FOR)
        go_on(scope)


def _at_rest(scope: Scope, job: Job, status: str) -> Job:
    return msgspec.structs.replace(_stopped(scope, job, status), ended_at=scope.now, suspended_at=None)


def _give_up(scope: Scope, id_: str, failure: Failure) -> None:
    """End a job that cannot even be ended: what it was doing fails for reasons of our own."""
    job = jobs.find(scope, id_)
    if job is not None and job.status not in ENDED:
        failures = (*job.failures, (failure.code, failure.reason))
        jobs.replace(scope, job, _at_rest(scope, msgspec.structs.replace(job, failures=failures), "Failed"))
        set_timer(scope, s3control.name, "forget-job", id_, scope.now + KEPT_FOR)
        go_on(scope)


async def _drop_tasks(delivery: Delivery, id_: str) -> None:
    while await delivery.transact(lambda scope: _drop_some(scope, id_)):
        pass


def _drop_some(scope: Scope, id_: str) -> int:
    some = list(tasks.scan(scope, id_, limit=WRITTEN))
    for task in some:
        tasks.delete(scope, task)
    return len(some)


@s3control.timer("forget-job")
def forget(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Forget a job that ended 90 days ago."""
    job = jobs.find(scope, key)
    if job is not None:
        jobs.delete(scope, job)
