"""Changes of one execution within one transaction: its operations, its history, and what waits for it."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.outbox import post
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import cancel_timer, set_timer
from skyglobe.services.lambda_.durable.records import (
    Error,
    Event,
    Execution,
    ExecutionStatus,
    Operation,
    events,
    executions,
    operations,
)
from skyglobe.services.lambda_.durable.rules import DAY_MS, Told, ended, silent_until

ENDINGS = {
    "SUCCEEDED": "ExecutionSucceeded",
    "FAILED": "ExecutionFailed",
    "TIMED_OUT": "ExecutionTimedOut",
    "STOPPED": "ExecutionStopped",
}


def topic_of(execution_id: str) -> tuple[str, ...]:
    """Return what those listen to who wait for the end of an execution."""
    return ("lambda", "durable", execution_id)


class Progress:
    """An execution that is changed; ``save`` writes what became of it."""

    def __init__(self, scope: Scope, execution: Execution) -> None:
        self.scope = scope
        self.execution = execution
        self._stored = execution

    def change(self, **fields: Any) -> None:
        self.execution = replace(self.execution, **fields)

    def save(self) -> Execution:
        """Write the execution itself; what else changed is written already."""
        executions.replace(self.scope, self._stored, self.execution)
        self._stored = self.execution
        return self.execution

    def tell(self, kind: str, details: dict[str, Any], operation: Operation | None = None) -> None:
        """Add to the history."""
        number = self.execution.events + 1
        about: dict[str, Any] = {}
        if operation is not None:
            about = {
                "operation": operation.id,
                "sub_kind": operation.sub_kind,
                "name": operation.name,
                "parent": operation.parent,
            }
        made = Event(execution=self.execution.id, number=number, kind=kind, at=self.scope.now, details=details, **about)
        events.insert(self.scope, made)
        self.change(events=number)

    def write(self, told: Told, known: Operation | None, payload: str = "") -> None:
        """Write what became of an operation, and see to what it waits for."""
        operation = told.operation
        if known is None:
            operations.insert(self.scope, operation)
            self.change(operations=self.execution.operations + 1)
        else:
            operations.replace(self.scope, known, operation)
        self.tell(told.kind, told.details, operation)
        self.expect(operation)
        if known is None and operation.kind == "CHAINED_INVOKE":
            letter = {"execution": operation.execution, "operation": operation.id, "input": payload}
            post(self.scope, "lambda", "durable-invoke", letter)

    def expect(self, operation: Operation) -> None:
        """Have the clock wake an operation when it is time."""
        due_at = operation.due_at
        if operation.kind == "CALLBACK" and (silence := silent_until(operation)) is not None:
            due_at = silence[0]
        key = f"{operation.execution}/{operation.id}"
        if operation.is_over or due_at is None:
            cancel_timer(self.scope, "lambda", "durable-operation", key)
        else:
            set_timer(self.scope, "lambda", "durable-operation", key, due_at)

    def wake(self, told: Told, known: Operation) -> None:
        """Write what became of an operation while nobody asked, and have the function go on."""
        self.write(told, known)
        self.change(news=(*self.execution.news, known.id))
        self.stir()

    def stir(self) -> None:
        """Have the function invoked: now, or once more when the invocation that goes on has ended."""
        if self.execution.is_busy:
            self.change(is_stirred=True)
        else:
            self.invoke()

    def invoke(self) -> None:
        """Have the function invoked."""
        self.change(is_busy=True)
        execution = self.execution
        post(self.scope, "lambda", "durable", {"id": execution.id}, lane=f"durable:{execution.id}")

    def finish(self, status: ExecutionStatus, result: str | None = None, error: Error | None = None) -> None:
        """End the execution, and tell who waits for it."""
        scope, now = self.scope, self.scope.now
        details: dict[str, Any] = {"Error": {"Payload": error or {}, "Truncated": False}}
        if status == "SUCCEEDED":
            details = {"Result": {"Payload": result or "", "Truncated": False}}
        self.tell(ENDINGS[status], details)
        self.change(status=status, ended_at=now, result=result, error=error, is_busy=False, is_stirred=False)
        identifier = self.execution.id
        own = operations.find(scope, identifier, identifier)
        if own is not None:
            operations.replace(scope, own, replace(own, status=status, ended_at=now))
        for kind in ("durable-timeout", "durable-retry"):
            cancel_timer(scope, "lambda", kind, identifier)
        for operation in list(operations.scan_by(scope, "open", identifier)):
            cancel_timer(scope, "lambda", "durable-operation", f"{identifier}/{operation.id}")
        set_timer(scope, "lambda", "durable-forget", identifier, now + self.execution.kept_for * DAY_MS)
        scope.after_commit(lambda: scope.kernel.signals.fire(topic_of(identifier)))
        if self.execution.invoked_by:
            finish_invoke(scope, self.execution.invoked_by, status, result, error)


def finish_invoke(scope: Scope, place: str, status: Any, result: str | None, error: Error | None) -> None:
    """Give an execution what the function it invoked answered; ``place`` is ``EXECUTION/OPERATION``."""
    execution_id, _, operation_id = place.partition("/")
    execution = executions.find(scope, execution_id)
    operation = operations.find(scope, execution_id, operation_id)
    if execution is None or execution.is_over or operation is None or operation.is_over:
        return
    progress = Progress(scope, execution)
    progress.wake(ended(operation, status, scope.now, result, error), operation)
    progress.save()
