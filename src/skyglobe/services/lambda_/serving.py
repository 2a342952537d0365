"""Function URLs: requests become events, and what functions answer becomes responses."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager
from itertools import product
from typing import Any, NamedTuple

from skyglobe.kernel.access import Need
from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.principals import ANONYMOUS, Principal
from skyglobe.kernel.store import WriteSet
from skyglobe.kernel.visits import Visit
from skyglobe.kernel.wire import Response
from skyglobe.services.lambda_ import lambda_
from skyglobe.services.lambda_.finding import Found
from skyglobe.services.lambda_.invoking import Target, admitted, aim, check_loop, run
from skyglobe.services.lambda_.records import FunctionUrl, function_urls, functions, url_places
from skyglobe.services.lambda_.rules.urls import (
    MAX_PAYLOAD_BYTES,
    BadResponse,
    Caller,
    Page,
    cors_headers,
    event_of,
    is_preflight,
    page_of,
    prelude_of,
)
from skyglobe.services.lambda_.running.interface import Outcome

INTEGRATED = "application/vnd.awslambda.http-integration-response"
"""What streaming functions say of a response that begins with a prelude in JSON."""
_PRELUDE_END = bytes(8)
_MAX_PRELUDE_BYTES = 1024 * 1024


class _Opened(NamedTuple):
    """A URL that may be used, and what is behind it."""

    url: FunctionUrl
    target: Target
    caller: Caller | None


class _Closed(NamedTuple):
    """A URL that may not be used, or that is none."""

    url: FunctionUrl | None
    status: int
    text: str


@lambda_.visits
async def answer(visit: Visit) -> Response:
    """Answer one request to a function URL."""
    kernel, request = visit.kernel, visit.request
    opened: _Opened | _Closed = await kernel.turns.perform(lambda writes: _open(visit, writes))
    cors = opened.url.cors if opened.url is not None else None
    headers = {"x-amzn-RequestId": visit.request_id, **cors_headers(cors, request)}
    if cors and is_preflight(request):
        return Response(200, headers, b"")
    if isinstance(opened, _Closed):
        return _told(opened.status, {"Message": opened.text}, headers)
    if len(request.body) > MAX_PAYLOAD_BYTES:
        return _told(413, {"Message": "Request Entity Too Large"}, headers)
    try:
        return await _run(visit, opened, headers)
    except ServiceError as error:
        if error.status == 429:
            return _told(429, {"Reason": error.fields.get("Reason"), "Type": "User", "message": error.message}, headers)
        return _told(error.status if error.status != 404 else 502, {"Message": error.message}, headers)


def _told(status: int, content: dict[str, Any], headers: dict[str, str]) -> Response:
    return Response(status, {"Content-Type": "application/json", **headers}, json.dumps(content).encode())


def _open(visit: Visit, writes: WriteSet) -> _Opened | _Closed:
    """Find a URL's function, and let the caller in or not."""
    anywhere = visit.kernel.scope(writes)
    place = url_places.find(anywhere, visit.name)
    if place is None or place.region != visit.region:
        return _Closed(None, 404, "Not Found")
    scope = anywhere.within(place.account, place.region)
    url = function_urls.find(scope, place.function, place.qualifier)
    function = functions.find(scope, place.function)
    if url is None or function is None:
        return _Closed(None, 404, "Not Found")
    if url.cors and is_preflight(visit.request):
        return _Closed(url, 200, "")
    found = Found(scope, function, url.qualifier)
    principal = ANONYMOUS
    if url.auth == "AWS_IAM":
        try:
            principal = visit.identify(writes)
        except ServiceError as error:
            return _Closed(url, error.status, error.message)
    if not _may(visit.begin(writes, principal, place.account), found, url):
        return _Closed(url, 403, "Forbidden")
    try:
        target = aim(found)
        check_loop(target, visit.request.headers.get("x-amzn-trace-id", ""))
    except ServiceError as error:
        return _Closed(url, error.status, error.message)
    return _Opened(url, target, _caller(principal) if url.auth == "AWS_IAM" else None)


def _may(call: Call, found: Found, url: FunctionUrl) -> bool:
    """Whether the caller may use a URL: it takes both permissions; developer guide, "Control access to ... URLs"."""
    account = found.scope.account
    auth = {"lambda:functionurlauthtype": url.auth, "lambda:functionarn": found.arn}
    needs = (
        Need("lambda:InvokeFunctionUrl", found.arn, account, auth),
        Need("lambda:InvokeFunction", found.arn, account, {"lambda:invokedviafunctionurl": "true"}),
    )
    return all(call.refusal(need) is None for need in needs)


def _caller(principal: Principal) -> Caller:
    return Caller(principal.access_key_id, principal.account, principal.arn, principal.user_id)


async def _run(visit: Visit, opened: _Opened, headers: dict[str, str]) -> Response:
    request, kernel = visit.request, visit.kernel
    host = request.host.partition(":")[0]
    event = event_of(request, request.body, host, visit.name, visit.request_id, kernel.clock.now(), opened.caller)
    is_streaming = opened.url.invoke_mode == "RESPONSE_STREAM"
    place = admitted(kernel, opened.target)
    place.__enter__()
    try:
        outcome = await run(
            kernel,
            opened.target,
            json.dumps(event).encode(),
            visit.request_id,
            trace=request.headers.get("x-amzn-trace-id", ""),
            is_streaming=is_streaming,
        )
        if is_streaming and outcome.chunks is not None:
            return await _streamed(outcome, outcome.chunks, headers, place)
    except BaseException:
        place.__exit__(None, None, None)
        raise
    place.__exit__(None, None, None)
    return _buffered(outcome, headers)


def _buffered(outcome: Outcome, headers: dict[str, str]) -> Response:
    if outcome.function_error is None:
        try:
            return _response(page_of(outcome.payload), headers)
        except BadResponse:
            pass  # AWS tells the function's log no more of it either
    return Response(502, {"Content-Type": "application/json", **headers}, b"Internal Server Error")


def _response(page: Page, headers: dict[str, str]) -> Response:
    allowed = {name.lower() for name in headers}
    told = {name: value for name, value in page.headers.items() if name not in allowed}
    cookies = dict(zip(_cookie_names(), page.cookies, strict=False))
    return Response(page.status, {**told, **headers, **cookies}, page.body)


def _cookie_names() -> Iterator[str]:
    """Yield spellings of one header's name, which is the same in any case: a response has each name once."""
    for letters in product(*((letter, letter.upper()) if letter != "-" else (letter,) for letter in "set-cookie")):
        yield "".join(letters)


async def _streamed(
    outcome: Outcome, chunks: AsyncIterator[bytes], headers: dict[str, str], place: AbstractContextManager[None]
) -> Response:
    """Answer with a response that is still being made: its head is known once its prelude is whole."""
    page, first = Page(200, {"content-type": outcome.content_type or "application/octet-stream"}, [], b""), b""
    if outcome.content_type == INTEGRATED:
        page, first = await _prelude(chunks)

    async def body() -> AsyncIterator[bytes]:
        try:
            if first:
                yield first
            async for chunk in chunks:
                yield chunk
        finally:
            place.__exit__(None, None, None)
        if outcome.function_error is not None:
            raise ConnectionError("the function failed within its response")

    response = _response(page, headers)
    response.body = body()
    return response


async def _prelude(chunks: AsyncIterator[bytes]) -> tuple[Page, bytes]:
    """Return what the prelude of a streamed response says, and what follows it already."""
    read = b""
    async for chunk in chunks:
        read += chunk
        if _PRELUDE_END in read or len(read) > _MAX_PRELUDE_BYTES:
            break
    head, _, rest = read.partition(_PRELUDE_END)
    try:
        told = json.loads(head)
        page = prelude_of(told if isinstance(told, dict) else {})
    except ValueError:
        return Page(502, {"content-type": "application/json"}, [], b""), b"Internal Server Error"
    page.headers.setdefault("content-type", "application/octet-stream")
    return page, rest
