"""Durable executions as the API shows them, and as functions are told of them."""

from __future__ import annotations

from typing import Any

from skyglobe.services.lambda_.durable.records import Event, Execution, Operation
from skyglobe.services.lambda_.durable.rules import callback_id
from skyglobe.services.lambda_.shapes import moment

_INSTANTS = frozenset({"ScheduledEndTimestamp", "StartTimestamp", "EndTimestamp", "NextAttemptTimestamp"})
_PAYLOADS = frozenset({"Input", "Result", "Error"})
_DETAILS = {"STEP": "StepDetails", "CONTEXT": "ContextDetails", "CHAINED_INVOKE": "ChainedInvokeDetails"}


def execution_shape(execution: Execution) -> dict[str, Any]:
    """Return an ``Execution``."""
    shown: dict[str, Any] = {
        "DurableExecutionArn": execution.arn,
        "DurableExecutionName": execution.name,
        "FunctionArn": execution.function_arn,
        "Status": execution.status,
        "StartTimestamp": moment(execution.started_at),
    }
    if execution.ended_at is not None:
        shown["EndTimestamp"] = moment(execution.ended_at)
    return shown


def operation_shape(operation: Operation, execution: Execution) -> dict[str, Any]:
    """Return an ``Operation``, its instants in milliseconds as functions are told them."""
    shown: dict[str, Any] = {"Id": operation.id, "Type": operation.kind, "Status": operation.status}
    shown["StartTimestamp"] = operation.started_at
    further = {
        "ParentId": operation.parent,
        "Name": operation.name,
        "SubType": operation.sub_kind,
        "EndTimestamp": operation.ended_at,
    }
    shown |= {member: value for member, value in further.items() if value}
    come: dict[str, Any] = {} if operation.result is None else {"Result": operation.result}
    come |= {} if operation.error is None else {"Error": operation.error}
    if operation.kind == "EXECUTION":
        shown["ExecutionDetails"] = {"InputPayload": execution.input}
    elif operation.kind == "WAIT":
        shown["WaitDetails"] = {"ScheduledEndTimestamp": operation.due_at} if operation.due_at else {}
    elif operation.kind == "CALLBACK":
        shown["CallbackDetails"] = {"CallbackId": callback_id(operation.execution, operation.id), **come}
    else:
        shown[_DETAILS[operation.kind]] = come
    if operation.kind == "STEP":
        come["Attempt"] = operation.attempts
        if operation.due_at:
            come["NextAttemptTimestamp"] = operation.due_at
    if operation.kind == "CONTEXT" and operation.replays_children:
        come["ReplayChildren"] = True
    return shown


def event_shape(event: Event, *, with_data: bool) -> dict[str, Any]:
    """Return an ``Event``; without its payloads unless they are wanted."""
    shown: dict[str, Any] = {"EventType": event.kind, "EventId": event.number, "EventTimestamp": moment(event.at)}
    further = {"Id": event.operation, "SubType": event.sub_kind, "Name": event.name, "ParentId": event.parent}
    shown |= {member: value for member, value in further.items() if value}
    details = dated(event.details)
    if not with_data:
        details = {name: {} if name in _PAYLOADS else value for name, value in details.items()}
    shown[f"{event.kind}Details"] = details
    return shown


def dated(shown: dict[str, Any]) -> dict[str, Any]:
    """Return the same with its instants as the API serializes them."""
    return {
        name: moment(value) if name in _INSTANTS else dated(value) if isinstance(value, dict) else value
        for name, value in shown.items()
    }
