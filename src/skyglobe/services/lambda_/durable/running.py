"""Durable executions at work: begun, invoked again and again, ended."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.outbox import Delivery
from skyglobe.kernel.pagination import InvalidToken, seal, unseal
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.services.lambda_ import lambda_
from skyglobe.services.lambda_.durable.progress import Progress, finish_invoke, topic_of
from skyglobe.services.lambda_.durable.records import Error, Execution, Operation, events, executions, operations
from skyglobe.services.lambda_.durable.rules import ended, retried_after, silent_until, token_of
from skyglobe.services.lambda_.durable.shapes import operation_shape
from skyglobe.services.lambda_.finding import Found, find_by_arn, function_arn
from skyglobe.services.lambda_.invoking import Target, admitted, aim, run, run_once
from skyglobe.services.lambda_.records import functions
from skyglobe.services.lambda_.refusals import invalid
from skyglobe.services.lambda_.roles import call_as_role
from skyglobe.services.lambda_.rules.names import parse_function_name, version_label
from skyglobe.services.lambda_.running.interface import Outcome

PAGE_OPERATIONS = 1_000
PAGE_BYTES = 4 << 20
"""Of the state an invocation is handed: events of invocations have 6 MB."""
FOREVER = 1 << 60


def begin(scope: Scope, target: Target, name: str, payload: bytes, trace: str, invoked_by: str = "") -> Execution:
    """Begin an execution, or return the one that was begun with the same name and payload.

    Developer guide, "Idempotency". Raises DurableExecutionAlreadyStartedException for another payload.
    """
    text = payload.decode() or "{}"
    known = next(iter(executions.scan_by(scope, "name", name, limit=1)), None) if name else None
    if known is not None:
        if known.input == text and known.function_arn == target.version_arn:
            return known
        raise lambda_.errors.DurableExecutionAlreadyStartedException(
            f"A durable execution with name {name} was already started with different input.", fields={"Type": "User"}
        )
    identifier, version = scope.kernel.ids.uuid(), target.version
    name = name or scope.kernel.ids.uuid()
    execution = Execution(
        id=identifier,
        name=name,
        function=target.function.id,
        number=target.function.number,
        version=version.number,
        qualifier=target.arn.removeprefix(target.function.arn).lstrip(":"),
        arn=f"{target.version_arn}/durable-execution/{name}/{identifier}",
        input=text,
        started_at=scope.now,
        times_out_for=version.durable_timeout_s,
        kept_for=version.durable_kept_days,
        trace=trace,
        operations=1,
        invoked_by=invoked_by,
    )
    executions.insert(scope, execution)
    whole = Operation(execution=identifier, id=identifier, order=0, kind="EXECUTION", name=name, started_at=scope.now)
    operations.insert(scope, whole)
    set_timer(scope, "lambda", "durable-timeout", identifier, scope.now + execution.times_out_for * 1000)
    progress = Progress(scope, execution)
    told = {"Input": {"Payload": text, "Truncated": False}, "ExecutionTimeout": execution.times_out_for}
    progress.tell("ExecutionStarted", told, whole)
    progress.invoke()
    return progress.save()


async def outcome_of(kernel: Kernel, account: str, region: str, execution_id: str) -> Outcome:
    """Wait until an execution is over; return what became of it as an invocation's outcome."""
    with kernel.signals.listen(topic_of(execution_id)) as bell:
        while True:
            execution = await kernel.transact(lambda scope: executions.find(scope, execution_id), account, region)
            if execution is None or execution.is_over:
                break
            await bell.wait(FOREVER)
    if execution is not None and execution.status == "SUCCEEDED":
        return Outcome(payload=(execution.result or "null").encode(), executed_version=version_label(execution.version))
    error = (execution.error if execution is not None else None) or {}
    told = {"errorMessage": error.get("ErrorMessage"), "errorType": error.get("ErrorType")}
    if error.get("StackTrace"):
        told["stackTrace"] = error["StackTrace"]
    return Outcome(payload=msgspec.json.encode(told), function_error="Unhandled", error_type=str(told["errorType"]))


async def run_whole(kernel: Kernel, target: Target, payload: bytes, trace: str) -> Outcome:
    """Begin an execution, and wait until it is over."""
    place = target.account, target.region
    execution = await kernel.transact(lambda scope: begin(scope, target, "", payload, trace), *place)
    return await outcome_of(kernel, *place, execution.id)


def state_page(scope: Scope, execution: Execution, marker: str | None, limit: int) -> tuple[list[Operation], str]:
    """Return operations of an execution in the order they began, and where the next page begins; empty at the end.

    Raises InvalidParameterValueException.
    """
    listing = f"lambda.durable:{execution.id}"
    try:
        past = unseal(scope, listing, marker) if marker else None
    except InvalidToken as error:
        raise invalid("Invalid Marker") from error
    found: list[Operation] = []
    size = 0
    for operation in operations.scan_by(scope, "order", execution.id, past=past):
        size += len(operation.result or "") + 500
        if found and (len(found) == limit or size > PAGE_BYTES):
            return found, seal(scope, listing, (found[-1].order,))
        found.append(operation)
    return found, ""


class _Turn(NamedTuple):
    """One invocation of an execution's function."""

    execution: Execution
    target: Target
    event: bytes


def _begin_turn(scope: Scope, execution_id: str) -> _Turn | None:
    execution = executions.find(scope, execution_id)
    if execution is None or execution.is_over:
        return None
    progress = Progress(scope, execution)
    function = functions.find(scope, execution.function)
    if function is None or function.number != execution.number:
        gone = {"ErrorType": "ResourceNotFoundException", "ErrorMessage": "The function was deleted."}
        progress.finish("FAILED", error=gone)
        progress.save()
        return None
    target = aim(Found(scope, function, version_label(execution.version)))
    progress.change(checkpoints=execution.checkpoints + 1, is_busy=True, is_stirred=False, news=())
    execution = progress.save()
    found, marker = state_page(scope, execution, None, PAGE_OPERATIONS)
    state = {"Operations": [operation_shape(one, execution) for one in found], "NextMarker": marker}
    event = {
        "DurableExecutionArn": execution.arn,
        "CheckpointToken": token_of(execution),
        "InitialExecutionState": state,
    }
    return _Turn(execution, target, msgspec.json.encode(event))


@lambda_.consumer("durable")
async def go_on(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Invoke the function of an execution once: it replays what it did, and goes on from there."""
    delivery.stand_aside()
    kernel, identifier = delivery.kernel, payload["id"]
    request_id, began_at = kernel.ids.uuid(), kernel.clock.now()
    try:
        turn: _Turn | None = await delivery.transact(lambda scope: _begin_turn(scope, identifier))
        if turn is None:
            return
        with admitted(kernel, turn.target):
            outcome = await run_once(kernel, turn.target, turn.event, request_id, trace=turn.execution.trace)
    except ServiceError as error:
        told = {"ErrorType": error.code, "ErrorMessage": error.message}
        await delivery.transact(lambda scope: _end_turn(scope, identifier, request_id, began_at, told, b""))
        return
    failure = _failure(outcome.payload) if outcome.function_error is not None else None
    await delivery.transact(lambda scope: _end_turn(scope, identifier, request_id, began_at, failure, outcome.payload))


def _failure(payload: bytes) -> Error:
    try:
        told = msgspec.json.decode(payload, type=dict[str, Any])
    except msgspec.DecodeError:
        told = {}
    return {"ErrorType": str(told.get("errorType", "Unknown")), "ErrorMessage": str(told.get("errorMessage", ""))}


def _end_turn(
    scope: Scope, execution_id: str, request_id: str, began_at: int, failure: Error | None, answer: bytes
) -> None:
    execution = executions.find(scope, execution_id)
    if execution is None:
        return
    progress = Progress(scope, execution)
    details: dict[str, Any] = {"StartTimestamp": began_at, "EndTimestamp": scope.now, "RequestId": request_id}
    if failure is not None:
        details["Error"] = {"Payload": failure, "Truncated": False}
    progress.tell("InvocationCompleted", details)
    if not execution.is_over:
        if failure is not None:
            progress.change(failures=execution.failures + 1, is_busy=False)
            after = retried_after(execution.failures)
            set_timer(scope, "lambda", "durable-retry", execution_id, scope.now + after)
        else:
            progress.change(failures=0)
            _take_answer(progress, answer)
    progress.save()


def _take_answer(progress: Progress, answer: bytes) -> None:
    try:
        told = msgspec.json.decode(answer, type=dict[str, Any])
    except msgspec.DecodeError:
        told = {}
    status, identifier = told.get("Status"), progress.execution.id
    if status == "SUCCEEDED":
        progress.finish("SUCCEEDED", told.get("Result"))
    elif status == "FAILED":
        progress.finish("FAILED", error=told.get("Error") or {})
    elif status != "PENDING":
        progress.finish("FAILED", error=_misused("Invalid Status in invocation output."))
    elif progress.execution.is_stirred:
        progress.invoke()
    elif next(iter(operations.scan_by(progress.scope, "open", identifier, limit=1)), None) is not None:
        progress.change(is_busy=False)
    else:
        progress.finish("FAILED", error=_misused("Cannot return PENDING status with no pending operations."))


def _misused(message: str) -> Error:
    return {"ErrorType": "InvalidParameterValueException", "ErrorMessage": message}


@lambda_.consumer("durable-invoke")
async def invoke_for(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Invoke the function that an execution waits for, as the role of its own."""
    delivery.stand_aside()
    kernel, place = delivery.kernel, f"{payload['execution']}/{payload['operation']}"
    told: tuple[Execution, str, str] | None = await delivery.transact(lambda scope: _invoker(scope, place))
    if told is None:
        return
    execution, role, name = told
    try:
        asked = {"FunctionName": name, "InvocationType": "DryRun"}
        await call_as_role(
            kernel, delivery.account, delivery.region, role, execution.function, "lambda", "Invoke", asked
        )
        target: Target = await delivery.transact(lambda scope: aim(_named(scope, name)))
        data = payload["input"].encode()
        if target.version.durable_timeout_s:
            await delivery.transact(lambda scope: begin(scope, target, "", data, execution.trace, place))
            return
        with admitted(kernel, target):
            outcome = await run(kernel, target, data, kernel.ids.uuid(), trace=execution.trace)
    except ServiceError as error:
        refused = {"ErrorType": error.code, "ErrorMessage": error.message}
        await delivery.transact(lambda scope: finish_invoke(scope, place, "FAILED", None, refused))
        return
    if outcome.function_error is not None:
        failure = _failure(outcome.payload)
        await delivery.transact(lambda scope: finish_invoke(scope, place, "FAILED", None, failure))
    else:
        answer = outcome.payload.decode("utf-8", "replace")
        await delivery.transact(lambda scope: finish_invoke(scope, place, "SUCCEEDED", answer, None))


def _invoker(scope: Scope, place: str) -> tuple[Execution, str, str] | None:
    """Return the execution that invokes, the role it does so in, and whom."""
    execution_id, _, operation_id = place.partition("/")
    execution = executions.find(scope, execution_id)
    operation = operations.find(scope, execution_id, operation_id)
    if execution is None or execution.is_over or operation is None or operation.is_over:
        return None
    found = find_by_arn(scope, execution.function_arn)
    if found is None:
        return None
    return execution, aim(found).version.role, operation.target


def _named(scope: Scope, text: str) -> Found:
    parsed = parse_function_name(text)
    arn = function_arn(scope, parsed.name, parsed.qualifier) if parsed is not None else text
    found = find_by_arn(scope, text if text.startswith("arn:") else arn)
    if found is None:
        raise invalid(f"Function not found: {text}")
    return found


@lambda_.timer("durable-timeout")
def time_out(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """End an execution that took too long."""
    execution = executions.find(scope, key)
    if execution is not None and not execution.is_over:
        progress = Progress(scope, execution)
        text = f"Execution timed out after {execution.times_out_for} seconds."
        progress.finish("TIMED_OUT", error={"ErrorType": "Execution.TimedOut", "ErrorMessage": text})
        progress.save()


@lambda_.timer("durable-retry")
def invoke_again(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Invoke a function again that failed."""
    execution = executions.find(scope, key)
    if execution is not None and not execution.is_over:
        progress = Progress(scope, execution)
        progress.stir()
        progress.save()


@lambda_.timer("durable-operation")
def wake_operation(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """End a wait, have a step tried again, or end a callback that was silent for too long."""
    execution_id, _, operation_id = key.partition("/")
    execution = executions.find(scope, execution_id)
    operation = operations.find(scope, execution_id, operation_id)
    if execution is None or execution.is_over or operation is None or operation.is_over:
        return
    progress = Progress(scope, execution)
    if operation.kind == "WAIT":
        progress.wake(ended(operation, "SUCCEEDED", scope.now), operation)
    elif operation.kind == "STEP":
        operations.replace(scope, operation, msgspec.structs.replace(operation, status="READY", due_at=None))
        progress.change(news=(*execution.news, operation_id))
        progress.stir()
    elif (silence := silent_until(operation)) is not None and silence[0] <= scope.now:
        error = {"ErrorType": silence[1], "ErrorMessage": "Callback timed out."}
        progress.wake(ended(operation, "TIMED_OUT", scope.now, error=error), operation)
    progress.save()


@lambda_.timer("durable-forget")
def forget(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Forget an execution that was over long enough ago."""
    execution = executions.find(scope, key)
    if execution is not None and execution.is_over:
        operations.clear(scope, key)
        events.clear(scope, key)
        executions.delete(scope, execution)
