"""From a request to its route and back: inputs read, errors told, never a traceback."""

from __future__ import annotations

import errno
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from skyglobe.admin.routes import Nothing, Route, find_routes
from skyglobe.kernel.folders import FolderError
from skyglobe.kernel.snapshot_files import SnapshotError
from skyglobe.kernel.store import StoreFailure
from skyglobe.kernel.wire import Request, Response

if TYPE_CHECKING:
    from skyglobe.admin.interface import Admin

_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_log = logging.getLogger(__name__)


class Refusal(Exception):
    """An answer that is an error: ``status``, and a message that says what to do."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}


async def dispatch(admin: Admin, request: Request) -> Response:
    """Answer ``request``."""
    try:
        response = await _perform(admin, request)
    except Refusal as refusal:
        response = _error(refusal.status, refusal.message)
        response.headers.update(refusal.headers)
    except SnapshotError as error:
        response = _error(_snapshot_status(str(error)), _sentence(error))
    except FolderError as error:
        response = _error(409, _sentence(error))
    except StoreFailure as error:
        response = _error(507, f"The store could not keep this: {error}. Is the disk full?")
    except OSError as error:
        response = _out_of_room(error)
    except Exception:
        _log.exception("%s %s failed", request.method, request.path)
        response = _error(500, "Skyglobe met a defect of its own; its log has the details.")
    if request.method == "HEAD":
        return Response(response.status, response.headers | {"Content-Length": str(len(_whole(response)))})
    return response


async def _perform(admin: Admin, request: Request) -> Response:
    path = request.path.rstrip("/")
    found, segments = find_routes(path)
    if not found:
        raise Refusal(404, f"There is nothing at {request.path}. /_skyglobe/openapi.json lists what there is.")
    allowed = sorted({*found, "OPTIONS", *(["HEAD"] if "GET" in found else [])})
    if request.method == "OPTIONS":
        return Response(204, {"Allow": ", ".join(allowed)})
    chosen = found.get("GET" if request.method == "HEAD" else request.method)
    if chosen is None:
        text = f"{request.path} does not take {request.method}, but {', '.join(allowed)}."
        raise Refusal(405, text, {"Allow": ", ".join(allowed)})
    if chosen.changes_state:
        _check_origin(request)
    given = read_input(chosen, request, {name: unquote(value) for name, value in segments.items()})
    answer = await (chosen.handler(admin) if chosen.takes is Nothing else chosen.handler(admin, given))
    return answer if isinstance(answer, Response) else json_response(answer)


def read_input(chosen: Route, request: Request, segments: dict[str, str]) -> Any:
    """Return the route's input. Raises ``Refusal`` (400) when it is malformed."""
    fields: dict[str, Any] = {}
    if chosen.has_body and request.body.strip():
        try:
            fields = msgspec.json.decode(request.body)
        except msgspec.DecodeError as error:
            raise Refusal(400, f"The body is not JSON: {error}.") from None
        if not isinstance(fields, dict):
            raise Refusal(400, "The body must be a JSON object.")
    elif not chosen.has_body:
        fields = dict(parse_qsl(request.query, keep_blank_values=True))
    try:
        return msgspec.convert({**fields, **segments}, chosen.takes, strict=chosen.has_body)
    except msgspec.ValidationError as error:
        raise Refusal(400, f"{error}. /_skyglobe/openapi.json describes what {chosen.path} takes.") from None


def json_response(content: Any, status: int = 200) -> Response:
    return Response(status, {"Content-Type": "application/json"}, msgspec.json.encode(content) + b"\n")


def _check_origin(request: Request) -> None:
    """Refuse what a web page of another origin asks: visiting a page must not turn anybody's clock."""
    origin = request.headers.get("origin")
    if origin is None and request.headers.get("sec-fetch-site", "none") in ("none", "same-origin", "same-site"):
        return
    try:
        name = urlsplit(origin or "").hostname or ""
    except ValueError:
        name = ""
    if name not in _LOCAL_NAMES and not name.endswith(".localhost"):
        raise Refusal(403, f"Pages from {origin or 'elsewhere'} may not change this cloud: only those from localhost.")


def _out_of_room(error: OSError) -> Response:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _error(507, f"The disk is full{f' ({error.filename})' if error.filename else ''}. Make room and repeat.")
    return _error(500, f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}.")


def _snapshot_status(message: str) -> int:
    if "there is no snapshot" in message:
        return 404
    return 400 if "cannot be a snapshot's name" in message else 409


def _error(status: int, message: str) -> Response:
    return json_response({"error": message}, status)


def _sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."


def _whole(response: Response) -> bytes:
    return response.body if isinstance(response.body, bytes) else b""
