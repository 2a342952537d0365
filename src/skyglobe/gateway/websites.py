"""Websites: requests to a bucket's website endpoint, which no model knows and nobody signs."""

from __future__ import annotations

from time import perf_counter

from skyglobe.gateway.hosts import Place
from skyglobe.gateway.performing import begin_call, perform
from skyglobe.gateway.plans import Plans
from skyglobe.gateway.tracing import Traces
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.principals import ANONYMOUS
from skyglobe.kernel.service import Service
from skyglobe.kernel.store import WriteSet
from skyglobe.kernel.wire import Request, Response

WEBSITE = "s3-website"
"""What the host names of website endpoints say."""


class Websites:
    """Answers requests to website endpoints by a service that has them."""

    def __init__(self, kernel: Kernel, plans: Plans, traces: Traces) -> None:
        self._kernel = kernel
        self._plans = plans
        self._traces = traces

    def answer(self, writes: WriteSet, service: Service, request: Request, place: Place) -> Response:
        """Answer one request, in one transaction. What it reads it reads as anybody would, by S3's own operations."""
        started = perf_counter()
        assert service.answer_website is not None
        kernel = self._kernel
        request_id = kernel.ids.uuid()
        region = place.region or kernel.config.region

        def fetch(key: str, asked: Request) -> Response:
            operation = "HeadObject" if asked.method == "HEAD" else "GetObject"
            plan = self._plans.get("s3", operation, "rest-xml")
            # What the query says is the page's own affair.
            bare = Request(asked.method, request.path, "", asked.headers, client=request.client, secure=request.secure)
            call = begin_call(kernel, writes, plan, ANONYMOUS, "", region, bare, request_id)
            try:
                result = perform(call, plan, plan.parse(bare, {"Bucket": place.bucket, "Key": key}))
            finally:
                # The page is one request, however many objects it takes to answer it: the first one is noted.
                request.when_answered = request.when_answered or bare.when_answered
            response = plan.serialize(result, request_id)
            response.headers.update(bare.answer_headers or {})
            return response

        scope = kernel.scope(writes, "", region)
        response = service.answer_website(scope, request, place.bucket, request_id, fetch)
        plan = self._plans.get("s3", "HeadObject" if request.method == "HEAD" else "GetObject", "rest-xml")
        code = response.headers.get("x-amz-error-code", "")
        self._traces.note(kernel, plan, ANONYMOUS, region, request_id, started, response.status, code)
        return response
