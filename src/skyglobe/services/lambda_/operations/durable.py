"""Durable executions: what functions say of them, what others see of them, and callbacks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.services.lambda_ import lambda_
from skyglobe.services.lambda_.durable.progress import Progress
from skyglobe.services.lambda_.durable.records import Error, Execution, Operation, events, executions, operations
from skyglobe.services.lambda_.durable.rules import (
    MAX_OPERATIONS,
    BadUpdate,
    apply,
    ended,
    named_by,
    token_of,
)
from skyglobe.services.lambda_.durable.running import state_page
from skyglobe.services.lambda_.durable.shapes import dated, event_shape, execution_shape, operation_shape
from skyglobe.services.lambda_.finding import called_function
from skyglobe.services.lambda_.paging import numbered, page
from skyglobe.services.lambda_.refusals import invalid, not_found
from skyglobe.services.lambda_.shapes import moment

MAX_ITEMS = 1_000  # of a page; the model's ItemCount
DEFAULT_ITEMS = 100


def _find(scope: Scope, arn: str) -> Execution | None:
    execution = executions.find(scope, arn.rpartition("/")[2])
    return execution if execution is not None and execution.arn == arn else None


def _get(scope: Scope, arn: str) -> Execution:
    execution = _find(scope, arn)
    if execution is None:
        raise not_found(f"Durable execution not found: {arn}")
    return execution


def _running(scope: Scope, arn: str, token: str) -> Execution:
    """Return the execution that a function speaks for. Raises InvalidParameterValueException."""
    execution = _find(scope, arn)
    if execution is None or execution.is_over or token != token_of(execution):
        raise invalid("Invalid checkpoint token.")
    return execution


@lambda_.operation
def checkpoint_durable_execution(
    call: Call,
    durable_execution_arn: str,
    checkpoint_token: str,
    updates: list[dict[str, Any]] | None = None,
    client_token: str | None = None,
) -> dict[str, Any]:
    """Keep what a function did and waits for, all of it or nothing; return what else changed, and the next token.

    Raises InvalidParameterValueException.
    """
    repeated = _find(call, durable_execution_arn)
    if client_token and repeated is not None and repeated.client_token == f"{checkpoint_token} {client_token}":
        return _checkpointed(call, repeated, [one["Id"] for one in updates or []])
    execution = _running(call, durable_execution_arn, checkpoint_token)
    progress = Progress(call, execution)
    touched = list(execution.news)
    progress.change(news=(), client_token=f"{checkpoint_token} {client_token}" if client_token else "")
    try:
        for update in updates or []:
            _update(progress, update)
            touched.append(update["Id"])
    except BadUpdate as reason:
        raise invalid(str(reason)) from reason
    progress.change(checkpoints=execution.checkpoints + 1)
    return _checkpointed(call, progress.save(), touched)


def _update(progress: Progress, update: dict[str, Any]) -> None:
    execution = progress.execution
    if execution.is_over:
        raise BadUpdate("The execution has ended already.")
    if update["Type"] == "EXECUTION":
        if update["Action"] == "SUCCEED":
            progress.finish("SUCCEEDED", update.get("Payload"))
        elif update["Action"] == "FAIL":
            progress.finish("FAILED", error=update.get("Error") or {})
        else:
            raise BadUpdate(f"Invalid EXECUTION operation action: {update['Action']}.")
        return
    if execution.operations >= MAX_OPERATIONS:
        raise BadUpdate(f"An execution may have at most {MAX_OPERATIONS} operations.")
    known = operations.find(progress.scope, execution.id, update["Id"])
    progress.write(apply(update, known, execution, progress.scope.now), known, update.get("Payload", ""))


def _checkpointed(scope: Scope, execution: Execution, touched: list[str]) -> dict[str, Any]:
    changed = [operations.find(scope, execution.id, one) for one in dict.fromkeys(touched)]
    shown = [dated(operation_shape(one, execution)) for one in changed if one is not None]
    answer: dict[str, Any] = {"NewExecutionState": {"Operations": shown}}
    if not execution.is_over:
        answer["CheckpointToken"] = token_of(execution)
    return answer


@lambda_.operation
def get_durable_execution_state(
    call: Call,
    durable_execution_arn: str,
    checkpoint_token: str,
    marker: str | None = None,
    max_items: int | None = None,
) -> dict[str, Any]:
    """Return to a function what its execution did so far. Raises InvalidParameterValueException."""
    execution = _running(call, durable_execution_arn, checkpoint_token)
    found, more = state_page(call, execution, marker, min(max_items or MAX_ITEMS, MAX_ITEMS))
    answer: dict[str, Any] = {"Operations": [dated(operation_shape(one, execution)) for one in found]}
    return answer | ({"NextMarker": more} if more else {})


@lambda_.operation
def get_durable_execution(call: Call, durable_execution_arn: str) -> dict[str, Any]:
    """Return an execution, with what it was given and what came of it. Raises ResourceNotFoundException."""
    execution = _get(call, durable_execution_arn)
    shown = execution_shape(execution) | {
        "InputPayload": execution.input,
        "Version": execution.function_arn.rpartition(":")[2],
    }
    for member, value in (("Result", execution.result), ("Error", execution.error)):
        if value is not None:
            shown[member] = value
    if execution.trace:
        shown["TraceHeader"] = {"XAmznTraceId": execution.trace}
    return shown


@lambda_.operation
def get_durable_execution_history(
    call: Call,
    durable_execution_arn: str,
    include_execution_data: bool = False,
    max_items: int | None = None,
    marker: str | None = None,
    reverse_order: bool = False,
) -> dict[str, Any]:
    """Return what happened to an execution, in order. Raises ResourceNotFoundException."""
    execution = _get(call, durable_execution_arn)
    found, more = page(
        call,
        f"durable-history:{execution.id}:{reverse_order}",
        events.scan(call, execution.id, reverse=reverse_order),
        lambda one: numbered(MAX_EVENTS - one.number if reverse_order else one.number),
        marker,
        max_items or DEFAULT_ITEMS,
        most=MAX_ITEMS,
    )
    return {"Events": [event_shape(one, with_data=include_execution_data) for one in found], **more}


MAX_EVENTS = 1 << 40
"""More than an execution can have: what the numbers of events are taken from, read backwards."""


@lambda_.operation
def list_durable_executions_by_function(
    call: Call,
    function_name: str,
    qualifier: str | None = None,
    durable_execution_name: str | None = None,
    statuses: list[str] | None = None,
    started_after: datetime | None = None,
    started_before: datetime | None = None,
    reverse_order: bool = False,
    marker: str | None = None,
    max_items: int | None = None,
) -> dict[str, Any]:
    """List the executions of a function, the latest first unless asked otherwise. Raises ResourceNotFoundException."""
    found = called_function(call, function_name, qualifier)
    since = _milliseconds(started_after)
    until = _milliseconds(started_before)

    def is_meant(one: Execution) -> bool:
        return (
            one.number == found.function.number
            and (not found.qualifier or found.qualifier in (one.qualifier, one.function_arn.rpartition(":")[2]))
            and (durable_execution_name is None or one.name == durable_execution_name)
            and (not statuses or one.status in statuses)
            and (since is None or one.started_at > since)
            and (until is None or one.started_at < until)
        )

    rows = executions.scan_by(found.scope, "function", found.function.id, reverse=reverse_order)
    question = (found.arn, durable_execution_name, statuses, since, until, reverse_order)
    shown, more = page(
        call,
        f"durable-executions:{question}",
        (one for one in rows if is_meant(one)),
        lambda one: f"{numbered(MAX_EVENTS * 2 - one.started_at if reverse_order else one.started_at)}{one.id}",
        marker,
        max_items or DEFAULT_ITEMS,
        most=MAX_ITEMS,
    )
    return {"DurableExecutions": [execution_shape(one) for one in shown], **more}


def _milliseconds(at: datetime | None) -> int | None:
    return round(at.timestamp() * 1000) if at is not None else None


@lambda_.operation
def stop_durable_execution(call: Call, durable_execution_arn: str, error: Error | None = None) -> dict[str, Any]:
    """End an execution; one that is over already stays as it is. Raises ResourceNotFoundException."""
    execution = _get(call, durable_execution_arn)
    if not execution.is_over:
        progress = Progress(call, execution)
        progress.finish("STOPPED", error=error or {})
        execution = progress.save()
    assert execution.ended_at is not None
    return {"StopTimestamp": moment(execution.ended_at)}


@lambda_.operation
def send_durable_execution_callback_success(call: Call, callback_id: str, result: bytes = b"") -> dict[str, Any]:
    """Give an execution what it waits for. Raises CallbackTimeoutException and InvalidParameterValueException."""
    progress, operation = _awaited(call, callback_id)
    progress.wake(ended(operation, "SUCCEEDED", call.now, result.decode("utf-8", "replace")), operation)
    progress.save()
    return {}


@lambda_.operation
def send_durable_execution_callback_failure(call: Call, callback_id: str, error: Error | None = None) -> dict[str, Any]:
    """Tell an execution that what it waits for failed. Raises as SendDurableExecutionCallbackSuccess."""
    progress, operation = _awaited(call, callback_id)
    progress.wake(ended(operation, "FAILED", call.now, error=error or {}), operation)
    progress.save()
    return {}


@lambda_.operation
def send_durable_execution_callback_heartbeat(call: Call, callback_id: str) -> dict[str, Any]:
    """Tell an execution that what it waits for is under way. Raises as SendDurableExecutionCallbackSuccess."""
    progress, operation = _awaited(call, callback_id)
    changed = replace(operation, heard_at=call.now)
    operations.replace(call, operation, changed)
    progress.expect(changed)
    return {}


def _awaited(call: Call, callback_id: str) -> tuple[Progress, Operation]:
    """Return a callback that is waited for. Raises CallbackTimeoutException when it is no more."""
    named = named_by(callback_id)
    execution = executions.find(call, named[0]) if named is not None else None
    operation = operations.find(call, *named) if named is not None else None
    if execution is None or operation is None or operation.kind != "CALLBACK":
        raise invalid("Invalid callback token.")
    if execution.is_over or operation.is_over:
        raise _too_late()
    return Progress(call, execution), operation


def _too_late() -> ServiceError:
    return lambda_.errors.CallbackTimeoutException(
        "The callback has timed out or was answered already.", fields={"Type": "User"}
    )
