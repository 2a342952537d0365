"""The way of one request that has been identified, to its answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from time import perf_counter
from typing import Any

from skyglobe.gateway.authenticate import authenticate
from skyglobe.gateway.bodies import open_body
from skyglobe.gateway.identify import Route, Unidentified
from skyglobe.gateway.key_uses import KeyUses
from skyglobe.gateway.performing import begin_call, perform
from skyglobe.gateway.tracing import Traces
from skyglobe.kernel.call import Call
from skyglobe.kernel.credentials import credentials
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.principals import ANONYMOUS, Principal
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.store import Outpaced, StoreFailure, WriteSet
from skyglobe.kernel.wire import ClientGone, Request, Response
from skyglobe.models import ServiceModel, load
from skyglobe.protocols.errors import serialize_error

Reply = Callable[[Response], None]

_log = logging.getLogger(__name__)


class Exchange:
    """One request and its answer.

    The gateway identifies; then ``perform`` runs in a turn of the store (authenticate, parse, validate, authorize,
    perform), and ``finish`` answers after the commit (observe, serialize).
    """

    __slots__ = (
        "_call",
        "_is_verified",
        "_kernel",
        "_key_uses",
        "_params",
        "_principal",
        "_reply",
        "_request",
        "_request_id",
        "_started",
        "_traces",
        "route",
    )

    def __init__(self, kernel: Kernel, traces: Traces, key_uses: KeyUses, request: Request, reply: Reply) -> None:
        self._kernel = kernel
        self._traces = traces
        self._key_uses = key_uses
        self._request = request
        self._reply = reply
        self._request_id = kernel.ids.uuid()
        self._principal: Principal | None = None
        self._call: Call | None = None
        self._is_verified = False
        self._params: dict[str, Any] = {}
        self._started = perf_counter()
        self.route: Route | None = None

    def enter_as(self, principal: Principal, *, is_verified: bool) -> None:
        """Take ``principal`` for the caller: who it is was found out elsewhere, and the body needs no opening."""
        self._principal = principal
        self._is_verified = is_verified

    def perform(self, writes: WriteSet) -> Any:
        """Everything that reads or writes the store: from authentication to the operation itself."""
        route = self.route
        assert route is not None
        principal = self._principal or self._authenticate(writes, route)
        plan = route.plan
        call = self._call = begin_call(
            self._kernel, writes, plan, principal, principal.account, route.region, self._request, self._request_id
        )
        params = self._params = plan.parse(self._request, route.labels)
        return perform(call, plan, params)

    def _authenticate(self, writes: WriteSet, route: Route) -> Principal:
        """Find out who calls, and open the body. Done once, even if the turn is run again."""
        kernel, request, plan = self._kernel, self._request, route.plan
        scope = Scope(kernel, writes, "", "", 0)
        authenticated = authenticate(
            request,
            route.scope,
            service=plan.signed,
            find_credential=lambda key: credentials.find(scope, key),
            now_wall=kernel.clock.wall(),
            clock=kernel.clock,
            lenient=kernel.config.lenient_auth,
            may_be_anonymous=plan.is_anonymous_allowed,
            virtual_bucket=route.bucket,
        )
        request.trailers = open_body(request, authenticated.payload)
        self._principal = authenticated.principal
        self._is_verified = authenticated.is_verified
        return authenticated.principal

    def finish(self, result: Any, failure: BaseException | None) -> None:
        """Answer once the turn is committed."""
        if failure is not None:
            self.fail(failure)
        elif type(result) is dict or result is None:
            self._succeed(result)
        else:
            self._kernel.spawn(self._wait_for(result))

    def pass_on(self, response: Response | None, failure: BaseException | None) -> None:
        """Answer, once the turn is committed, with what no model describes: pages, and what browsers ask beforehand."""
        if response is None:
            self.fail(failure or AssertionError("neither an answer nor a failure"))
            return
        if self._request.when_answered is not None:
            self._request.when_answered(response, response.headers.get("x-amz-error-code", ""))
        self._reply(response)

    async def _wait_for(self, work: Any) -> None:
        try:
            result = await work
        except asyncio.CancelledError:
            self.fail(ServiceError("The cloud is shutting down.", code="ServiceUnavailable", status=503))
            raise
        except Exception as error:
            self.fail(error)
            return
        self._succeed(result)

    def _succeed(self, result: Any) -> None:
        route = self.route
        assert route is not None
        plan = route.plan
        try:
            response = plan.serialize(result if result is not None else {}, self._request_id)
        except Exception as error:
            self.fail(error)
            return
        operation = plan.operation
        if operation is not None and operation.unused and (ignored := operation.ignored(self._params)):
            response.headers["x-skyglobe-ignored"] = ",".join(ignored)
        if self._request.answer_headers is not None:
            response.headers.update(self._request.answer_headers)
        if self._request.answer_status is not None:
            response.status = self._request.answer_status
        self._observe(route, response.status, "")
        if self._request.when_answered is not None:
            self._request.when_answered(response, "")
        self._reply(response)

    def fail(self, failure: BaseException) -> None:
        """Answer with AWS's error. What is no ``ServiceError`` is a defect here: it is logged, and told as one."""
        if isinstance(failure, ClientGone):
            self._reply(Response(400))  # nobody reads it, but the transport is told that the request is over
            return
        error = self._as_service_error(failure)
        route = self.route
        if route is not None:
            model: ServiceModel | None = route.plan.service_model
            protocol = route.plan.protocol
            self._observe(route, error.status, error.code)
        elif isinstance(failure, Unidentified):
            model, protocol = load(failure.service) if failure.service else None, failure.protocol
        else:
            model, protocol = load("s3"), "rest-xml"
        request = self._request
        response = serialize_error(
            error, model, protocol, self._request_id, request.path, head=request.method == "HEAD"
        )
        if request.answer_headers is not None:
            response.headers.update(request.answer_headers)
        if request.when_answered is not None:
            request.when_answered(response, error.code)
        self._reply(response)

    def _observe(self, route: Route, status: int, code: str) -> None:
        principal = self._principal or ANONYMOUS
        if self._is_verified:
            self._key_uses.note(principal, route.plan, route.region)
        self._traces.note(
            self._kernel, route.plan, principal, route.region, self._request_id, self._started, status, code, self._call
        )

    def _outpaced(self) -> ServiceError | None:
        service = self.route.plan.service if self.route is not None else None
        if self.route is None or service is None or service.outpaced is None:
            return None
        return service.outpaced(self.route.plan.name, self._params)

    def _as_service_error(self, failure: BaseException) -> ServiceError:
        if isinstance(failure, ServiceError):
            return failure
        if isinstance(failure, StoreFailure):
            if isinstance(failure, Outpaced) and (told := self._outpaced()) is not None:
                return told
            text = f"The store could not keep this write: {failure}. Nothing was changed."
            return ServiceError(text, code="ServiceUnavailable", status=503)
        _log.error("%s %s failed", self._request.method, self._request.path, exc_info=failure)
        return ServiceError(
            f"Skyglobe met a defect of its own while answering request {self._request_id}; its log has the details.",
            code="InternalFailure",
            status=500,
        )
