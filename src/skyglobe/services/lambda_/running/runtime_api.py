"""What runtimes and extensions ask and say: the Runtime, Extensions, Telemetry and Logs APIs of one environment.

"Lambda runtime API", "Lambda Extensions API reference", "Lambda Telemetry API reference".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from skyglobe.engines.addresses import HAS_MANY, LentAddresses
from skyglobe.engines.http import HttpRequest, HttpServer
from skyglobe.services.lambda_.running.extensions import EVENTS, MAX_EXTENSIONS, MAX_NAME_CHARACTERS, Extension
from skyglobe.services.lambda_.running.failures import MAX_RESPONSE_BYTES
from skyglobe.services.lambda_.running.telemetry import BadSubscription, Subscriber

if TYPE_CHECKING:
    from skyglobe.services.lambda_.running.environment import Environment

PORT = 9001  # as on AWS, where it is 127.0.0.1:9001
ATTEMPTS = 50
"""Addresses to try when others listen there already."""

_ACCEPTED = b'{"status":"OK"}\n'
_INVOCATION = re.compile(r"/2018-06-01/runtime/invocation/([^/]+)/(response|error)")
_STREAMING = "streaming"


class Door:
    """The listener of one environment, on an address of its own."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.host = ""
        self._server = HttpServer(self._handle, max_body_bytes=MAX_RESPONSE_BYTES, streams=_is_streamed)

    async def open(self, addresses: LentAddresses) -> str:
        """Begin to listen; return ``AWS_LAMBDA_RUNTIME_API``. Raises ``OSError``."""
        for attempt in range(ATTEMPTS):
            self.host = addresses.lend()
            try:
                await self._server.listen(self.host, PORT if HAS_MANY else 0)
            except OSError:
                addresses.take_back(self.host)
                if attempt == ATTEMPTS - 1:
                    raise
            else:
                break
        host, port = self._server.address
        return f"{host}:{port}"

    def hang_up(self) -> None:
        """Drop who is connected: they belong to processes that are to be no more."""
        for connection in list(self._server.connections):
            connection.transport.abort()

    def close(self, addresses: LentAddresses) -> None:
        self._server.close()
        if self.host:
            addresses.take_back(self.host)
            self.host = ""

    def _handle(self, request: HttpRequest) -> None:
        route = _ROUTES.get((request.method, request.path))
        if route is not None:
            route(self.environment, request)
            return
        found = _INVOCATION.fullmatch(request.path)
        if found is None or request.method != "POST":
            _refuse(request, 404, "NotFound", f"No route {request.method} {request.path}")
        elif not self.environment.is_current(found[1]):
            _refuse(request, 400, "InvalidRequestID", "Invalid request ID")
            if request.stream is not None:
                request.stream.discard()
        elif found[2] == "response":
            _take_response(self.environment, request)
        else:
            request.reply(202, _ACCEPTED)
            self.environment.respond_with_error(_error_type(request), request.body)


def _is_streamed(request: HttpRequest) -> bool:
    mode = request.headers.get("lambda-runtime-function-response-mode", "")
    return mode.lower() == _STREAMING and request.path.endswith("/response")


def _take_response(environment: Environment, request: HttpRequest) -> None:
    if request.stream is not None:
        content_type = request.headers.get("content-type", "application/octet-stream")
        environment.respond_in_pieces(request.stream, content_type, lambda: request.reply(202, _ACCEPTED))
    elif request.is_too_large:
        reason = f"Exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)."
        _refuse(request, 413, "RequestEntityTooLarge", reason)
        environment.respond_too_large()
    else:
        request.reply(202, _ACCEPTED)
        environment.respond(request.body)


def _next(environment: Environment, request: HttpRequest) -> None:
    environment.runtime_asks(request)


def _restore_next(environment: Environment, request: HttpRequest) -> None:
    environment.runtime_awaits_restore(request)


def _start_error(environment: Environment, request: HttpRequest) -> None:
    request.reply(202, _ACCEPTED)
    environment.runtime_failed_to_start(_error_type(request), request.body)


def _error_type(request: HttpRequest) -> str:
    return request.headers.get("lambda-runtime-function-error-type", "")


def _register(environment: Environment, request: HttpRequest) -> None:
    name = request.headers.get("lambda-extension-name", "")
    body = _json(request)
    events = body.get("events", []) if body is not None else None
    if not name or len(name) > MAX_NAME_CHARACTERS:
        _refuse(request, 400, "Extension.InvalidExtensionName", "Invalid extension name")
    elif not isinstance(events, list) or any(each not in EVENTS for each in events):
        _refuse(request, 400, "Extension.InvalidEventType", f"Extensions can register for {' and '.join(EVENTS)}")
    elif environment.extensions.named(name) is not None:
        _refuse(request, 403, "Extension.AlreadyRegistered", f"{name} is registered already")
    elif len(environment.extensions.registered) >= MAX_EXTENSIONS:
        _refuse(request, 403, "Extension.TooManyExtensions", "Extension limit (10) reached")
    else:
        is_external = name in environment.extensions.expected
        extension = Extension(environment.home.kernel.ids.uuid(), name, events, is_external=is_external)
        _welcome(environment, request, extension)


def _welcome(environment: Environment, request: HttpRequest, extension: Extension) -> None:
    specification = environment.specification
    answer = {
        "functionName": specification.name,
        "functionVersion": specification.version,
        "handler": specification.handler,
    }
    if "accountid" in request.headers.get("lambda-extension-accept-feature", "").lower():
        answer["accountId"] = specification.account
    request.reply(200, msgspec.json.encode(answer), {"Lambda-Extension-Identifier": extension.identifier})
    environment.extension_registered(extension)


def _next_event(environment: Environment, request: HttpRequest) -> None:
    extension = _extension(environment, request)
    if extension is not None:
        environment.extension_asks(extension, request)


def _extension_error(environment: Environment, request: HttpRequest) -> None:
    extension = _extension(environment, request)
    if extension is None:
        return
    kind = request.headers.get("lambda-extension-function-error-type", "")
    if not kind:
        _refuse(request, 400, "Extension.MissingHeader", "Lambda-Extension-Function-Error-Type is missing")
        return
    request.reply(202, _ACCEPTED)
    environment.extension_failed(extension, kind)


def _subscribe(environment: Environment, request: HttpRequest) -> None:
    extension = _extension(environment, request)
    if extension is None:
        return
    try:
        body = _json(request)
        if body is None:
            raise BadSubscription("the body is not a JSON object")
        subscriber = Subscriber(extension.name, body, environment.host)
    except BadSubscription as error:
        _refuse(request, 400, "ValidationError", str(error))
        return
    request.reply(200, b'"OK"')
    environment.subscribe(subscriber)


def _extension(environment: Environment, request: HttpRequest) -> Extension | None:
    """Return who asks; answer those nobody knows."""
    identifier = request.headers.get("lambda-extension-identifier", "")
    found = environment.extensions.registered.get(identifier)
    if found is None:
        kind = "Extension.MissingExtensionIdentifier" if not identifier else "Extension.UnknownExtensionIdentifier"
        _refuse(request, 403, kind, "Unknown extension")
    return found


def _json(request: HttpRequest) -> dict[str, Any] | None:
    try:
        return msgspec.json.decode(request.body or b"{}", type=dict[str, Any])
    except msgspec.DecodeError:
        return None


def _refuse(request: HttpRequest, status: int, kind: str, message: str) -> None:
    request.reply(status, msgspec.json.encode({"errorMessage": message, "errorType": kind}))


_ROUTES: dict[tuple[str, str], Callable[[Environment, HttpRequest], None]] = {
    ("GET", "/2018-06-01/runtime/invocation/next"): _next,
    ("POST", "/2018-06-01/runtime/init/error"): _start_error,
    ("GET", "/2018-06-01/runtime/restore/next"): _restore_next,
    ("POST", "/2018-06-01/runtime/restore/error"): _start_error,
    ("POST", "/2020-01-01/extension/register"): _register,
    ("GET", "/2020-01-01/extension/event/next"): _next_event,
    ("POST", "/2020-01-01/extension/init/error"): _extension_error,
    ("POST", "/2020-01-01/extension/exit/error"): _extension_error,
    ("PUT", "/2022-07-01/telemetry"): _subscribe,
    ("PUT", "/2020-08-15/logs"): _subscribe,
}
