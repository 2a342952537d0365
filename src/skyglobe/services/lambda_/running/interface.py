"""What Lambda's API hands to the execution environments, and what it is handed back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from skyglobe.kernel.kernel import Kernel

FunctionError = Literal["Handled", "Unhandled"]
Initialization = Literal["on-demand", "provisioned-concurrency", "snap-start"]


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """Temporary credentials of a function's role."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expires_at: int
    """Milliseconds since the epoch on the cloud's clock."""


class Specification(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One version of a function as it is to be run. Nothing in it changes while environments of it live."""

    account: str
    region: str
    name: str
    version: str
    """``$LATEST`` or a number."""
    role: str = ""
    """The ARN of the role whose sessions it runs in."""
    function_arn: str
    """Without a qualifier."""
    revision: str
    """Changes whenever anything here does: environments of another revision are never handed an invocation."""
    runtime: str
    """``python3.13``, ``nodejs22.x``, ``provided.al2023``, …"""
    handler: str
    code: Path
    """The folder of the unpacked code. It must be readable for everybody, as AWS asks of packages."""
    layers: tuple[Path, ...] = ()
    """The folders of unpacked layers in the order they are merged in: later ones win."""
    environment: dict[str, str] = {}
    memory_mb: int = 128
    timeout_s: int = 3
    ephemeral_mb: int = 512
    architecture: str = "x86_64"
    initialization: Initialization = "on-demand"
    get_credentials: Callable[[], Awaitable[Credentials]]
    """Gives fresh credentials of the role; asked once for each environment. What it raises, ``invoke`` raises."""
    log_group: str
    log_format: Literal["Text", "JSON"] = "Text"
    application_level: str = "INFO"
    """Of JSON logs: TRACE, DEBUG, INFO, WARN, ERROR, FATAL."""
    system_level: str = "INFO"
    """Of JSON logs: DEBUG, INFO, WARN."""


class Invocation(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One event for a function. The time it may take is its specification's, from when an environment has it."""

    request_id: str
    payload: bytes
    invoked_arn: str
    """As the client named the function: with the qualifier, if there was one."""
    client_context: str = ""
    """JSON, decoded from base64 already."""
    cognito_identity: str = ""
    """JSON: ``{"cognitoIdentityId": …, "cognitoIdentityPoolId": …}``."""
    trace_header: str = ""
    """``Root=1-…;Parent=…;Sampled=0``; empty has the environment make one."""
    wants_tail: bool = False
    """Whether the last 4 KB of the log are wanted (``LogType=Tail``)."""
    is_streaming: bool = False
    """Whether chunks of the response are wanted as they come."""


class Outcome(msgspec.Struct, kw_only=True, eq=False):
    """What became of an invocation.

    Where the invocation is streaming, ``chunks`` is to be read to its end, and only then is everything else final;
    otherwise ``payload`` is the whole response.
    """

    payload: bytes = b""
    """At most 6 MB (6,291,556 bytes). Where streaming: nothing, or the JSON of the error."""
    chunks: AsyncIterator[bytes] | None = None
    function_error: FunctionError | None = None
    error_type: str = ""
    """Of a failed invocation: ``Runtime.ExitError``, ``Sandbox.Timedout``, or what the function raised."""
    content_type: str = ""
    """What a streaming function says of its response; ``application/vnd.awslambda.http-integration-response``
    has a JSON prelude, eight zero bytes, and the body."""
    log_tail: bytes = b""
    executed_version: str = ""
    duration_ms: float = 0.0
    billed_ms: int = 0
    init_ms: float | None = None
    """Of the environment's start, where this invocation had to wait for one."""
    max_memory_mb: int = 0


class RuntimeMissing(Exception):
    """The machine lacks what the function's runtime takes; the message names it and how to install it."""


WriteLogs = Callable[[Specification, str, list[tuple[int, str]]], Awaitable[None]]
"""Writes (milliseconds, message) events to a stream of the specification's log group, as the function's role.

Called with the events of one stream in order, one call at a time. What it raises is logged and the events are lost, as
those of functions whose role may not write logs are.
"""


class Environments:
    """All execution environments of one cloud. There is one, made by ``environments_of``."""

    def __init__(self, kernel: Kernel, write_logs: WriteLogs) -> None:
        self.kernel = kernel
        self.write_logs = write_logs

    async def invoke(self, specification: Specification, invocation: Invocation) -> Outcome:
        """Have an idle environment, or else a new one, handle the event; return what came of it.

        How many run at a time is for the caller to limit. A caller that stops waiting does not stop the function.
        Raises ``RuntimeMissing``, and what getting credentials raises.
        """
        raise NotImplementedError

    async def prepare(self, specification: Specification, count: int) -> int:
        """Keep ``count`` initialized environments of the specification until told otherwise; 0 keeps none.

        Returns, once all have started, how many are ready: fewer when starting fails. Raises ``RuntimeMissing``.
        """
        raise NotImplementedError

    async def retire(self, function_arn: str, version: str | None = None) -> None:
        """End the environments of a function (or of one version): idle ones now, others when they have finished.

        To be called when it was changed or deleted.
        """
        raise NotImplementedError

    def busy(self, function_arn: str, version: str | None = None) -> int:
        """Return how many invocations of a function (or of one version) are going on."""
        raise NotImplementedError

    async def stop(self) -> None:
        """End everything. The cloud does so itself when it stops."""
        raise NotImplementedError


def environments_of(kernel: Kernel, write_logs: WriteLogs) -> Environments:
    """Return the environments of a cloud; ``write_logs`` is taken the first time."""

    def make() -> Environments:
        from skyglobe.services.lambda_.running.pool import WarmEnvironments

        return WarmEnvironments(kernel, write_logs)

    return kernel.companions.of("lambda.environments", make)
