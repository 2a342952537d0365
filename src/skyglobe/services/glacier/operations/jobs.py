"""Jobs that fetch archives and inventories: begun, described, listed."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.services.glacier import capacity, glacier, keeping, refusals, storing
from skyglobe.services.glacier.finding import (
    JOB_ID_BYTES,
    Place,
    find_archive,
    get_job,
    get_vault,
    limit_of,
    new_id,
    place_of,
)
from skyglobe.services.glacier.operations.notifications import check_topic
from skyglobe.services.glacier.records import Job, Vault, jobs, retrieved
from skyglobe.services.glacier.rules.inventories import TYPES
from skyglobe.services.glacier.rules.ranges import Span, retrieval_range
from skyglobe.services.glacier.rules.retrievals import INVENTORY_TAKES, TAKES
from skyglobe.services.glacier.rules.times import instant_of, month_of, text_of

PAGE = 50  # ListJobs, API reference
MAX_INVENTORY = 1_000_000_000  # archives of one inventory job; no bound of AWS's, only of what a number may be
STATUSES = frozenset(("InProgress", "Succeeded", "Failed"))


@glacier.operation
def initiate_job(
    call: Call, account_id: str, vault_name: str, job_parameters: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Begin to fetch an archive, a range of one, or the vault's last inventory.

    Raises ResourceNotFoundException, PolicyEnforcedException, InsufficientCapacityException, and
    NoLongerSupportedException for Select.
    """
    place = get_vault(call, account_id, vault_name)
    asked = job_parameters or {}
    kind = asked.get("Type")
    if not kind:
        raise refusals.missing("Required parameter missing: Type")
    if asked.get("SNSTopic"):
        check_topic(asked["SNSTopic"])
    storing.check_description(asked.get("Description", ""))
    if kind == "archive-retrieval":
        job, takes = _archive_job(call, place, asked)
    elif kind == "inventory-retrieval":
        job, takes = _inventory_job(call, place, asked), INVENTORY_TAKES
    elif kind == "select":
        text = "Amazon Glacier Select is no longer supported. Restore the archive and query it elsewhere."
        raise refusals.no_longer_supported(text)
    else:
        raise refusals.invalid(f"Invalid job type: {kind}")
    jobs.insert(place.scope, job)
    set_timer(place.scope, "glacier", "job", f"{job.vault}/{job.order}", place.scope.now + takes)
    return {"location": place_of(place, "jobs", job.id), "jobId": job.id}


def _archive_job(call: Call, place: Place, asked: dict[str, Any]) -> tuple[Job, int]:
    """Return a retrieval, and how long it takes in milliseconds."""
    scope, vault = place
    archive_id = asked.get("ArchiveId")
    if not archive_id:
        raise refusals.missing("Required parameter missing: ArchiveId")
    tier = asked.get("Tier") or "Standard"
    if tier not in TAKES:
        raise refusals.invalid(f"Invalid tier: {tier}")
    archive = find_archive(scope, vault.id, archive_id)
    if archive is None:
        raise refusals.not_found(f"The archive ID was not found: {archive_id}")
    span: Span | None = Span(0, archive.size_bytes)
    if asked.get("RetrievalByteRange"):
        span = retrieval_range(asked["RetrievalByteRange"], archive.size_bytes)
        if span is None:
            raise refusals.invalid(f"Invalid retrieval byte range: {asked['RetrievalByteRange']}")
    assert span is not None
    if tier == "Standard":
        capacity.check_policy(scope, span.length)
        retrieved.add(scope, month_of(scope.now), span.length)
    if tier == "Expedited":
        capacity.check_expedited(scope)
    order = scope.kernel.next_order()
    is_whole = span.length == archive.size_bytes
    job = Job(
        vault=vault.id,
        order=order,
        id=new_id(scope.kernel.ids, order, JOB_ID_BYTES),
        action="ArchiveRetrieval",
        created_at=scope.now,
        description=asked.get("Description", ""),
        topic=asked.get("SNSTopic", ""),
        tier=tier,
        archive_id=archive.id,
        archive_description=archive.description,
        archive_bytes=archive.size_bytes,
        archive_tree_hash=archive.tree_hash,
        start=span.start,
        output_bytes=span.length,
        tree_hash=archive.tree_hash if is_whole else "",
        extents=tuple(keeping.share(scope, archive.extents)),
    )
    return job, TAKES[tier]


def _inventory_job(call: Call, place: Place, asked: dict[str, Any]) -> Job:
    scope, vault = place
    if not vault.inventoried_at:
        raise refusals.not_found(f"No inventory is available for vault: {vault.arn}")
    form = asked.get("Format") or "JSON"
    if form not in TYPES:
        raise refusals.invalid(f"Invalid format: {form}")
    wanted = asked.get("InventoryRetrievalParameters") or {}
    since, until = (_instant(wanted, name) for name in ("StartDate", "EndDate"))
    limit = limit_of(wanted["Limit"], 0, MAX_INVENTORY) if wanted.get("Limit") else 0
    order = scope.kernel.next_order()
    return Job(
        vault=vault.id,
        order=order,
        id=new_id(scope.kernel.ids, order, JOB_ID_BYTES),
        action="InventoryRetrieval",
        created_at=scope.now,
        description=asked.get("Description", ""),
        topic=asked.get("SNSTopic", ""),
        format=form,
        since=since,
        until=until,
        limit=limit,
        marker=_marker(scope, vault, wanted),
    )


def _instant(wanted: dict[str, Any], name: str) -> int:
    text = wanted.get(name)
    if not text:
        return 0
    instant = instant_of(text)
    if instant is None:
        raise refusals.invalid(f"Invalid {name}: {text}")
    return instant


def _marker(scope: Scope, vault: Vault, wanted: dict[str, Any]) -> str:
    marker: str = wanted.get("Marker") or ""
    if marker and not marker.isdecimal():
        raise refusals.invalid(f"Invalid marker: {marker}")
    return marker


@glacier.operation
def describe_job(call: Call, account_id: str, vault_name: str, job_id: str) -> dict[str, Any]:
    """Describe a job. Raises ResourceNotFoundException, also a day after its end."""
    scope, vault = get_vault(call, account_id, vault_name)
    return described(vault, get_job(scope, vault.id, job_id))


@glacier.operation
def list_jobs(
    call: Call,
    account_id: str,
    vault_name: str,
    limit: str | None = None,
    marker: str | None = None,
    statuscode: str | None = None,
    completed: str | None = None,
) -> dict[str, Any]:
    """Return a page of jobs by when they were begun, of one status or of those that are completed or not."""
    scope, vault = get_vault(call, account_id, vault_name)
    count = limit_of(limit, PAGE, PAGE)
    if statuscode is not None and statuscode not in STATUSES:
        raise refusals.invalid(f"Invalid statuscode: {statuscode}")
    if completed is not None and completed not in ("true", "false"):
        raise refusals.invalid(f"Invalid completed: {completed}")
    start = (get_job(scope, vault.id, marker).order,) if marker else None
    found: list[Job] = []
    for job in jobs.scan(scope, vault.id, start=start):
        if statuscode in (None, job.status) and completed in (None, "true" if job.completed_at else "false"):
            found.append(job)
        if len(found) > count:
            break
    told = [described(vault, job) for job in found[:count]]
    return {"JobList": told, "Marker": found[count].id if len(found) > count else None}


def described(vault: Vault, job: Job) -> dict[str, Any]:
    """Return what is told of a job, to who asks and in notifications."""
    told: dict[str, Any] = {
        "JobId": job.id,
        "Action": job.action,
        "VaultARN": vault.arn,
        "CreationDate": text_of(job.created_at),
        "Completed": bool(job.completed_at),
        "StatusCode": job.status,
    }
    if job.description:
        told["JobDescription"] = job.description
    if job.topic:
        told["SNSTopic"] = job.topic
    if job.completed_at:
        told |= {"CompletionDate": text_of(job.completed_at), "StatusMessage": job.message}
    if job.action == "ArchiveRetrieval":
        told |= {
            "ArchiveId": job.archive_id,
            "ArchiveSizeInBytes": job.archive_bytes,
            "ArchiveSHA256TreeHash": job.archive_tree_hash,
            "RetrievalByteRange": f"{job.start}-{job.start + job.output_bytes - 1}",
            "Tier": job.tier,
        }
        if job.tree_hash:
            told["SHA256TreeHash"] = job.tree_hash
        return told
    if job.completed_at:
        told["InventorySizeInBytes"] = job.output_bytes
    told["InventoryRetrievalParameters"] = _parameters(job)
    return told


def _parameters(job: Job) -> dict[str, str]:
    told = {"Format": job.format}
    if job.since:
        told["StartDate"] = text_of(job.since)
    if job.until:
        told["EndDate"] = text_of(job.until)
    if job.limit:
        told["Limit"] = str(job.limit)
    if job.next_marker:
        told["Marker"] = job.next_marker
    return told
