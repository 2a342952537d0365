"""What a checkpoint's updates make of an execution's operations."""

from __future__ import annotations

from typing import Any, NamedTuple

from msgspec.structs import replace

from skyglobe.services.lambda_.durable.records import Execution, Operation

MAX_CHECKPOINT_BYTES = 750 * 1024  # of one checkpoint's payloads, as AWS's SDK batches them
MAX_OPERATIONS = 3_000  # of one execution; Lambda quotas, "Durable operations per execution"
DAY_MS = 86_400_000
_ACTIONS = {
    "EXECUTION": ("SUCCEED", "FAIL"),
    "CONTEXT": ("START", "SUCCEED", "FAIL"),
    "STEP": ("START", "SUCCEED", "FAIL", "RETRY"),
    "WAIT": ("START", "CANCEL"),
    "CALLBACK": ("START",),
    "CHAINED_INVOKE": ("START",),
}
_WORDS = {
    "CONTEXT": "Context",
    "STEP": "Step",
    "WAIT": "Wait",
    "CALLBACK": "Callback",
    "CHAINED_INVOKE": "ChainedInvoke",
}
_ENDINGS = {"SUCCEED": "SUCCEEDED", "FAIL": "FAILED", "CANCEL": "CANCELLED"}


class BadUpdate(Exception):
    """The update cannot be; the message says why."""


class Told(NamedTuple):
    """What an update made of an operation, and the event that tells."""

    operation: Operation
    kind: str
    details: dict[str, Any]


def token_of(execution: Execution) -> str:
    """Return the checkpoint token that is good now."""
    return f"{execution.id}:{execution.checkpoints}".encode().hex()


def callback_id(execution: str, operation: str) -> str:
    """Return what a callback is named by outside: letters and digits only, for paths."""
    return f"{execution}/{operation}".encode().hex()


def named_by(identifier: str) -> tuple[str, str] | None:
    """Return the execution and the operation of a callback's name, or None."""
    try:
        execution, _, operation = bytes.fromhex(identifier).decode().partition("/")
    except ValueError:
        return None
    return (execution, operation) if operation else None


def apply(update: dict[str, Any], known: Operation | None, execution: Execution, now: int) -> Told:
    """Return what an update of an operation, new or ``known``, makes of it. Raises ``BadUpdate``."""
    kind, action = update["Type"], update["Action"]
    if action not in _ACTIONS[kind] or kind == "EXECUTION":
        raise BadUpdate(f"Invalid {kind} operation action: {action}.")
    if known is not None and known.kind != kind:
        raise BadUpdate(f"Inconsistent operation type for {update['Id']}.")
    if known is not None and known.is_over:
        raise BadUpdate(f"Cannot update operation {update['Id']}: it has ended already.")
    operation = known or _new(update, execution, now)
    if action == "START":
        if known is not None and (kind != "STEP" or known.status not in ("READY", "STARTED")):
            raise BadUpdate(f"Cannot start operation {update['Id']}: it was started already.")
        return _started(update, operation, now)
    if known is None and kind == "WAIT":
        raise BadUpdate(f"Cannot {action.lower()} operation {update['Id']}: it does not exist.")
    if action == "RETRY":
        return _tried_again(update, operation, now)
    return ended(operation, _ENDINGS[action], now, update.get("Payload"), update.get("Error"), _replays(update))


def _replays(update: dict[str, Any]) -> bool:
    return bool((update.get("ContextOptions") or {}).get("ReplayChildren"))


def _new(update: dict[str, Any], execution: Execution, now: int) -> Operation:
    return Operation(
        execution=execution.id,
        id=update["Id"],
        order=execution.operations,
        kind=update["Type"],
        sub_kind=update.get("SubType", ""),
        name=update.get("Name", ""),
        parent=update.get("ParentId", ""),
        started_at=now,
    )


def _started(update: dict[str, Any], operation: Operation, now: int) -> Told:
    if operation.kind == "WAIT":
        seconds = (update.get("WaitOptions") or {}).get("WaitSeconds")
        if not seconds:
            raise BadUpdate("WaitOptions.WaitSeconds is required to start a wait.")
        due_at = now + seconds * 1000
        details = {"Duration": seconds, "ScheduledEndTimestamp": due_at}
        return Told(replace(operation, due_at=due_at), "WaitStarted", details)
    if operation.kind == "CALLBACK":
        options = update.get("CallbackOptions") or {}
        timeout, heartbeat = options.get("TimeoutSeconds", 0), options.get("HeartbeatTimeoutSeconds", 0)
        details = {"CallbackId": callback_id(operation.execution, operation.id)}
        details |= {"Timeout": timeout} if timeout else {}
        details |= {"HeartbeatTimeout": heartbeat} if heartbeat else {}
        made = replace(operation, timeout_s=timeout, heartbeat_s=heartbeat, heard_at=now)
        return Told(made, "CallbackStarted", details)
    if operation.kind == "CHAINED_INVOKE":
        target = (update.get("ChainedInvokeOptions") or {}).get("FunctionName")
        if not target:
            raise BadUpdate("ChainedInvokeOptions.FunctionName is required to invoke a function.")
        details = {"FunctionName": target, "Input": {"Payload": update.get("Payload", ""), "Truncated": False}}
        return Told(replace(operation, target=target), "ChainedInvokeStarted", details)
    return Told(replace(operation, status="STARTED", due_at=None), f"{_WORDS[operation.kind]}Started", {})


def _tried_again(update: dict[str, Any], operation: Operation, now: int) -> Told:
    seconds = (update.get("StepOptions") or {}).get("NextAttemptDelaySeconds") or 1
    attempts = operation.attempts + 1
    changed = replace(
        operation,
        status="PENDING",
        attempts=attempts,
        due_at=now + seconds * 1000,
        result=update.get("Payload"),
        error=update.get("Error"),
    )
    retry = {"CurrentAttempt": attempts, "NextAttemptDelaySeconds": seconds}
    if update.get("Error") is None:  # a condition that is not met yet
        result = {"Payload": update.get("Payload", ""), "Truncated": False}
        return Told(changed, "StepSucceeded", {"Result": result, "RetryDetails": retry})
    error = {"Payload": update["Error"], "Truncated": False}
    return Told(changed, "StepFailed", {"Error": error, "RetryDetails": retry})


def ended(
    operation: Operation,
    status: Any,
    now: int,
    result: str | None = None,
    error: dict[str, Any] | None = None,
    replays: bool = False,
) -> Told:
    """Return an operation that is over, and the event that tells."""
    changed = replace(
        operation,
        status=status,
        ended_at=now,
        result=result,
        error=error,
        replays_children=replays,
        due_at=operation.due_at if operation.kind == "WAIT" else None,
    )
    details: dict[str, Any] = {}
    if operation.kind == "WAIT":
        if status == "SUCCEEDED":
            details["Duration"] = (now - operation.started_at) // 1000
        elif error is not None:
            details["Error"] = {"Payload": error, "Truncated": False}
    elif status == "SUCCEEDED":
        details["Result"] = {"Payload": result or "", "Truncated": False}
    else:
        details["Error"] = {"Payload": error or {}, "Truncated": False}
    if operation.kind == "STEP":
        changed = replace(changed, attempts=operation.attempts + 1)
        details["RetryDetails"] = {"CurrentAttempt": changed.attempts}
    word = "TimedOut" if status == "TIMED_OUT" else status.capitalize()
    return Told(changed, f"{_WORDS[operation.kind]}{word}", details)


def silent_until(operation: Operation) -> tuple[int, str] | None:
    """Return when a callback times out next, and as what; None when never."""
    found = []
    if operation.timeout_s:
        found.append((operation.started_at + operation.timeout_s * 1000, "Callback.Timeout"))
    if operation.heartbeat_s:
        found.append((operation.heard_at + operation.heartbeat_s * 1000, "Callback.Heartbeat"))
    return min(found, default=None)


def retried_after(failures: int) -> int:
    """Return the milliseconds until an invocation that failed is made again. AWS backs off, without telling how."""
    return min(1 << min(failures, 9), 300) * 1000
