"""Batch Operations jobs: created, described, listed, moved in line, confirmed and cancelled. ``batches`` does them."""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe.kernel.call import Call
from skyglobe.kernel.pagination import InvalidToken, page_of
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3control import batches, s3control
from skyglobe.services.s3control.jobs import Job, get_job, job_arn, jobs
from skyglobe.services.s3control.operations.job_tags import tags_in
from skyglobe.services.s3control.rules.jobs import ENDED, ENDING, BadJob, check_job, operation_in

MAX_JOBS = 1_000  # a page; ListJobs
_DESCRIBED = ("ConfirmationRequired", "Description", "Manifest", "Operation", "Report", "RoleArn", "ManifestGenerator")


@s3control.operation
def create_job(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Have an operation done on every object of a list, which is read first.

    Repeating a request returns the same job; another one under the same token is an IdempotencyException. Raises
    InvalidRequest, and NotImplemented for functions where there is no Lambda.
    """
    scope = call.within(request["AccountId"])
    try:
        check_job(request)
    except BadJob as error:
        raise s3control.error("InvalidRequest", error.message) from error
    if "LambdaInvoke" in request["Operation"] and call.kernel.services.find("lambda") is None:
        text = "The service lambda is not built or not enabled: nothing could be invoked."
        raise s3control.error("NotImplemented", text, status=501)
    token = request["ClientRequestToken"]
    before = next(jobs.scan_by(scope, "token", token, limit=1), None)
    if before is not None:
        if before.request != request:
            text = "A job with this ClientRequestToken and other parameters exists already"
            raise s3control.errors.IdempotencyException(text, status=400)
        return {"JobId": before.id}
    job = Job(
        id=call.kernel.ids.uuid(),
        order=call.kernel.next_order(),
        created_at=call.now,
        status="New",
        priority=request["Priority"],
        request=request,
        token=token,
        tags=tags_in(request.get("Tags") or []),
    )
    jobs.insert(scope, job)
    batches.prepare_later(scope, job)
    return {"JobId": job.id}


@s3control.operation
def describe_job(call: Call, account_id: str, job_id: str) -> dict[str, Any]:
    """Return all there is to tell of a job, until 90 days after its end. Raises NotFoundException."""
    scope = call.within(account_id)
    job = get_job(scope, job_id)
    told = {name: job.request[name] for name in _DESCRIBED if name in job.request}
    told |= {
        "JobId": job.id,
        "JobArn": job_arn(scope, job.id),
        "Status": job.status,
        "Priority": job.priority,
        "CreationTime": job.created_at / 1000,
        "ProgressSummary": _progress(scope, job),
    }
    if job.failures:
        told["FailureReasons"] = [{"FailureCode": code, "FailureReason": why[:256]} for code, why in job.failures]
    if job.ended_at is not None:
        told["TerminationDate"] = job.ended_at / 1000
    if job.suspended_at is not None:
        told |= {"SuspendedDate": job.suspended_at / 1000, "SuspendedCause": "AWAITING_CONFIRMATION"}
    if job.update_reason:
        told["StatusUpdateReason"] = job.update_reason
    if job.manifest is not None:
        told["GeneratedManifestDescriptor"] = job.manifest
    return {"Job": told}


def _progress(scope: Scope, job: Job) -> dict[str, Any]:
    active_for = job.active_for + (scope.now - job.active_since if job.active_since is not None else 0)
    told: dict[str, Any] = {
        "NumberOfTasksSucceeded": job.succeeded,
        "NumberOfTasksFailed": job.failed,
        "Timers": {"ElapsedTimeInActiveSeconds": active_for // 1000},
    }
    return told if job.total is None else {"TotalNumberOfTasks": job.total, **told}


@s3control.operation
def list_jobs(
    call: Call,
    account_id: str,
    job_statuses: list[str] | None = None,
    next_token: str | None = None,
    max_results: int = MAX_JOBS,
) -> dict[str, Any]:
    """Return a page of an account's jobs in a region, the newest first. Raises InvalidNextTokenException."""
    scope = call.within(account_id)
    wanted = frozenset(job_statuses or ())
    listing = f"jobs {','.join(sorted(wanted))}"
    rows = (job for job in jobs.scan_by(scope, "recency") if not wanted or job.status in wanted)
    try:
        page, token = page_of(scope, listing, rows, lambda job: job.recency, next_token, max_results or MAX_JOBS)
    except InvalidToken as error:
        raise s3control.errors.InvalidNextTokenException("The NextToken is not valid", status=400) from error
    told = [
        {
            "JobId": job.id,
            "Operation": operation_in(job.request["Operation"]),
            "Priority": job.priority,
            "Status": job.status,
            "CreationTime": job.created_at / 1000,
            "ProgressSummary": _progress(scope, job),
            **({"Description": job.request["Description"]} if "Description" in job.request else {}),
            **({"TerminationDate": job.ended_at / 1000} if job.ended_at is not None else {}),
        }
        for job in page
    ]
    return {"Jobs": told} if token is None else {"Jobs": told, "NextToken": token}


@s3control.operation
def update_job_priority(call: Call, account_id: str, job_id: str, priority: int) -> dict[str, Any]:
    """Move a job in line. Raises NotFoundException, and BadRequestException for one that has ended."""
    scope = call.within(account_id)
    job = get_job(scope, job_id)
    if job.status in ENDED or job.status in ENDING:
        text = f"The priority of a job in the state {job.status} cannot be changed"
        raise s3control.errors.BadRequestException(text, status=400)
    jobs.replace(scope, job, msgspec.structs.replace(job, priority=priority))
    return {"JobId": job.id, "Priority": priority}


@s3control.operation
def update_job_status(
    call: Call, account_id: str, job_id: str, requested_job_status: str, status_update_reason: str = ""
) -> dict[str, Any]:
    """Confirm a suspended job (Ready), or cancel one that has not ended.

    Raises NotFoundException, JobStatusException.
    """
    scope = call.within(account_id)
    job = get_job(scope, job_id)
    may = job.status == "Suspended" if requested_job_status == "Ready" else job.status not in {*ENDED, *ENDING}
    if not may:
        text = f"The requested job status {requested_job_status} is not valid for a job in the state {job.status}"
        raise s3control.errors.JobStatusException(text, status=400)
    status = "Ready" if requested_job_status == "Ready" else "Cancelling"
    changed = msgspec.structs.replace(job, status=status, update_reason=status_update_reason, suspended_at=None)
    jobs.replace(scope, job, changed)
    batches.go_on(scope)
    told = {"JobId": job.id, "Status": status}
    return {**told, "StatusUpdateReason": status_update_reason} if status_update_reason else told
