"""What jobs fetched."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.glacier import glacier, keeping, refusals
from skyglobe.services.glacier.finding import get_job, get_vault
from skyglobe.services.glacier.rules.inventories import TYPES
from skyglobe.services.glacier.rules.ranges import Span, output_range


@glacier.operation
def get_job_output(
    call: Call,
    account_id: str,
    vault_name: str,
    job_id: str,
    range: str | None = None,
) -> dict[str, Any]:
    """Return what a job fetched, or a range of it.

    The tree hash comes with an archive, or a range of one, that is fetched whole. Raises ResourceNotFoundException,
    InvalidParameterValueException while the job is under way.
    """
    scope, vault = get_vault(call, account_id, vault_name)
    job = get_job(scope, vault.id, job_id)
    if not job.completed_at:
        raise refusals.invalid(f"The job is not currently available for download: {job_id}")
    span: Span | None = Span(0, job.output_bytes)
    if range:
        span = output_range(range, job.output_bytes)
        if span is None:
            raise refusals.invalid(f"Invalid range: {range}")
    assert span is not None
    answer: dict[str, Any] = {
        "body": keeping.lease(scope, job.extents, job.start + span.start, span.length),
        "status": 206 if range else 200,
        "acceptRanges": "bytes",
        "contentType": TYPES.get(job.format, "application/octet-stream"),
    }
    if range:
        answer["contentRange"] = f"bytes {span.start}-{span.last}/{job.output_bytes}"
    if job.tree_hash and span.length == job.output_bytes:
        answer["checksum"] = job.tree_hash
    if job.archive_description:
        answer["archiveDescription"] = job.archive_description
    return answer
