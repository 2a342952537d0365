"""StartMessageMoveTask, ListMessageMoveTasks, CancelMessageMoveTask: the redrive of dead-letter queues."""

from __future__ import annotations

import base64
import json
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.services.sqs import sqs
from skyglobe.services.sqs.access import Found, find_queue_by_arn
from skyglobe.services.sqs.backlog import Backlog
from skyglobe.services.sqs.records import MoveTask, move_tasks, queues
from skyglobe.services.sqs.refusals import invalid_parameter, invalid_value, missing

MAX_RATE = 500  # messages a second; API reference of StartMessageMoveTask
MAX_ACTIVE = 100  # tasks of an account; SQS quotas, "Active message movement tasks"
MAX_LISTED = 10  # API reference of ListMessageMoveTasks; older tasks are forgotten


@sqs.operation
def start_message_move_task(
    call: Call,
    source_arn: str = "",
    destination_arn: str | None = None,
    max_number_of_messages_per_second: int | None = None,
) -> dict[str, Any]:
    """Begin to move a dead-letter queue's messages back to where they came from, or to another queue."""
    source = _get_source(call, source_arn)
    rate = max_number_of_messages_per_second
    if rate is not None and not 1 <= rate <= MAX_RATE:
        raise invalid_value(rate, "MaxNumberOfMessagesPerSecond", f"Must be between 1 and {MAX_RATE}, if provided.")
    if next(queues.scan_by(source.scope, "dead_letters", source_arn, limit=1), None) is None:
        raise invalid_parameter("Source queue must be configured as a Dead Letter Queue.")
    if destination_arn is not None:
        _check_destination(call, source, destination_arn)
    if any(task.is_active for task in move_tasks.scan(source.scope, source_arn)):
        raise invalid_parameter(
            "There is already a task running. Only one active task is allowed for a source queue arn at a given time."
        )
    if len(list(move_tasks.scan_by(source.scope, "active", True, limit=MAX_ACTIVE))) == MAX_ACTIVE:
        raise sqs.errors.UnsupportedOperation(f"At most {MAX_ACTIVE} message movement tasks can be active.")
    return {"TaskHandle": task_handle(_begin(source, destination_arn, rate))}


def _begin(source: Found, destination_arn: str | None, rate: int | None) -> MoveTask:
    scope, queue = source
    backlog = Backlog(scope, queue)
    visible, _, _ = backlog.counts()
    task = MoveTask(
        source_arn=queue.arn,
        order=scope.kernel.next_order(),
        id=scope.kernel.ids.uuid(),
        source=queue.id,
        destination_arn=destination_arn,
        rate=rate,
        started_at=scope.now,
        to_move=visible,
    )
    backlog.save()
    _forget_old_tasks(scope, queue.arn)
    move_tasks.insert(scope, task)
    set_timer(scope, "sqs", "move", task.id, scope.now, {"source_arn": queue.arn, "order": task.order})
    return task


def _forget_old_tasks(scope: Scope, source_arn: str) -> None:
    known = list(move_tasks.scan(scope, source_arn, reverse=True))
    for task in known[MAX_LISTED - 1 :]:
        move_tasks.delete(scope, task)


@sqs.operation
def list_message_move_tasks(call: Call, source_arn: str = "", max_results: int | None = None) -> dict[str, Any]:
    """Return the most recent redrives of a queue, the last one first."""
    limit = 1 if max_results is None else max_results
    if not 1 <= limit <= MAX_LISTED:
        raise invalid_value(limit, "MaxResults", f"Must be between 1 and {MAX_LISTED}, if provided.")
    source = _get_source(call, source_arn)
    tasks = move_tasks.scan(source.scope, source_arn, limit=limit, reverse=True)
    return {"Results": [_shown(task) for task in tasks]}


def _shown(task: MoveTask) -> dict[str, Any]:
    shown = {
        "Status": task.status,
        "SourceArn": task.source_arn,
        "ApproximateNumberOfMessagesMoved": task.moved,
        "ApproximateNumberOfMessagesToMove": task.to_move,
        "StartedTimestamp": task.started_at,
    }
    if task.status == "RUNNING":
        shown["TaskHandle"] = task_handle(task)
    if task.destination_arn is not None:
        shown["DestinationArn"] = task.destination_arn
    if task.rate is not None:
        shown["MaxNumberOfMessagesPerSecond"] = task.rate
    if task.failure:
        shown["FailureReason"] = task.failure
    return shown


@sqs.operation
def cancel_message_move_task(call: Call, task_handle: str = "") -> dict[str, Any]:
    """Stop a redrive. What was moved stays moved."""
    if not task_handle:
        raise missing("TaskHandle")
    source_arn, task_id = _parse_handle(task_handle)
    source = _get_source(call, source_arn)
    task = next((task for task in move_tasks.scan(source.scope, source_arn) if task.id == task_id), None)
    if task is None:
        raise sqs.errors.ResourceNotFoundException("Task does not exist.")
    if task.status != "RUNNING":
        raise invalid_parameter("Only active tasks can be cancelled.")
    move_tasks.replace(source.scope, task, replace(task, status="CANCELLING"))
    payload = {"source_arn": task.source_arn, "order": task.order}
    set_timer(source.scope, "sqs", "move", task.id, source.scope.now, payload)
    return {"ApproximateNumberOfMessagesMoved": task.moved}


def task_handle(task: MoveTask) -> str:
    """Return what clients know a task by."""
    content = json.dumps({"taskId": task.id, "sourceArn": task.source_arn}, separators=(",", ":"))
    return base64.b64encode(content.encode()).decode()


def _parse_handle(handle: str) -> tuple[str, str]:
    try:
        content = json.loads(base64.b64decode(handle, validate=True))
        return str(content["sourceArn"]), str(content["taskId"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise invalid_value(handle, "TaskHandle", "The specified task handle is invalid.") from error


def _get_source(call: Call, source_arn: str) -> Found:
    if not source_arn:
        raise missing("SourceArn")
    source = find_queue_by_arn(call, source_arn)
    if source is None or source.queue.owner != call.account or source.scope.region != call.region:
        raise _not_found("SourceArn")
    return source


def _check_destination(call: Call, source: Found, destination_arn: str) -> None:
    destination = find_queue_by_arn(call, destination_arn)
    if destination is None or destination.queue.owner != call.account or destination.scope.region != call.region:
        raise _not_found("DestinationArn")
    if destination.queue.arn == source.queue.arn:
        raise invalid_parameter("Source queue arn and destination queue arn cannot be the same.")
    if destination.queue.is_fifo != source.queue.is_fifo:
        raise invalid_parameter("Source queue and destination queue must be of the same type.")


def _not_found(parameter: str) -> ServiceError:
    return sqs.errors.ResourceNotFoundException(
        f"The resource that you specified for the {parameter} parameter doesn't exist."
    )
