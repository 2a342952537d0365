"""Asynchronous invocations: kept until they are over, tried again by the clock, never lost."""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

from msgspec.structs import replace

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.outbox import Delivery, post
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.services.lambda_ import lambda_
from skyglobe.services.lambda_.counting import count_event
from skyglobe.services.lambda_.destinations import Result, report
from skyglobe.services.lambda_.finding import Found
from skyglobe.services.lambda_.invoking import Target, admitted, aim, check_loop, run
from skyglobe.services.lambda_.records import (
    EventInvokeConfig,
    QueuedEvent,
    event_invoke_configs,
    functions,
    queued_events,
)
from skyglobe.services.lambda_.rules.names import LATEST
from skyglobe.services.lambda_.rules.retries import DEFAULT_MAX_AGE_S, DEFAULT_RETRIES, retry_after, throttled_for

WORKERS = 10
"""How many asynchronous invocations of one function run at a time on this machine; Lambda promises no number."""
_log = logging.getLogger(__name__)


def enqueue(found: Found, payload: bytes, request_id: str, trace: str) -> None:
    """Have a function handle an event as soon as there is room."""
    scope, function, qualifier = found
    event = QueuedEvent(
        id=request_id,
        function=function.id,
        number=function.number,
        qualifier=qualifier,
        payload=payload,
        received_at=scope.now,
        trace=trace,
    )
    queued_events.insert(scope, event)
    count_event(scope, function, "AsyncEventsReceived")
    _post(scope, event)


def _post(scope: Scope, event: QueuedEvent) -> None:
    lane = f"run:{event.number}:{scope.kernel.next_order() % WORKERS}"
    post(scope, "lambda", "run", {"id": event.id}, lane=lane)


@lambda_.timer("run")
def run_again(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Try an event again whose time has come."""
    event = queued_events.find(scope, key)
    if event is not None:
        _post(scope, event)


class _Attempt(NamedTuple):
    """One try of an event."""

    event: QueuedEvent
    found: Found
    config: EventInvokeConfig | None
    target: Target | None
    """None for an alias or a version that went meanwhile."""

    @property
    def retries(self) -> int:
        kept = self.config.retries if self.config is not None else None
        return DEFAULT_RETRIES if kept is None else kept

    def is_too_old(self, now: int) -> bool:
        kept = self.config.max_age_s if self.config is not None else None
        return now - self.event.received_at > (kept or DEFAULT_MAX_AGE_S) * 1000


def _begin(scope: Scope, event_id: str) -> _Attempt | None:
    """Return a try of an event; None when the event or its function is gone."""
    event = queued_events.find(scope, event_id)
    if event is None:
        return None
    function = functions.find(scope, event.function)
    if function is None or function.number != event.number:
        queued_events.delete(scope, event)
        return None
    found = Found(scope, function, event.qualifier)
    config = event_invoke_configs.find(scope, function.id, event.qualifier or LATEST)
    try:
        target = aim(found)
    except ServiceError as error:
        if error.status != 404:
            raise
        target = None
    return _Attempt(event, found, config, target)


@lambda_.consumer("run")
async def run_event(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Try one event: what comes of it is written together with its end, or with the timer of the next try."""
    delivery.stand_aside()
    attempt: _Attempt | None = await delivery.transact(lambda scope: _begin(scope, payload["id"]))
    if attempt is None:
        return
    event, target = attempt.event, attempt.target
    if target is None or attempt.is_too_old(delivery.kernel.clock.now()):
        await delivery.transact(lambda scope: _end(scope, attempt, "EventAgeExceeded", None))
        return
    try:
        check_loop(target, event.trace)
        with admitted(delivery.kernel, target):
            outcome = await run(delivery.kernel, target, event.payload, event.id, trace=event.trace)
    except ServiceError as error:
        if error.code == "RecursiveInvocationException":
            await delivery.transact(lambda scope: _end(scope, attempt, "RecursiveInvocation", None))
            return
        if error.status != 429:
            _log.warning("event %s of %s cannot run: %s", event.id, target.function.arn, error.message)
        await delivery.transact(lambda scope: _put_back(scope, event))
        return
    result = Result(
        outcome.payload, outcome.function_error or "", outcome.executed_version or target.version.label, target.version
    )
    if not result.error:
        await delivery.transact(lambda scope: _end(scope, attempt, "Success", result))
    elif event.attempts >= attempt.retries:
        await delivery.transact(lambda scope: _end(scope, attempt, "RetriesExhausted", result))
    else:
        await delivery.transact(lambda scope: _try_later(scope, event))


def _try_later(scope: Scope, event: QueuedEvent) -> None:
    """Try an event again that the function failed with."""
    if queued_events.find(scope, event.id) != event:
        return
    queued_events.replace(scope, event, replace(event, attempts=event.attempts + 1, throttles=0))
    set_timer(scope, "lambda", "run", event.id, scope.now + retry_after(event.attempts))


def _put_back(scope: Scope, event: QueuedEvent) -> None:
    """Try an event again that the function never had, for lack of room or of a role."""
    if queued_events.find(scope, event.id) != event:
        return
    queued_events.replace(scope, event, replace(event, throttles=event.throttles + 1))
    set_timer(scope, "lambda", "run", event.id, scope.now + throttled_for(event.throttles))


def _end(scope: Scope, attempt: _Attempt, condition: str, result: Result | None) -> None:
    """Be done with an event, and have those told that are to know."""
    event = attempt.event
    if queued_events.find(scope, event.id) != event:
        return
    queued_events.delete(scope, event)
    function = attempt.found.function
    count_event(scope, function, "AsyncEventAge", float(scope.now - event.received_at))
    if condition != "Success":
        count_event(scope, function, "AsyncEventsDropped")
    report(scope, attempt.found._replace(scope=scope), attempt.config, event, condition, result)
