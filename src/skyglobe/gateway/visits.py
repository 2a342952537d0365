"""Requests to host names that are a resource's own: which label of them says whose they are."""

from __future__ import annotations

import re
from time import perf_counter
from typing import NamedTuple

from skyglobe.gateway.authenticate import authenticate
from skyglobe.gateway.performing import begin_call
from skyglobe.gateway.plans import Plan, Plans
from skyglobe.gateway.scope import scope_of
from skyglobe.gateway.tracing import Traces
from skyglobe.kernel.call import Call
from skyglobe.kernel.credentials import credentials
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.principals import ANONYMOUS, Principal
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.store import WriteSet
from skyglobe.kernel.visits import Visit
from skyglobe.kernel.wire import Request, Response
from skyglobe.models import load

_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d+")


class Visited(NamedTuple):
    """Whose host names have a label, and the operation that permissions are asked for as."""

    service: str
    operation: str
    protocol: str


VISITED = {".lambda-url.": Visited("lambda", "Invoke", "rest-json")}
"""By a label within the host name: ``ID.lambda-url.us-east-1.on.aws``, or with any other end."""


def label_in(host: str) -> str | None:
    """Return the label of ``VISITED`` that a host name has, or None."""
    for label in VISITED:
        if label in host:
            return label
    return None


class Visits:
    """Answers such requests by the services they belong to."""

    def __init__(self, kernel: Kernel, plans: Plans, traces: Traces) -> None:
        self._kernel = kernel
        self._plans = plans
        self._traces = traces

    async def answer(self, request: Request, label: str) -> Response:
        """Answer a request whose body is whole."""
        started = perf_counter()
        visited = VISITED[label]
        service = self._kernel.services.find(visited.service)
        if service is None or service.answer_visit is None:
            return Response(404, {"Content-Type": "text/plain"}, b"There is nothing here.\n")
        name, _, rest = request.host.partition(label)
        found = _REGION.match(rest)
        region = found[0] if found is not None else self._kernel.config.region
        plan = self._plans.get(visited.service, visited.operation, visited.protocol)
        visit = _Visit(self._kernel, plan, request, name.lower(), region)
        response = await service.answer_visit(visit)
        code = response.headers.get("x-amzn-ErrorType", "")
        self._traces.note(
            self._kernel, plan, visit.principal, region, visit.request_id, started, response.status, code, visit.call
        )
        return response

    def receive(self, service: str, operation: str, request: Request, region: str) -> Visit:
        """Return a visit to a listener of a service's own. ``request`` is what its protocol's proof amounts to."""
        plan = self._plans.get(service, operation, load(service).protocols[0])
        return _Visit(self._kernel, plan, request, "", region)


class _Visit(Visit):
    def __init__(self, kernel: Kernel, plan: Plan, request: Request, name: str, region: str) -> None:
        self.kernel = kernel
        self.request = request
        self.name = name
        self.region = region
        self.request_id = kernel.ids.uuid()
        self.principal: Principal = ANONYMOUS
        self.call: Call | None = None
        self._plan = plan

    def identify(self, writes: WriteSet) -> Principal:
        scope = Scope(self.kernel, writes, "", "", 0)
        self.principal = authenticate(
            self.request,
            scope_of(self.request),
            service=self._plan.signed,
            find_credential=lambda key: credentials.find(scope, key),
            now_wall=self.kernel.clock.wall(),
            clock=self.kernel.clock,
            lenient=self.kernel.config.lenient_auth,
            may_be_anonymous=True,
        ).principal
        return self.principal

    def begin(self, writes: WriteSet, principal: Principal, account: str) -> Call:
        self.call = begin_call(
            self.kernel, writes, self._plan, principal, account, self.region, self.request, self.request_id
        )
        return self.call
