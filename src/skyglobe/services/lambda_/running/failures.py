"""How invocations fail that no code of the function's answers for, in AWS's words."""

from __future__ import annotations

import os
import signal
from typing import Literal

import msgspec

MAX_RESPONSE_BYTES = 6_291_556
"""Of a buffered response; "Lambda quotas" say 6 MB, its error message has the number."""

Status = Literal["success", "error", "timeout", "failure"]

_SIGNALS = {
    signal.SIGHUP: "hangup",
    signal.SIGINT: "interrupt",
    signal.SIGQUIT: "quit",
    signal.SIGILL: "illegal instruction",
    signal.SIGTRAP: "trace/breakpoint trap",
    signal.SIGABRT: "aborted",
    signal.SIGBUS: "bus error",
    signal.SIGFPE: "floating point exception",
    signal.SIGKILL: "killed",
    signal.SIGSEGV: "segmentation fault",
    signal.SIGPIPE: "broken pipe",
    signal.SIGTERM: "terminated",
}


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why an initialization or an invocation failed."""

    type: str
    payload: bytes
    """What the caller gets."""
    status: Status = "error"
    line: str = ""
    """What the log says of it, beside the report."""


def exit_reason(status: int) -> str:
    """Return what is said of a process that ended with a wait status."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        name = _SIGNALS.get(signal.Signals(number), f"signal {number}") if number < 32 else f"signal {number}"
        return f"Runtime exited with error: signal: {name}" + (" (core dumped)" if os.WCOREDUMP(status) else "")
    code = os.WEXITSTATUS(status)
    return f"Runtime exited with error: exit status {code}" if code else "Runtime exited without providing a reason"


def exited(request_id: str, status: int) -> Failure:
    """The runtime's process ended."""
    return _told("Runtime.ExitError", request_id, exit_reason(status))


def ran_out(request_id: str) -> Failure:
    """The environment needed more memory than the function has."""
    return _told("Runtime.OutOfMemory", request_id, "Runtime exited with error: signal: killed")


def crashed_extension(request_id: str, status: int) -> Failure:
    """An extension's process ended before its time."""
    code = os.waitstatus_to_exitcode(status)
    reason = f"exit status {code}" if code >= 0 else f"signal: {_SIGNALS.get(signal.Signals(-code), str(-code))}"
    return _told("Extension.Crash", request_id, reason)


def no_entrypoint(request_id: str, reason: str) -> Failure:
    """There is no program to start."""
    return _told("Runtime.InvalidEntrypoint", request_id, reason)


def not_started(request_id: str, reason: str) -> Failure:
    """The machine would not start the sandbox."""
    return _told("Sandbox.Failure", request_id, reason)


def timed_out(request_id: str, seconds: int, at: str) -> Failure:
    """The function took longer than it may."""
    message = f"Task timed out after {seconds:.2f} seconds"
    return Failure(
        type="Sandbox.Timedout",
        payload=_payload("Sandbox.Timedout", f"RequestId: {request_id} Error: {message}"),
        status="timeout",
        line=f"{at} {request_id} {message}\n\n",
    )


def too_large(size: int | None = None) -> Failure:
    """The response is larger than one may be."""
    kind = "Function.ResponseSizeTooLarge"
    message = f"Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)."
    return Failure(type=kind, payload=_payload(kind, message), line=f"{message}\n")


def _told(kind: str, request_id: str, reason: str) -> Failure:
    message = f"RequestId: {request_id} Error: {reason}"
    return Failure(type=kind, payload=_payload(kind, message), line=f"{message}\n{kind}\n")


def _payload(kind: str, message: str) -> bytes:
    return msgspec.json.encode({"errorType": kind, "errorMessage": message})
