"""One execution environment: its life from initialization to shutdown, one invocation at a time.

Follows "Understanding the Lambda execution environment lifecycle". What runtimes and extensions say to it comes by
``runtime_api``; what it does to their processes goes by ``box``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Literal

import msgspec

from skyglobe.engines.http import BodyStream, HttpRequest
from skyglobe.engines.sandboxes.client import NoLauncher, NotStarted
from skyglobe.services.lambda_.running import failures, runtimes
from skyglobe.services.lambda_.running.box import Box
from skyglobe.services.lambda_.running.current import Current, Pieces, error_at_end, error_type_in
from skyglobe.services.lambda_.running.extensions import Extension, Extensions, external_extensions
from skyglobe.services.lambda_.running.failures import Failure
from skyglobe.services.lambda_.running.home import Home
from skyglobe.services.lambda_.running.interface import Credentials, Invocation, Outcome, Specification
from skyglobe.services.lambda_.running.lines import instant
from skyglobe.services.lambda_.running.log import Frames, Lines, Log
from skyglobe.services.lambda_.running.metrics import Taken, fill_in
from skyglobe.services.lambda_.running.telemetry import Subscriber

Phase = Literal["init", "invoke"]
Reason = Literal["spindown", "timeout", "failure"]

INIT_FOR = 10.0
"""Seconds an environment may take to initialize on demand, before it is tried again as part of the invocation."""
LONG_INIT_FOR = 130.0
"""Seconds it may take ahead of invocations (provisioned, SnapStart), or the function's timeout if that is longer."""
SHUTDOWN_FOR = 2.0
"""Seconds external extensions are given to end."""
MEMORY_LOOK_EVERY = 0.1
"""Seconds between two looks at the memory of a busy environment, where the machine does not watch it for us."""


class Environment:
    """One environment. ``when_idle`` and ``when_ended`` are called as it becomes so."""

    def __init__(self, home: Home, specification: Specification) -> None:
        self.home = home
        self.specification = specification
        self.is_prepared = specification.initialization != "on-demand"
        """Whether it was started ahead of any invocation."""
        self.has_ended = False
        self.is_retired = False
        """Whether it is to end when it has nothing to do."""
        self.expires_at = 0
        """When its credentials do."""
        self.idle_until = 0
        self.when_idle: Callable[[Environment], None] = lambda _: None
        self.when_ended: Callable[[Environment], None] = lambda _: None
        self.current: Current | None = None
        self.extensions = Extensions(external_extensions(specification.layers))
        self.subscribers: list[Subscriber] = []
        kernel = home.kernel
        self.log = Log(
            specification, self._stream_name(), kernel.clock.now, home.write_logs, self._tell, kernel.late_writes
        )
        self.log.when_roomy = lambda: self._box.read_on() if self._box is not None else None
        self._loop = asyncio.get_running_loop()
        self._box: Box | None = None
        self._credentials: Credentials | None = None
        self._lines = Lines(self.log.printed)
        self._asides = Lines(lambda line: self.log.printed(line, "extension"))
        self._frames = Frames(self.log.printed)
        self._door = home.door(self)
        self._address = ""
        self._next: HttpRequest | None = None
        """The runtime's request for the next invocation."""
        self._restoring: HttpRequest | None = None
        """The request of a runtime that waits to be restored from its snapshot."""
        self._booted: asyncio.Future[Failure | None] | None = None
        self._phase: Phase = "init"
        self._init_ms: float | None = None
        """How long initializing took, until an invocation's report has told."""
        self._restore_ms: float | None = None
        self._is_booted = False
        self._history: list[tuple[str, Any, int]] = []
        """What happened before anybody could subscribe."""
        self._shutting_down = False

    # life

    async def start(self) -> Failure | None:
        """Initialize. Returns what went wrong; an invocation then tries again. Raises ``RuntimeMissing``."""
        self._credentials = await self.specification.get_credentials()
        self.expires_at = self._credentials.expires_at
        self._address = await self._door.open(self.home.addresses)
        await self.home.make_ready(self.specification.runtime)
        limit = INIT_FOR
        if self.is_prepared:
            limit = max(LONG_INIT_FOR, self.specification.timeout_s)
        return await self._boot("init", limit)

    async def restore(self) -> None:
        """Wake a runtime that was initialized for its snapshot."""
        request, self._restoring = self._restoring, None
        assert request is not None
        started = self._loop.time()
        self.log.platform("platform.restoreStart", self._about())
        self._booted = self._loop.create_future()
        request.reply(200, b"{}")
        failure = await self._booted
        self._booted = None
        self._restore_ms = (self._loop.time() - started) * 1000
        self._init_ms = None
        status = failure.status if failure is not None else "success"
        self.log.platform(
            "platform.restoreReport", {"status": status, "metrics": {"durationMs": round(self._restore_ms, 2)}}
        )
        self._is_booted = failure is None

    @property
    def host(self) -> str:
        """Its address."""
        return self._door.host

    @property
    def is_frozen(self) -> bool:
        """Whether it waits to be restored."""
        return self._restoring is not None

    def invoke(self, invocation: Invocation) -> asyncio.Future[Outcome]:
        """Have the function handle an event. To be shielded by whoever waits for the outcome, and may stop to."""
        timeout = self.specification.timeout_s
        deadline = self.home.kernel.clock.wall() + timeout * 1000
        current = self.current = Current(invocation, self._loop.time(), deadline)
        if invocation.wants_tail:
            self.log.begin_tail()
        self.log.platform("platform.start", {"requestId": invocation.request_id, "version": self.specification.version})
        current.timer = self._loop.call_later(timeout, self._time_out, current)
        if self._is_booted:
            self._deliver()
        else:
            self.home.spawn(self._boot_for(current)).add_done_callback(current.never_began)
        if not self.home.watches_memory:
            self._look_at_memory()
        return current.outcome

    async def _boot_for(self, current: Current) -> None:
        """Initialize as part of an invocation."""
        self._drop_box()
        failure = await self._boot("invoke", self.specification.timeout_s + 1)
        if failure is not None and current.result is None:
            self._fail(current, self._worded(failure, current.invocation))
        elif failure is None:
            if self.is_frozen:
                await self.restore()
            self._deliver()

    async def shut_down(self, reason: Reason = "spindown") -> None:
        """End, giving extensions that asked for it their time."""
        if self.has_ended or self._shutting_down:
            return
        self._shutting_down = True
        await self._warn(reason)
        self._end()

    async def _warn(self, reason: Reason) -> None:
        warned = self.extensions.wanting("SHUTDOWN")
        if not warned or self._box is None or self._box.running is None:
            return
        deadline = self.home.kernel.clock.wall() + round(SHUTDOWN_FOR * 1000)
        event = {"eventType": "SHUTDOWN", "shutdownReason": reason, "deadlineMs": deadline}
        for extension in warned:
            extension.tell(event, self.home.kernel.ids.uuid())
        for subscriber in self.subscribers:
            subscriber.flush()
        self._box.warn()
        await asyncio.wait([self._box.running.ended], timeout=SHUTDOWN_FOR)

    def kill(self) -> None:
        """End at once."""
        self._end()

    def _end(self) -> None:
        if self.has_ended:
            return
        self.has_ended = True
        self._fail_boot(Failure(type="Runtime.Unknown", payload=b""))
        self._drop_box()
        self._door.close(self.home.addresses)
        self.log.flush()
        for subscriber in self.subscribers:
            subscriber.flush()
        self.home.release(self)
        self.when_ended(self)

    # initialization

    async def _boot(self, phase: Phase, limit: float) -> Failure | None:
        self._phase = phase
        started = self._loop.time()
        self._booted = self._loop.create_future()
        about = {"initializationType": self.specification.initialization, "phase": phase}
        self.log.platform("platform.initStart", {**about, **self._about()})
        failure = await self._start_box()
        if failure is None:
            try:
                failure = await asyncio.wait_for(asyncio.shield(self._booted), limit)
            except TimeoutError:
                failure = Failure(type="Sandbox.Timedout", payload=b"", status="timeout")
        self._booted = None
        elapsed = (self._loop.time() - started) * 1000
        if self.has_ended:
            return failure
        self._is_booted = failure is None
        if phase == "init" and failure is None:
            self._init_ms = elapsed
        self._report_init(about, elapsed, failure)
        if failure is not None:
            self._drop_box()
        return failure

    async def _start_box(self) -> Failure | None:
        assert self._credentials is not None
        self.extensions = Extensions(self.extensions.expected)
        box = self._box = Box(self)
        try:
            launcher = await self.home.launcher()
            await box.start(launcher, self.home.plan(self, launcher.isolation, self._credentials, self._address))
        except runtimes.Entrypoint as error:
            return failures.no_entrypoint(self._request_id(), str(error))
        except (NotStarted, NoLauncher) as error:
            return failures.not_started(self._request_id(), str(error))
        return None

    def _report_init(self, about: dict[str, Any], elapsed: float, failure: Failure | None) -> None:
        status = failure.status if failure is not None else "success"
        record: dict[str, Any] = {**about, "status": status}
        if failure is not None and failure.status == "error":
            record["errorType"] = failure.type
        self._drain()
        if failure is not None and failure.line:
            self.log.plain(failure.line)
        self.log.platform("platform.initRuntimeDone", record)
        self.log.platform("platform.initReport", {**record, "metrics": {"durationMs": round(elapsed, 2)}})

    def _about(self) -> dict[str, Any]:
        return {
            **runtimes.version_of(self.specification),
            "functionName": self.specification.name,
            "functionVersion": self.specification.version,
            "instanceId": self.log.stream,
            "instanceMaxMemory": self.specification.memory_mb << 20,
        }

    def _check_booted(self) -> None:
        """Initialization is over when the runtime and all extensions ask for work."""
        if self._booted is None or self._booted.done():
            return
        if (self._next is not None or self._restoring is not None) and self.extensions.are_all_ready:
            self._booted.set_result(None)

    def _fail_boot(self, failure: Failure) -> None:
        if self._booted is not None and not self._booted.done():
            self._booted.set_result(failure)

    # what the runtime says

    def runtime_asks(self, request: HttpRequest) -> None:
        """The runtime wants the next invocation."""
        self._next = request
        request.when_gone = lambda: self._forget_next(request)
        self._check_booted()
        if self._booted is None:
            self._deliver()

    def runtime_awaits_restore(self, request: HttpRequest) -> None:
        """The runtime is ready for its snapshot."""
        self._restoring = request
        self._check_booted()

    def runtime_failed_to_start(self, error_type: str, payload: bytes) -> None:
        """The runtime could not initialize, or not restore."""
        self._fail_boot(Failure(type=error_type or "Runtime.Unknown", payload=payload))

    def is_current(self, request_id: str) -> bool:
        """Return whether an answer to this invocation is awaited."""
        current = self.current
        return current is not None and current.result is None and current.invocation.request_id == request_id

    def respond(self, payload: bytes) -> None:
        """The function has answered."""
        assert self.current is not None
        self._answer(self.current, Outcome(payload=payload))

    def respond_with_error(self, error_type: str, payload: bytes) -> None:
        """The function, or its runtime, has answered with an error."""
        current = self.current
        assert current is not None
        current.status = "error"
        current.error_type = error_type or "Runtime.Unknown"
        raised = error_type or error_type_in(payload)
        self._answer(current, Outcome(payload=payload, function_error="Unhandled", error_type=raised))

    def respond_too_large(self) -> None:
        """The function has answered with more than it may."""
        assert self.current is not None
        failure = failures.too_large()
        self.log.plain(failure.line)
        self.respond_with_error(failure.type, failure.payload)

    def respond_in_pieces(self, stream: BodyStream, content_type: str, done: Callable[[], None]) -> None:
        """The function has begun to answer; ``done`` is called when it has been heard to the end."""
        current = self.current
        assert current is not None
        if current.invocation.is_streaming:
            pieces = Pieces(stream, current.finished)
            result = Outcome(chunks=pieces.read(), content_type=content_type)
            pieces.when_over = lambda: self._stream_over(current, result, pieces, done)
            current.result = result
            current.outcome.set_result(result)
            return
        self.home.spawn(self._gather(current, stream, done))

    async def _gather(self, current: Current, stream: BodyStream, done: Callable[[], None]) -> None:
        pieces, size = [], 0
        async for piece in stream:
            size += len(piece)
            if size <= failures.MAX_RESPONSE_BYTES:
                pieces.append(piece)
        done()
        if current.result is not None or self.current is not current:
            return
        error_type, payload = error_at_end(stream)
        if error_type:
            self.respond_with_error(error_type, payload)
        elif size > failures.MAX_RESPONSE_BYTES:
            self.respond_too_large()
        elif not stream.was_cut_off:
            self.respond(b"".join(pieces))

    def _stream_over(self, current: Current, result: Outcome, pieces: Pieces, done: Callable[[], None]) -> None:
        done()
        if self.current is not current:
            return
        error_type, payload = error_at_end(pieces.stream)
        if pieces.is_too_large:
            error_type, payload = failures.too_large().type, failures.too_large().payload
        if pieces.stream.was_cut_off and not error_type:
            return  # the process has gone, or time is over: that is told by whoever notices
        if error_type:
            current.status, current.error_type = "error", error_type
            result.function_error, result.error_type, result.payload = "Unhandled", error_type, payload
        current.is_over = True
        self._finish_if_done(current)

    def _forget_next(self, request: HttpRequest) -> None:
        if self._next is request:
            self._next = None

    def _deliver(self) -> None:
        """Hand the invocation to the runtime and the extensions, if both it and they are there."""
        current, request = self.current, self._next
        if current is None or current.is_delivered or request is None or not self._is_booted:
            return
        current.is_delivered = True
        self._next = None
        trace = current.invocation.trace_header or self._trace_header()
        event = current.as_event(trace)
        for extension in self.extensions.wanting("INVOKE"):
            extension.tell(event, self.home.kernel.ids.uuid())
        request.reply(200, current.invocation.payload, current.as_headers(trace))

    # what extensions say

    def extension_registered(self, extension: Extension) -> None:
        self.extensions.registered[extension.identifier] = extension
        if self.extensions.are_all_registered and self._box is not None:
            self._box.open_gate()

    def extension_asks(self, extension: Extension, request: HttpRequest) -> None:
        """An extension wants the next event."""
        if not extension.is_ready:
            extension.is_ready = True
            self._report_extension(extension, "Ready")
        extension.waiting = request
        self._check_booted()
        if self.current is not None and self.current.is_over:
            self._finish_if_done(self.current)

    def extension_failed(self, extension: Extension, error_type: str) -> None:
        """An extension says that it cannot go on: the environment cannot either."""
        self._report_extension(extension, "Failed", error_type)
        failure = Failure(type=error_type, payload=msgspec.json.encode({"errorType": error_type, "errorMessage": ""}))
        self._break(failure)

    def subscribe(self, subscriber: Subscriber) -> None:
        """Send an extension what happened and what will."""
        self.subscribers = [each for each in self.subscribers if each.name != subscriber.name] + [subscriber]
        for kind, record, at in self._history:
            subscriber.take(kind, record, at)
        record = {"name": subscriber.name, "state": "Subscribed", "types": sorted(subscriber.types)}
        self.log.platform("platform.telemetrySubscription", record)

    def _report_extension(self, extension: Extension, state: str, error_type: str = "") -> None:
        record = {"name": extension.name, "state": state, "events": sorted(extension.events)}
        self.log.platform("platform.extension", {**record, "errorType": error_type} if error_type else record)

    def _tell(self, kind: str, record: Any, at: int) -> None:
        """Tell subscribers; remember the beginning for those who come later."""
        if not self._is_booted and self.extensions.expected and len(self._history) < 1000:
            self._history.append((kind, record, at))
        for subscriber in self.subscribers:
            subscriber.take(kind, record, at)

    # what its processes do

    def printed(self, data: bytes) -> None:
        self._lines.feed(data)
        self._hold_if_full()

    def printed_aside(self, data: bytes) -> None:
        self._asides.feed(data)
        self._hold_if_full()

    def framed(self, data: bytes) -> None:
        self._frames.feed(data)
        self._hold_if_full()

    def exited(self, name: str, status: int) -> None:
        """The runtime's process, or an extension's, has ended."""
        if self._shutting_down:
            return
        if name == "main":
            self._break(failures.exited(self._request_id(), status))
            return
        extension = self.extensions.named(name)
        if extension is not None:
            self._report_extension(extension, "Exited", "Extension.Crash")
        self._break(failures.crashed_extension(self._request_id(), status))

    def ended(self, *, ran_out: bool) -> None:
        """Its sandbox is gone."""
        if ran_out:
            self._break(failures.ran_out(self._request_id()))
        else:
            self._break(failures.exited(self._request_id(), 9))

    def _break(self, failure: Failure) -> None:
        """Fail what is going on. An idle environment just ends."""
        self._drain()
        current = self.current
        if self._booted is not None:
            self._fail_boot(failure)
        elif current is not None and not current.is_delivered:
            self.home.spawn(self._boot_for(current))  # it ended after the last invocation: this one's is another
        elif current is not None:
            self._fail(current, failure)
        elif not self._shutting_down:
            self._end()

    def _look_at_memory(self) -> None:
        current = self.current
        if current is None or current.result is not None or self._box is None:
            return
        if self._box.peak_bytes() > self.specification.memory_mb << 20:
            self._break(failures.ran_out(self._request_id()))
            return
        self._loop.call_later(MEMORY_LOOK_EVERY, self._look_at_memory)

    def _hold_if_full(self) -> None:
        if self.log.is_full and self._box is not None:
            self.log.flush()
            self._box.hold()

    def _drain(self) -> None:
        if self._box is not None:
            self._box.drain()
        self._asides.end()
        self._lines.end()

    def _drop_box(self) -> None:
        box, self._box = self._box, None
        if box is not None:
            box.abandon()
        self._next = None
        self._restoring = None
        self._is_booted = False
        self._door.hang_up()

    # the end of an invocation

    def _answer(self, current: Current, result: Outcome) -> None:
        """Take the runtime's answer; who waits for it gets it when what is asked for besides is known too."""
        current.result = result
        current.is_over = True
        self._finish_if_done(current)

    def _finish_if_done(self, current: Current) -> None:
        result = current.result
        assert result is not None
        if self.extensions.registered and not self.extensions.are_all_waiting:
            if not current.invocation.wants_tail and not current.outcome.done():
                self._measure(current, result)
                current.outcome.set_result(result)
            return
        self._finish(current)

    def _finish(self, current: Current) -> None:
        """Write the report, answer if that was not done yet, and be idle."""
        if current.timer is not None:
            current.timer.cancel()
        self._drain()
        result = current.result
        assert result is not None
        metrics = self._measure(current, result)
        record: dict[str, Any] = {"requestId": current.invocation.request_id, "status": current.status}
        if current.error_type:
            record["errorType"] = current.error_type
        self.log.platform(
            "platform.runtimeDone",
            {**record, "metrics": {"durationMs": metrics["durationMs"], "producedBytes": len(result.payload)}},
        )
        if current.status == "timeout":
            record.pop("errorType", None)
        self.log.platform("platform.report", {**record, "metrics": metrics})
        result.log_tail = self.log.take_tail()
        self.log.flush_soon()
        self._init_ms = self._restore_ms = None
        self.current = None
        if not current.outcome.done():
            current.outcome.set_result(result)
        current.finished.set_result(None)
        if not self.has_ended and not self._shutting_down:
            self.when_idle(self)

    def _measure(self, current: Current, result: Outcome) -> dict[str, Any]:
        """Fill in what an invocation took, and return it as reports have it."""
        duration = (self._loop.time() - current.started) * 1000
        peak = self._box.peak_bytes() if self._box is not None else 0
        taken = Taken(duration, self._init_ms, self._restore_ms, peak)
        return fill_in(result, taken, self.specification, current.status, current.error_type, ahead=self.is_prepared)

    def _fail(self, current: Current, failure: Failure) -> None:
        """Answer for a function that cannot any more. The environment ends with it."""
        self._drain()
        if failure.line and not (failure.status == "timeout" and self.specification.log_format == "JSON"):
            self.log.plain(failure.line)
        current.status, current.error_type = failure.status, failure.type
        result = current.result or Outcome()
        if not current.is_over:  # else it is extensions that took too long, and the answer stands
            result.payload, result.function_error, result.error_type = failure.payload, "Unhandled", failure.type
        current.result = result
        self._shutting_down = True
        self._finish(current)
        reason: Reason = "timeout" if failure.status == "timeout" else "failure"
        if self.extensions.wanting("SHUTDOWN"):
            self.home.spawn(self._end_after_warning(reason))
        else:
            self._end()

    async def _end_after_warning(self, reason: Reason) -> None:
        await self._warn(reason)
        self._end()

    def _time_out(self, current: Current) -> None:
        if self.current is current:
            at = instant(self.home.kernel.clock.now())
            self._fail(current, failures.timed_out(current.invocation.request_id, self.specification.timeout_s, at))

    # words

    def _worded(self, failure: Failure, invocation: Invocation) -> Failure:
        if failure.status == "timeout":
            at = instant(self.home.kernel.clock.now())
            return failures.timed_out(invocation.request_id, self.specification.timeout_s, at)
        return msgspec.structs.replace(failure, line="")

    def _request_id(self) -> str:
        return self.current.invocation.request_id if self.current is not None else self.home.kernel.ids.uuid()

    def _trace_header(self) -> str:
        ids = self.home.kernel.ids
        root = f"1-{self.home.kernel.clock.now() // 1000:08x}-{ids.token(12).hex()}"
        return f"Root={root};Parent={ids.token(8).hex()};Sampled=0"

    def _stream_name(self) -> str:
        specification = self.specification
        day = instant(self.home.kernel.clock.now())[:10].replace("-", "/")
        own = specification.log_group == f"/aws/lambda/{specification.name}"
        name = "" if own else specification.name
        return f"{day}/{name}[{specification.version}]{self.home.kernel.ids.token(16).hex()}"
