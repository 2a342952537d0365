"""Durable executions, what they did, and what happened to them."""

from __future__ import annotations

from typing import Any, Literal

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.tables import Record, Table

Error = dict[str, Any]
"""An ``ErrorObject``, as the API has it."""
ExecutionStatus = Literal["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "STOPPED"]
OperationStatus = Literal["STARTED", "PENDING", "READY", "SUCCEEDED", "FAILED", "CANCELLED", "TIMED_OUT", "STOPPED"]
Kind = Literal["EXECUTION", "CONTEXT", "STEP", "WAIT", "CALLBACK", "CHAINED_INVOKE"]


class Execution(Record, frozen=True, kw_only=True):
    """One durable execution of a version of a function."""

    id: str
    name: str
    function: str
    number: int
    """Of the function: one that was created anew under the same name does not go on with it."""
    version: int
    qualifier: str
    """What it was invoked with."""
    arn: str
    input: str
    status: ExecutionStatus = "RUNNING"
    started_at: Instant
    ended_at: Instant | None = None
    times_out_for: int
    """Seconds it may take."""
    kept_for: int
    """Days it is remembered after its end."""
    result: str | None = None
    error: Error | None = None
    trace: str
    checkpoints: int = 0
    """How often a checkpoint token was given out: the last one alone is good."""
    operations: int = 0
    events: int = 0
    failures: int = 0
    """How many invocations in a row failed."""
    is_busy: bool = False
    """Whether an invocation goes on, or is about to."""
    is_stirred: bool = False
    """Whether something happened meanwhile that the next invocation must see."""
    news: tuple[str, ...] = ()
    """Operations that changed since the function was last told."""
    client_token: str = ""
    """Of the last checkpoint, so that it can be repeated."""
    invoked_by: str = ""
    """The operation of another execution that waits for it: ``EXECUTION/OPERATION``."""

    @property
    def function_arn(self) -> str:
        return self.arn.partition("/")[0]

    @property
    def is_over(self) -> bool:
        return self.status != "RUNNING"


executions: Table[Execution] = Table(
    "lambda.durable.executions",
    Execution,
    key=("id",),
    indexes={"name": ("name",), "function": ("function", "started_at")},
)


class Operation(Record, frozen=True, kw_only=True):
    """One thing an execution did or waits for."""

    execution: str
    id: str
    order: int
    kind: Kind
    status: OperationStatus = "STARTED"
    sub_kind: str = ""
    name: str = ""
    parent: str = ""
    started_at: Instant
    ended_at: Instant | None = None
    result: str | None = None
    error: Error | None = None
    replays_children: bool = False
    attempts: int = 0
    """Of a step: how many were finished."""
    due_at: Instant | None = None
    """When a wait is over, or a step is tried again."""
    timeout_s: int = 0
    """Of a callback; 0 waits as long as the execution may."""
    heartbeat_s: int = 0
    """The longest a callback may be silent; 0 for ever."""
    heard_at: Instant = 0
    target: str = ""
    """The function that is invoked."""

    @property
    def open_in(self) -> str | None:
        """The execution, as long as something outside of it is waited for."""
        is_open = self.status == "PENDING" or (
            self.status == "STARTED" and self.kind in ("WAIT", "CALLBACK", "CHAINED_INVOKE")
        )
        return self.execution if is_open else None

    @property
    def is_over(self) -> bool:
        return self.status in ("SUCCEEDED", "FAILED", "CANCELLED", "TIMED_OUT", "STOPPED")


operations: Table[Operation] = Table(
    "lambda.durable.operations",
    Operation,
    key=("execution", "id"),
    indexes={"order": ("execution", "order"), "open": ("open_in",)},
)


class Event(Record, frozen=True, kw_only=True):
    """Something that happened to an execution."""

    execution: str
    number: int
    kind: str
    at: Instant
    operation: str = ""
    sub_kind: str = ""
    name: str = ""
    parent: str = ""
    details: dict[str, Any]
    """In the API's names; instants are milliseconds."""


events: Table[Event] = Table("lambda.durable.events", Event, key=("execution", "number"))
