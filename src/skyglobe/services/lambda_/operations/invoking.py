"""Invoke, InvokeAsync, InvokeWithResponseStream."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Coroutine
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.lambda_ import lambda_
from skyglobe.services.lambda_.durable.running import begin, outcome_of
from skyglobe.services.lambda_.finding import Found, called_function
from skyglobe.services.lambda_.invoking import (
    MAX_ASYNC_BYTES,
    MAX_SYNC_BYTES,
    Target,
    admitted,
    aim,
    check_loop,
    check_payload,
    run,
)
from skyglobe.services.lambda_.queueing import enqueue
from skyglobe.services.lambda_.refusals import invalid
from skyglobe.services.lambda_.rules.configuration import MAX_TIMEOUT_S
from skyglobe.services.lambda_.running.interface import Outcome

MAX_CONTEXT_BYTES = 3_583  # of base64; API reference of Invoke
MAX_TAIL_BYTES = 4_096  # API reference of Invoke, LogResult


@lambda_.operation(unused=("TenantId",))
def invoke(
    call: Call,
    function_name: str,
    invocation_type: str = "RequestResponse",
    log_type: str = "None",
    client_context: str | None = None,
    payload: bytes = b"",
    qualifier: str | None = None,
    durable_execution_name: str | None = None,
) -> dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]:
    """Have a function handle an event: now, some time, or only as a try whether it might.

    What the function fails with is told in ``FunctionError`` and the payload, with status 200. Raises
    ResourceNotFoundException, RequestTooLargeException, InvalidRequestContentException, TooManyRequestsException and
    ResourceConflictException.
    """
    found = called_function(call, function_name, qualifier)
    target = aim(found)
    if invocation_type == "DryRun":
        return {"StatusCode": 204}
    trace = call.request.headers.get("x-amzn-trace-id", "")
    if target.version.durable_timeout_s:
        return _begin_execution(found, target, invocation_type == "Event", payload, durable_execution_name or "", trace)
    if invocation_type == "Event":
        check_payload(payload, MAX_ASYNC_BYTES)
        enqueue(found, payload, call.request_id, trace)
        return {"StatusCode": 202, "Payload": b""}
    check_payload(payload, MAX_SYNC_BYTES)
    check_loop(target, trace)
    return _invoke(call, target, payload, log_type == "Tail", _decoded(client_context), trace)


def _begin_execution(
    found: Found, target: Target, is_asynchronous: bool, payload: bytes, name: str, trace: str
) -> dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]:
    """Begin a durable execution, and wait for its end unless it is asynchronous.

    Developer guide, "Invoking Lambda durable functions". Raises DurableExecutionAlreadyStartedException as well.
    """
    if not found.qualifier:
        raise invalid("You cannot invoke a durable function using an unqualified ARN.")
    check_payload(payload, MAX_ASYNC_BYTES if is_asynchronous else MAX_SYNC_BYTES)
    if not is_asynchronous and target.version.durable_timeout_s > MAX_TIMEOUT_S:
        raise invalid(
            "You cannot synchronously invoke a durable function with an executionTimeout greater than 15 minutes."
        )
    execution = begin(found.scope, target, name, payload, trace)
    if is_asynchronous:
        return {"StatusCode": 202, "Payload": b"", "DurableExecutionArn": execution.arn}

    async def whole() -> dict[str, Any]:
        outcome = await outcome_of(found.scope.kernel, target.account, target.region, execution.id)
        answer = {
            "StatusCode": 200,
            "Payload": outcome.payload,
            "ExecutedVersion": target.version.label,
            "DurableExecutionArn": execution.arn,
        }
        return answer | ({"FunctionError": outcome.function_error} if outcome.function_error is not None else {})

    return whole()


async def _invoke(
    call: Call, target: Target, payload: bytes, wants_tail: bool, context: str, trace: str
) -> dict[str, Any]:
    with admitted(call.kernel, target):
        outcome = await run(
            call.kernel,
            target,
            payload,
            call.request_id,
            trace=trace,
            client_context=context,
            wants_tail=wants_tail,
        )
    answer: dict[str, Any] = {
        "StatusCode": 200,
        "Payload": outcome.payload,
        "ExecutedVersion": outcome.executed_version or target.version.label,
    }
    if outcome.function_error is not None:
        answer["FunctionError"] = outcome.function_error
    if wants_tail:
        answer["LogResult"] = _tail(outcome)
    return answer


def _tail(outcome: Outcome) -> str:
    return base64.b64encode(outcome.log_tail[-MAX_TAIL_BYTES:]).decode()


def _decoded(context: str | None) -> str:
    """Return a ``ClientContext`` as JSON. Raises InvalidParameterValueException."""
    if not context:
        return ""
    if len(context) > MAX_CONTEXT_BYTES:
        raise invalid(f"Client context must be at most {MAX_CONTEXT_BYTES} bytes.")
    try:
        return base64.b64decode(context, validate=True).decode()
    except ValueError as error:
        raise invalid("Client context must be a valid Base64-encoded JSON object.") from error


@lambda_.operation
def invoke_async(call: Call, function_name: str, invoke_args: Any) -> Coroutine[Any, Any, dict[str, Any]]:
    """Have a function handle an event some time, as its first API had it."""
    found = called_function(call, function_name)
    aim(found)

    async def take() -> dict[str, Any]:
        payload = await _whole(invoke_args)
        check_payload(payload, MAX_ASYNC_BYTES)

        def queue(now: Call) -> None:
            enqueue(called_function(now, function_name), payload, call.request_id, "")

        await call.transact(queue)
        return {"Status": 202}

    return take()


async def _whole(body: Any) -> bytes:
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    pieces, size = [], 0
    while piece := await body.read():
        pieces.append(piece)
        size += len(piece)
        if size > MAX_ASYNC_BYTES:
            break
    return b"".join(pieces)


@lambda_.operation(unused=("TenantId",))
def invoke_with_response_stream(
    call: Call,
    function_name: str,
    invocation_type: str = "RequestResponse",
    log_type: str = "None",
    client_context: str | None = None,
    payload: bytes = b"",
    qualifier: str | None = None,
) -> dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]:
    """Have a function handle an event now, and hand its response on piece by piece as it comes."""
    found = called_function(call, function_name, qualifier)
    target = aim(found)
    if invocation_type == "DryRun":
        return {"StatusCode": 204}
    trace = call.request.headers.get("x-amzn-trace-id", "")
    check_payload(payload, MAX_SYNC_BYTES)
    check_loop(target, trace)
    return _stream(call, target, payload, log_type == "Tail", _decoded(client_context), trace)


async def _stream(
    call: Call, target: Target, payload: bytes, wants_tail: bool, context: str, trace: str
) -> dict[str, Any]:
    place = admitted(call.kernel, target)
    place.__enter__()
    try:
        outcome = await run(
            call.kernel,
            target,
            payload,
            call.request_id,
            trace=trace,
            client_context=context,
            wants_tail=wants_tail,
            is_streaming=True,
        )
    except BaseException:
        place.__exit__(None, None, None)
        raise

    async def events() -> AsyncIterator[dict[str, Any]]:
        try:
            if outcome.chunks is not None:
                async for chunk in outcome.chunks:
                    yield {"PayloadChunk": {"Payload": chunk}}
            elif outcome.payload and outcome.function_error is None:
                yield {"PayloadChunk": {"Payload": outcome.payload}}
        finally:
            place.__exit__(None, None, None)
        complete: dict[str, Any] = {}
        if outcome.function_error is not None:
            complete = {"ErrorCode": outcome.function_error, "ErrorDetails": outcome.payload.decode("utf-8", "replace")}
        if wants_tail:
            complete["LogResult"] = _tail(outcome)
        yield {"InvokeComplete": complete}

    return {
        "StatusCode": 200,
        "ExecutedVersion": outcome.executed_version or target.version.label,
        "ResponseStreamContentType": outcome.content_type or "application/octet-stream",
        "EventStream": events(),
    }
