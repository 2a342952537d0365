"""What Batch Operations keep: jobs, and the tasks of those that have not ended."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Record, Table
from skyglobe.services.s3control import s3control
from skyglobe.services.s3control.rules.jobs import ENDING, MAX_PRIORITY, RUNNABLE


class Job(Record, frozen=True):
    """One bulk action."""

    id: str
    order: int
    """Grows with every job."""
    created_at: Instant
    status: str
    priority: int
    request: dict[str, Any]
    """CreateJob's parameters."""
    token: str
    """ClientRequestToken, under which it was asked for."""
    tags: dict[str, str]
    total: int | None = None
    """How many tasks; None until the manifest was read."""
    succeeded: int = 0
    failed: int = 0
    failures: tuple[tuple[str, str], ...] = ()
    """Why it failed: code and reason."""
    active_since: Instant | None = None
    active_for: int = 0
    """Milliseconds it was active before ``active_since``."""
    suspended_at: Instant | None = None
    ended_at: Instant | None = None
    update_reason: str = ""
    manifest: dict[str, Any] | None = None
    """GeneratedManifestDescriptor, where S3 wrote the list itself."""

    @property
    def done(self) -> int:
        return self.succeeded + self.failed

    @property
    def line(self) -> str | None:
        """Its place among those there is something to do for: those that end, then by priority and age."""
        if self.status in ENDING:
            return f"0{self.order:020d}"
        if self.status in RUNNABLE:
            return f"1{MAX_PRIORITY - self.priority:010d}{self.order:020d}"
        return None

    @property
    def recency(self) -> str:
        """Sorts the newest first."""
        return f"{(1 << 64) - 1 - self.order:020d}"


class Task(Record, frozen=True):
    """What a job does to one object."""

    job: str
    number: int
    """From 1, in the order of the manifest."""
    bucket: str
    key: str
    version: str = ""
    status: str = ""
    """``succeeded`` or ``failed``; empty while it was not done."""
    code: str = ""
    http: int = 0
    message: str = ""


jobs: Table[Job] = Table(
    "s3control.jobs", Job, key=("id",), indexes={"line": ("line",), "token": ("token",), "recency": ("recency",)}
)
tasks: Table[Task] = Table("s3control.tasks", Task, key=("job", "number"))


def job_arn(scope: Scope, id_: str) -> str:
    return f"arn:{scope.partition}:s3:{scope.region}:{scope.account}:job/{id_}"


def get_job(scope: Scope, id_: str) -> Job:
    """Return a job. Raises NotFoundException."""
    found = jobs.find(scope, id_)
    if found is None:
        raise s3control.errors.NotFoundException("The specified job does not exist", status=404)
    return found
