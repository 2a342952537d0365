"""The way of a request: identify, authenticate, parse, authorize, perform, observe, serialize."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

from skyglobe.gateway.authenticate import authenticate
from skyglobe.gateway.authorize import allow_every_known_caller
from skyglobe.gateway.bodies import open_body
from skyglobe.gateway.identify import Route, Unidentified, identify, needs_body
from skyglobe.gateway.plans import Plan, Plans
from skyglobe.gateway.tracing import Traced, Traces
from skyglobe.gateway.whole import collect, is_whole_body_needed
from skyglobe.kernel.call import Call
from skyglobe.kernel.credentials import credentials
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.principals import ANONYMOUS, Principal
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.store import StoreFailure, WriteSet
from skyglobe.kernel.wire import ClientGone, Request, Response
from skyglobe.models import ServiceModel, Shape, load
from skyglobe.models.validation import violation_error
from skyglobe.protocols.errors import serialize_error

Reply = Callable[[Response], None]
Admin = Callable[[Request], Awaitable[Response]]

ADMIN_PATHS = ("/_skyglobe/", "/_localstack/")

_log = logging.getLogger(__name__)


class Gateway:
    """Answers requests, whatever carries them: sockets, the tests' in-process client, services calling services."""

    def __init__(self, kernel: Kernel, admin: Admin | None = None) -> None:
        self.kernel = kernel
        self.plans = Plans(kernel.services)
        self.traces = Traces()
        self.admin = admin
        kernel.invoke = self.invoke

    def handle(self, request: Request, reply: Reply) -> None:
        """Answer ``request`` by calling ``reply`` exactly once: at the end of this loop turn, or later."""
        if request.path.startswith(ADMIN_PATHS) and self.admin is not None:
            self.kernel.spawn(self._administer(self.admin, request, reply))
            return
        if needs_body(request):
            self.kernel.spawn(self._handle_whole(request, reply))
            return
        exchange = Exchange(self, request, reply)
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

    async def _handle_whole(self, request: Request, reply: Reply) -> None:
        try:
            request.body = await collect(request)
        except (ClientGone, ServiceError) as error:
            Exchange(self, request, reply).fail(error)
            return
        request.stream = None
        self.handle(request, reply)

    async def _administer(self, admin: Admin, request: Request, reply: Reply) -> None:
        if request.stream is not None:
            try:
                request.body = await collect(request)
            except (ClientGone, ServiceError):
                reply(Response(413))
                return
            request.stream = None
        reply(await admin(request))

    async def invoke(
        self, principal: Principal, account: str, region: str, service: str, operation: str, params: dict[str, Any]
    ) -> Any:
        """Call an operation in process, with everything that applies to a call over the wire but the wire."""
        plan = self.plans.get(service, operation, load(service).protocols[0])
        request = Request("POST", "/")
        request_id = self.kernel.ids.uuid()
        started = perf_counter()

        def work(writes: WriteSet) -> Any:
            call = self._call(writes, plan, principal, account, region, request, request_id)
            return self._perform(call, plan, params)

        status, code = 200, ""
        try:
            result = await self.kernel.turns.perform(work)
            return await result if inspect.iscoroutine(result) else result
        except ServiceError as error:
            status, code = error.status, error.code
            raise
        finally:
            self._observe(plan, principal, region, request_id, started, status, code)

    def _call(
        self,
        writes: WriteSet,
        plan: Plan,
        principal: Principal,
        account: str,
        region: str,
        request: Request,
        request_id: str,
    ) -> Call:
        if plan.operation is None:
            raise _not_built(plan)
        return Call(
            self.kernel,
            writes,
            account,
            region,
            self.kernel.clock.now(),
            operation=plan.operation,
            principal=principal,
            request=request,
            request_id=request_id,
            protocol=plan.protocol,
        )

    def _perform(self, call: Call, plan: Plan, params: dict[str, Any]) -> Any:
        """Validate, authorize, disturb and perform. Returns the result or a coroutine that will."""
        if plan.validate is not None:
            violations = plan.validate(params)
            if violations:
                invalid = plan.service.invalid if plan.service is not None else None
                raise (invalid or _protocol_error)(plan.model, violations)
        for name, member in plan.demanded:
            if name not in params:
                raise _not_called_so(member)
        allow_every_known_caller(call, plan, params)
        if self.kernel.config.strict and (ignored := call.operation.ignored(params)):
            text = f"Skyglobe takes no account of {', '.join(ignored)} in {plan.name} and runs with --strict."
            raise ServiceError(text, code="NotImplemented", status=501)
        return call.operation.perform(call, params)

    def _observe(
        self, plan: Plan, principal: Principal, region: str, request_id: str, started: float, status: int, code: str
    ) -> None:
        self.traces.add(
            Traced(
                self.kernel.clock.now(),
                (perf_counter() - started) * 1000,
                plan.service_model.name,
                plan.name,
                region,
                principal.arn or principal.type,
                status,
                code,
                request_id,
            )
        )


class Exchange:
    """One request and its answer."""

    __slots__ = (
        "_gateway",
        "_kernel",
        "_params",
        "_principal",
        "_reply",
        "_request",
        "_request_id",
        "_started",
        "route",
    )

    def __init__(self, gateway: Gateway, request: Request, reply: Reply) -> None:
        self._gateway = gateway
        self._kernel = gateway.kernel
        self._request = request
        self._reply = reply
        self._request_id = gateway.kernel.ids.uuid()
        self._principal: Principal | None = None
        self._params: dict[str, Any] = {}
        self._started = perf_counter()
        self.route: Route | None = None

    def perform(self, writes: WriteSet) -> Any:
        """Everything that reads or writes the store: from authentication to the operation itself."""
        route = self.route
        assert route is not None
        principal = self._principal or self._authenticate(writes, route)
        plan = route.plan
        call = self._gateway._call(
            writes, plan, principal, principal.account, route.region, self._request, self._request_id
        )
        params = self._params = plan.parse(self._request, route.labels)
        return self._gateway._perform(call, plan, params)

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
        return authenticated.principal

    def finish(self, result: Any, failure: BaseException | None) -> None:
        """Answer once the turn is committed."""
        if failure is not None:
            self.fail(failure)
        elif inspect.iscoroutine(result):
            self._kernel.spawn(self._wait_for(result))
        else:
            self._succeed(result)

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
        self._gateway._observe(
            plan, self._principal or ANONYMOUS, route.region, self._request_id, self._started, response.status, ""
        )
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
            self._gateway._observe(
                route.plan,
                self._principal or ANONYMOUS,
                route.region,
                self._request_id,
                self._started,
                error.status,
                error.code,
            )
        elif isinstance(failure, Unidentified):
            model, protocol = load(failure.service) if failure.service else None, failure.protocol
        else:
            model, protocol = load("s3"), "rest-xml"
        request = self._request
        response = serialize_error(
            error, model, protocol, self._request_id, request.path, head=request.method == "HEAD"
        )
        self._reply(response)

    def _as_service_error(self, failure: BaseException) -> ServiceError:
        if isinstance(failure, ServiceError):
            return failure
        if isinstance(failure, StoreFailure):
            text = f"The store could not keep this write: {failure}. Nothing was changed."
            return ServiceError(text, code="ServiceUnavailable", status=503)
        _log.error("%s %s failed", self._request.method, self._request.path, exc_info=failure)
        return ServiceError(
            f"Skyglobe met a defect of its own while answering request {self._request_id}; its log has the details.",
            code="InternalFailure",
            status=500,
        )


def _not_built(plan: Plan) -> ServiceError:
    text = f"Skyglobe does not implement {plan.service_model.name}.{plan.name} yet."
    return ServiceError(text, code="NotImplemented", status=501)


def _not_called_so(member: Shape) -> ServiceError:
    """Return what S3 says when a path is asked without the parameter that makes it an operation."""
    if member.location == "header":
        text = f"Missing required header for this request: {member.location_name}"
        return ServiceError(text, code="InvalidRequest")
    text = "The specified method is not allowed against this resource."
    return ServiceError(text, code="MethodNotAllowed", status=405)


def _protocol_error(model: Any, violations: list[Any]) -> ServiceError:
    return violation_error(model.service, violations)
