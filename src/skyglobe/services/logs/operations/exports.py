"""Export tasks: a group's events copied into a bucket."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.outbox import post
from skyglobe.services.logs import logs
from skyglobe.services.logs.finding import get_group
from skyglobe.services.logs.paging import DEFAULT_LISTED, page
from skyglobe.services.logs.records import ExportTask, export_tasks
from skyglobe.services.logs.refusals import invalid, not_found, over_limit
from skyglobe.services.logs.rules.exports import DEFAULT_PREFIX

MAX_KEPT = 1_000  # tasks; of more, the oldest are forgotten


@logs.operation
def create_export_task(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Begin to copy a group's events of some time into a bucket. Raises LimitExceededException during another."""
    group = get_group(call, request["logGroupName"])
    starts_at, ends_at = request["from"], request["to"]
    if starts_at > ends_at or ends_at < group.created_at:
        raise invalid("The specified time range is invalid.")
    if group.kind != "STANDARD":
        raise invalid(f"Export tasks are not supported on log groups of the {group.kind} log class.")
    if next(export_tasks.scan_by(call, "active", limit=1), None) is not None:
        raise over_limit("Resource limit exceeded.")
    task = ExportTask(
        id=call.kernel.ids.uuid(),
        name=request.get("taskName", ""),
        group=group.number,
        group_name=group.id,
        prefix=request.get("logStreamNamePrefix", ""),
        starts_at=starts_at,
        ends_at=ends_at,
        bucket=request["destination"],
        key_prefix=request.get("destinationPrefix") or DEFAULT_PREFIX,
        status="PENDING",
        message="",
        created_at=call.now,
    )
    export_tasks.insert(call, task)
    _forget_oldest(call)
    post(call, "logs", "export", {"id": task.id})
    return {"taskId": task.id}


def _forget_oldest(call: Call) -> None:
    kept = sorted(export_tasks.scan(call), key=lambda task: task.created_at)
    for task in kept[: max(len(kept) - MAX_KEPT, 0)]:
        if not task.is_active:
            export_tasks.delete(call, task)


@logs.operation
def cancel_export_task(call: Call, task_id: str) -> None:
    """Stop an export. What was copied stays. Raises InvalidOperationException when it has ended."""
    task = export_tasks.find(call, task_id)
    if task is None:
        raise not_found("export task")
    if not task.is_active:
        raise logs.errors.InvalidOperationException("The specified export task has already finished")
    done = replace(task, status="CANCELLED", message="Cancelled", completed_at=call.now)
    export_tasks.replace(call, task, done)


@logs.operation
def describe_export_tasks(
    call: Call,
    task_id: str | None = None,
    status_code: str | None = None,
    next_token: str | None = None,
    limit: int = DEFAULT_LISTED,
) -> dict[str, Any]:
    """List exports, or those of one id or status."""
    rows = [
        task for task in export_tasks.scan(call) if task_id in (None, task.id) and status_code in (None, task.status)
    ]
    listing = f"exports:{task_id}:{status_code}"
    shown, following = page(call, listing, rows, lambda task: task.id, next_token, limit)
    return {"exportTasks": [_shown(task) for task in shown], **following}


def _shown(task: ExportTask) -> dict[str, Any]:
    info = {"creationTime": task.created_at}
    if task.completed_at is not None:
        info["completionTime"] = task.completed_at
    shown: dict[str, Any] = {
        "taskId": task.id,
        "logGroupName": task.group_name,
        "from": task.starts_at,
        "to": task.ends_at,
        "destination": task.bucket,
        "destinationPrefix": task.key_prefix,
        "status": {"code": task.status, "message": task.message},
        "executionInfo": info,
    }
    return {**shown, "taskName": task.name} if task.name else shown
