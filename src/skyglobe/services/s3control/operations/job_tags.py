"""Tags of Batch Operations jobs."""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.resources import check_tags
from skyglobe.services.s3control import s3control
from skyglobe.services.s3control.jobs import get_job, jobs


@s3control.operation
def get_job_tagging(call: Call, account_id: str, job_id: str) -> dict[str, Any]:
    """Return a job's tags. Raises NotFoundException."""
    job = get_job(call.within(account_id), job_id)
    return {"Tags": [{"Key": key, "Value": value} for key, value in job.tags.items()]}


@s3control.operation
def put_job_tagging(call: Call, account_id: str, job_id: str, tags: list[dict[str, str]]) -> dict[str, Any]:
    """Replace a job's tags, 50 at most. Raises NotFoundException, TooManyTagsException, InvalidTag."""
    scope = call.within(account_id)
    job = get_job(scope, job_id)
    jobs.replace(scope, job, msgspec.structs.replace(job, tags=tags_in(tags)))
    return {}


@s3control.operation
def delete_job_tagging(call: Call, account_id: str, job_id: str) -> dict[str, Any]:
    """Remove a job's tags. Raises NotFoundException."""
    scope = call.within(account_id)
    job = get_job(scope, job_id)
    jobs.replace(scope, job, msgspec.structs.replace(job, tags={}))
    return {}


def tags_in(given: list[dict[str, str]]) -> dict[str, str]:
    """Return tags as a request has them. Raises TooManyTagsException, InvalidTag."""
    tags = {tag["Key"]: tag["Value"] for tag in given}
    if len(tags) < len(given):
        raise _invalid("Cannot provide multiple Tags with the same key")
    check_tags(tags, _invalid, s3control.errors.TooManyTagsException)
    return tags


def _invalid(message: str) -> ServiceError:
    return s3control.error("InvalidTag", message)
