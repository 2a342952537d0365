"""Where requests come in: from sockets, from the tests' in-process client, from services calling services."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from functools import partial
from time import perf_counter
from typing import Any, Final
from urllib.parse import unquote

from skyglobe.gateway import form_uploads
from skyglobe.gateway.authorize import refusal
from skyglobe.gateway.exchange import Exchange, Reply
from skyglobe.gateway.form_uploads import is_form_upload
from skyglobe.gateway.hosts import place_of
from skyglobe.gateway.identify import Unidentified, identify, needs_body
from skyglobe.gateway.key_uses import KeyUses
from skyglobe.gateway.pages import PAGE_PATHS, answer_page
from skyglobe.gateway.performing import begin_call, perform
from skyglobe.gateway.plans import Plans
from skyglobe.gateway.tracing import Traces
from skyglobe.gateway.visits import Visits, label_in
from skyglobe.gateway.websites import WEBSITE, Websites
from skyglobe.gateway.whole import collect, is_whole_body_needed
from skyglobe.kernel.access import Need
from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.principals import Principal
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.store import WriteSet
from skyglobe.kernel.wire import Request, Response
from skyglobe.models import load

Admin = Callable[[Request], Awaitable[Response]]

ADMIN_PATHS: Final = ("/_skyglobe/", "/_localstack/")


class Gateway:
    """Answers requests, whatever carries them: sockets, the tests' in-process client, services calling services."""

    def __init__(self, kernel: Kernel, admin: Admin | None = None) -> None:
        self.kernel = kernel
        self.plans = Plans(kernel.services)
        self.traces = Traces()
        self.key_uses = KeyUses(kernel)
        self.websites = Websites(kernel, self.plans, self.traces)
        self.visits = Visits(kernel, self.plans, self.traces)
        self.admin = admin
        kernel.invoke = self.invoke
        kernel.invoke_within = self.invoke_within
        kernel.weigh = self.weigh
        kernel.receive = self.visits.receive
        kernel.when_exchanged.append(self.traces.usage.clear)

    def handle(self, request: Request, reply: Reply) -> None:
        """Answer ``request`` by calling ``reply`` exactly once: at the end of this loop turn, or later."""
        if request.path.startswith(ADMIN_PATHS) and self.admin is not None:
            self.kernel.spawn(self._administer(self.admin, request, reply))
            return
        if WEBSITE in request.host and self._handle_website(request, reply):
            return
        if (label := label_in(request.host)) is not None:
            self.kernel.spawn(self._visit(request, label, reply))
            return
        if request.path.startswith(PAGE_PATHS):
            self.kernel.spawn(self._show(request, reply))
            return
        if request.method == "POST" and is_form_upload(request, self.kernel.config):
            self.kernel.spawn(self._handle_form(request, reply))
            return
        if request.method == "OPTIONS":
            self._handle_preflight(request, reply)
            return
        if needs_body(request):
            self.kernel.spawn(self._handle_whole(request, reply))
            return
        exchange = Exchange(self.kernel, self.traces, self.key_uses, request, reply)
        try:
            route = identify(request, self.plans, self.kernel.config)
        except Exception as error:
            exchange.fail(error)
            return
        exchange.route = route
        if request.stream is not None and is_whole_body_needed(request, route.plan):
            self.kernel.spawn(self._handle_whole(request, reply))
            return
        self.kernel.turns.run(exchange.perform, exchange.finish)

    async def _handle_form(self, request: Request, reply: Reply) -> None:
        plan = self.plans.get("s3", "PutObject", "rest-xml")
        exchange = Exchange(self.kernel, self.traces, self.key_uses, request, reply)
        try:
            upload = await form_uploads.open_upload(self.kernel, plan, request)
        except Exception as error:
            exchange.fail(error)
            return
        answer = form_uploads.answering(upload, reply)
        exchange = Exchange(self.kernel, self.traces, self.key_uses, upload.request, answer)
        form_uploads.begin(upload, exchange)
        self.kernel.turns.run(exchange.perform, exchange.finish)

    def _handle_preflight(self, request: Request, reply: Reply) -> None:
        """Answer a browser that asks whether its page may call S3, which is the service pages call."""
        exchange = Exchange(self.kernel, self.traces, self.key_uses, request, reply)
        place = place_of(request.host, self.kernel.config.host_suffixes)
        service = self.kernel.services.find("s3") if place.endpoint in ("", "s3") else None
        answer = service.answer_preflight if service is not None else None
        if answer is None:
            exchange.fail(Unidentified("", "MethodNotAllowed", 405, "rest-xml", "s3"))
            return
        bucket = place.bucket or unquote(request.path[1:].partition("/")[0])
        region = place.region or self.kernel.config.region

        self.kernel.turns.run(
            lambda writes: answer(self.kernel.scope(writes, "", region), request, bucket), exchange.pass_on
        )

    def _handle_website(self, request: Request, reply: Reply) -> bool:
        """Answer a request to a website endpoint; return whether it is to one."""
        place = place_of(request.host, self.kernel.config.host_suffixes)
        service = self.kernel.services.find("s3") if place.endpoint == WEBSITE and place.bucket else None
        if service is None or service.answer_website is None:
            return False
        exchange = Exchange(self.kernel, self.traces, self.key_uses, request, reply)

        self.kernel.turns.run(lambda writes: self.websites.answer(writes, service, request, place), exchange.pass_on)
        return True

    async def _handle_whole(self, request: Request, reply: Reply) -> None:
        try:
            request.body = await collect(request)
        except Exception as error:
            Exchange(self.kernel, self.traces, self.key_uses, request, reply).fail(error)
            return
        request.stream = None
        self.handle(request, reply)

    async def _show(self, request: Request, reply: Reply) -> None:
        try:
            response = await answer_page(self.kernel, request)
        except Exception as error:
            Exchange(self.kernel, self.traces, self.key_uses, request, reply).fail(error)
            return
        reply(response)

    async def _visit(self, request: Request, label: str, reply: Reply) -> None:
        try:
            if request.stream is not None:
                request.body = await collect(request)
                request.stream = None
            response = await self.visits.answer(request, label)
        except Exception as error:
            Exchange(self.kernel, self.traces, self.key_uses, request, reply).fail(error)
            return
        reply(response)

    async def _administer(self, admin: Admin, request: Request, reply: Reply) -> None:
        if request.stream is not None:
            try:
                request.body = await collect(request)
            except Exception as error:
                Exchange(self.kernel, self.traces, self.key_uses, request, reply).fail(error)
                return
            request.stream = None
        reply(await admin(request))

    def weigh(self, call: Call, need: Need, params: dict[str, Any]) -> ServiceError | None:
        """Return the refusal of something a call needs besides what it was let in for; None when it may."""
        plan = self.plans.get(call.operation.service.name, call.operation.name, call.protocol)
        return refusal(call, plan, need, params)

    async def invoke(
        self, principal: Principal, account: str, region: str, service: str, operation: str, params: dict[str, Any]
    ) -> Any:
        """Call an operation in process, with everything that applies to a call over the wire but the wire."""
        plan = self.plans.get(service, operation, load(service).protocols[0])
        request = Request("POST", "/")
        request_id = self.kernel.ids.uuid()
        started = perf_counter()

        call: Call | None = None

        def work(writes: WriteSet) -> Any:
            nonlocal call
            call = begin_call(self.kernel, writes, plan, principal, account, region, request, request_id)
            return perform(call, plan, params)

        status, code = 200, ""
        try:
            result = await self.kernel.turns.perform(work)
            return await result if inspect.isawaitable(result) else result
        except ServiceError as error:
            status, code = error.status, error.code
            raise
        finally:
            self.traces.note(self.kernel, plan, principal, region, request_id, started, status, code, call)
            if request.when_answered is not None:
                request.when_answered(Response(status), code)

    def invoke_within(
        self,
        scope: Scope,
        principal: Principal,
        account: str,
        region: str,
        service: str,
        operation: str,
        params: dict[str, Any],
    ) -> Any:
        """As ``invoke``, as part of the work of ``scope`` and at its instant. What is refused leaves no writes."""
        plan = self.plans.get(service, operation, load(service).protocols[0])
        request_id = self.kernel.ids.uuid()
        started = perf_counter()
        own = WriteSet(scope.writes)
        request = Request("POST", "/")
        call = None
        status, code = 200, ""
        try:
            call = begin_call(self.kernel, own, plan, principal, account, region, request, request_id, scope.now)
            result = perform(call, plan, params)
        except ServiceError as error:
            status, code = error.status, error.code
            raise
        finally:
            self.traces.note(self.kernel, plan, principal, region, request_id, started, status, code, call)
            if request.when_answered is not None:
                scope.after_commit(partial(request.when_answered, Response(status), code))
        if inspect.iscoroutine(result):
            result.close()
            raise TypeError(f"{service}.{operation} waits: it cannot be part of other work")
        scope.writes.fold(own)
        return result
