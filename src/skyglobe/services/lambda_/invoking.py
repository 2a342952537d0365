"""Invocations: of which version, whether there is room for one more, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import msgspec

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.scope import Scope
from skyglobe.services.lambda_ import lambda_
from skyglobe.services.lambda_.counting import count_admitted, count_provisioned, count_run, count_throttled
from skyglobe.services.lambda_.execution import environments, specification_of
from skyglobe.services.lambda_.finding import Found
from skyglobe.services.lambda_.readiness import find_provisioned, running
from skyglobe.services.lambda_.records import Function, Version, aliases, reserved_places, versions
from skyglobe.services.lambda_.refusals import conflict, no_such_function, not_built, throttled, too_large
from skyglobe.services.lambda_.rules.concurrency import ACCOUNT_LIMIT
from skyglobe.services.lambda_.rules.lineage import MAX_TIMES, pass_on, times_through
from skyglobe.services.lambda_.rules.names import is_version, version_number
from skyglobe.services.lambda_.rules.routing import choose_version
from skyglobe.services.lambda_.rules.traces import make_trace
from skyglobe.services.lambda_.running.interface import Initialization, Invocation, Outcome, RuntimeMissing

MAX_SYNC_BYTES = 6 * 1024 * 1024  # Lambda quotas, "Invocation payload (request and response)"
MAX_ASYNC_BYTES = 1024 * 1024  # the same, asynchronous


class Target(NamedTuple):
    """A version that an invocation goes to, and how it was called."""

    account: str
    region: str
    function: Function
    version: Version
    arn: str
    """With the qualifier it was invoked with."""
    initialization: Initialization
    unreserved: int
    """How many invocations of functions without a reservation may run at a time."""
    provisioned: int = 0
    """How many environments are to be kept ready for what was invoked."""

    @property
    def version_arn(self) -> str:
        return f"{self.function.arn}:{self.version.label}"


def aim(found: Found) -> Target:
    """Return what an invocation goes to; an alias with weights draws. Raises ResourceNotFoundException, and
    ResourceConflictException while the function is being created.
    """
    scope, function, qualifier = found
    number = 0
    if qualifier and is_version(qualifier):
        number = version_number(qualifier)
    elif qualifier:
        alias = aliases.find(scope, function.id, qualifier)
        if alias is None:
            raise no_such_function(found.arn)
        number = choose_version(alias, scope.kernel.ids.random.random()) if alias.weights else alias.version
    version = versions.find(scope, function.id, number)
    if version is None:
        raise no_such_function(found.arn)
    if version.state != "Active":
        raise conflict(
            "The operation cannot be performed at this time. "
            f"The function is currently in the following state: {version.state}"
        )
    ready = _provisioned(scope, function, version, qualifier)
    how: Initialization = "snap-start" if version.number and version.snap_start != "None" else "on-demand"
    if ready:
        how = "provisioned-concurrency"
    left = ACCOUNT_LIMIT
    if function.reserved is None:
        left -= reserved_places.get(scope, "all")
    return Target(scope.account, scope.region, function, version, found.arn, how, left, ready)


def _provisioned(scope: Scope, function: Function, version: Version, qualifier: str) -> int:
    """Return how many environments are to be kept ready for a version, or the alias it was invoked by."""
    for name in (version.label, qualifier) if version.number else ():
        if name and (kept := find_provisioned(scope, function.id, name)) is not None:
            return kept.requested
    return 0


def check_loop(target: Target, trace: str) -> None:
    """Raise RecursiveInvocationException for an event that went through the function too often."""
    if target.function.recursive_loop == "Terminate" and times_through(trace, target.function.arn) >= MAX_TIMES:
        raise lambda_.errors.RecursiveInvocationException(
            f"Recursive loop detected: one chain of events came through {target.function.arn} {MAX_TIMES} times.",
            fields={"Type": "User"},
        )


@contextmanager
def admitted(kernel: Kernel, target: Target) -> Iterator[None]:
    """Count one more invocation while the block lasts. Raises TooManyRequestsException when there is no room."""
    counts = running(kernel)
    arn, reserved = target.function.arn, target.function.reserved
    if reserved is not None:
        if counts.by_function[arn] >= reserved:
            count_throttled(kernel, target)
            raise throttled("ReservedFunctionConcurrentInvocationLimitExceeded")
    elif counts.unreserved >= target.unreserved:
        count_throttled(kernel, target)
        raise throttled("ConcurrentInvocationLimitExceeded")
    counts.by_function[arn] += 1
    counts.unreserved += reserved is None
    count_admitted(kernel, target, counts.by_function[arn], counts.unreserved)
    if target.provisioned:
        counts.by_target[target.arn] += 1
        count_provisioned(kernel, target, counts.by_target[target.arn])
    try:
        yield
    finally:
        if target.provisioned:
            counts.by_target[target.arn] -= 1
            if not counts.by_target[target.arn]:
                del counts.by_target[target.arn]
        counts.by_function[arn] -= 1
        if not counts.by_function[arn]:
            del counts.by_function[arn]
        counts.unreserved -= reserved is None


async def run(
    kernel: Kernel,
    target: Target,
    payload: bytes,
    request_id: str,
    *,
    trace: str = "",
    client_context: str = "",
    wants_tail: bool = False,
    is_streaming: bool = False,
) -> Outcome:
    """As ``run_once``; of a durable function, begin an execution and wait until it is over."""
    if target.version.durable_timeout_s:
        from skyglobe.services.lambda_.durable.running import run_whole

        return await run_whole(kernel, target, payload, trace)
    return await run_once(
        kernel,
        target,
        payload,
        request_id,
        trace=trace,
        client_context=client_context,
        wants_tail=wants_tail,
        is_streaming=is_streaming,
    )


async def run_once(
    kernel: Kernel,
    target: Target,
    payload: bytes,
    request_id: str,
    *,
    trace: str = "",
    client_context: str = "",
    wants_tail: bool = False,
    is_streaming: bool = False,
) -> Outcome:
    """Have an environment handle one event. Whoever calls holds an ``admitted`` until the outcome is complete.

    Raises AccessDeniedException for a role that cannot be assumed, NotImplemented for a runtime the machine lacks.
    """
    invocation = Invocation(
        request_id=request_id,
        payload=payload or b"{}",
        invoked_arn=target.arn,
        client_context=client_context,
        trace_header=pass_on(trace or make_trace(kernel.ids, kernel.clock.now()), target.function.arn),
        wants_tail=wants_tail,
        is_streaming=is_streaming,
    )
    try:
        specification = await specification_of(
            kernel, target.account, target.region, target.function, target.version, target.initialization
        )
        outcome = await environments(kernel).invoke(specification, invocation)
        if outcome.function_error is not None and kernel.is_stopped:
            # The function did not fail: its environment was ended under it. Events are tried again after the start.
            raise lambda_.error("ServiceUnavailable", "The cloud is shutting down.", status=503)
        count_run(kernel, target, outcome)
        return outcome
    except RuntimeMissing as error:
        raise not_built(str(error)) from error
    except LookupError as error:  # the function went while it was called
        raise no_such_function(target.arn) from error
    except ServiceError as error:
        if error.code in ("AccessDenied", "NoSuchEntity", "AccessDeniedException"):
            text = "The role defined for the function cannot be assumed by Lambda."
            raise lambda_.error("AccessDeniedException", text, status=403) from error
        raise


def check_payload(payload: bytes, most: int) -> None:
    """Raise RequestTooLargeException, or InvalidRequestContentException for what is no JSON."""
    if len(payload) > most:
        if most == MAX_ASYNC_BYTES:
            raise too_large(
                f"{len(payload)} byte payload is too large for the Event invocation type (limit {most} bytes)"
            )
        raise too_large(f"Request must be smaller than {most} bytes for the InvokeFunction operation")
    if not payload:
        return
    try:
        msgspec.json.decode(payload, type=msgspec.Raw)
        if not payload.isascii():
            payload.decode()
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise lambda_.errors.InvalidRequestContentException(
            f"Could not parse request body into json: {error}", fields={"Type": "User"}
        ) from error
