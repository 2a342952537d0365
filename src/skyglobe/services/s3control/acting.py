"""S3 Batch Operations act in sessions of the role a job names: what it may not do, no job does."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.outbox import Delivery
from skyglobe.kernel.principals import Principal
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.wire import whole_body
from skyglobe.services.s3 import role_sessions
from skyglobe.services.s3control.jobs import Job, job_arn

SERVICE = "batchoperations.s3"


class Failure(Exception):
    """A job that cannot go on: a code and a reason, as DescribeJob tells them."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def principal_of(scope: Scope, job: Job) -> Principal:
    """Return the principal of a session of a job's role, which must trust Batch Operations. Raises Failure."""
    role = job.request["RoleArn"]
    source = job_arn(scope, "*")
    try:
        return role_sessions.assume(scope, role, SERVICE, source, "s3-batch-operations")
    except ServiceError as error:
        raise Failure("AssumeRoleNotPermitted", f"The role {role} cannot be assumed: {error.message}") from error


async def caller_for(delivery: Delivery, job: Job) -> ServiceCaller:
    """Return a caller in a session of a job's role. Raises Failure."""
    principal = await delivery.transact(lambda scope: principal_of(scope, job))
    return ServiceCaller.of(delivery.kernel, delivery.account, delivery.region, principal)


async def read_object(caller: ServiceCaller, bucket: str, key: str, **more: Any) -> tuple[bytes, str]:
    """Return an object's bytes and ETag. Raises S3's ``ServiceError``."""
    answer = await caller.call("s3", "GetObject", {"Bucket": bucket, "Key": key, **more})
    return await whole_body(answer["Body"]), answer["ETag"].strip('"')
