"""Function URLs: their names, what requests become and responses are made of, and what browsers are told.

Developer guide, "Invoking Lambda function URLs" and "Creating and managing Lambda function URLs".
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import unquote, unquote_plus, urlsplit

from skyglobe.kernel.wire import Request

LABEL = "lambda-url"
"""What the host names of function URLs say."""
MAX_PAYLOAD_BYTES = 6 * 1024 * 1024  # Lambda quotas, "Invocation payload", synchronous
_TEXTS = ("text/", "application/json", "application/javascript", "application/xml")
_OTHER_TEXTS = ("+json", "+xml", "application/x-www-form-urlencoded", "application/graphql", "charset=")
_KEPT = frozenset(("connection", "content-length", "transfer-encoding", "date", "x-amzn-requestid", "keep-alive"))


def url_of(endpoint: str, url_id: str, region: str) -> str:
    """Return the URL under which this cloud answers for a function."""
    place = urlsplit(endpoint)
    return f"{place.scheme}://{url_id}.{LABEL}.{region}.{place.netloc}/"


class Caller(NamedTuple):
    """Who sent a signed request, as its event tells."""

    access_key: str
    account: str
    user_arn: str
    user_id: str


def event_of(
    request: Request, body: bytes, host: str, url_id: str, request_id: str, now: int, caller: Caller | None
) -> dict[str, Any]:
    """Return the event of a request, in payload format 2.0."""
    at = datetime.fromtimestamp(now / 1000, UTC)
    headers = {name: value for name, value in request.headers.items() if name != "cookie"}
    cookies = [piece.strip() for piece in request.headers.get("cookie", "").split(";") if piece.strip()]
    path = unquote(request.path)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": {
            "accountId": caller.account if caller is not None else "anonymous",
            "apiId": url_id,
            "domainName": host,
            "domainPrefix": url_id,
            "http": {
                "method": request.method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": request.client,
                "userAgent": request.headers.get("user-agent", ""),
            },
            "requestId": request_id,
            "routeKey": "$default",
            "stage": "$default",
            "time": at.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": now,
        },
        "isBase64Encoded": False,
    }
    if caller is not None:
        event["requestContext"]["authentication"] = None
        event["requestContext"]["authorizer"] = {
            "iam": {
                "accessKey": caller.access_key,
                "accountId": caller.account,
                "callerId": caller.user_id,
                "cognitoIdentity": None,
                "principalOrgId": None,
                "userArn": caller.user_arn,
                "userId": caller.user_id,
            }
        }
    if cookies:
        event["cookies"] = cookies
    if request.query:
        event["queryStringParameters"] = _parameters(request.query)
    if body:
        text = _as_text(body, request.headers.get("content-type", ""))
        event["isBase64Encoded"] = text is None
        event["body"] = text if text is not None else base64.b64encode(body).decode()
    return event


def _parameters(query: str) -> dict[str, str]:
    """Return query parameters; values of repeated ones are joined by commas."""
    found: dict[str, list[str]] = {}
    for piece in query.split("&"):
        if piece:
            name, _, value = piece.partition("=")
            found.setdefault(unquote_plus(name), []).append(unquote_plus(value))
    return {name: ",".join(values) for name, values in found.items()}


def _as_text(body: bytes, content_type: str) -> str | None:
    """Return a body that is text; None for one that goes into events as base64."""
    kind = content_type.lower()
    if not (kind.startswith(_TEXTS) or any(part in kind for part in _OTHER_TEXTS)):
        return None
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


class Page(NamedTuple):
    """What a client is answered."""

    status: int
    headers: dict[str, str]
    cookies: list[str]
    body: bytes


class BadResponse(ValueError):
    """The function's response cannot be made into an answer."""


def page_of(payload: bytes) -> Page:
    """Return the answer that a function's response means. Raises BadResponse.

    An object with a ``statusCode`` says what to answer; anything else is the body of a 200, as JSON.
    """
    try:
        response = json.loads(payload) if payload else None
    except ValueError as error:
        raise BadResponse("the response is not JSON") from error
    if not isinstance(response, dict) or "statusCode" not in response:
        body = response.encode() if isinstance(response, str) else payload
        return Page(200, {"content-type": "application/json"}, [], body)
    head = prelude_of(response)
    content = response.get("body")
    if content is None:
        body = b""
    elif not isinstance(content, str):
        body = json.dumps(content).encode()
    elif response.get("isBase64Encoded"):
        try:
            body = base64.b64decode(content, validate=True)
        except ValueError as error:
            raise BadResponse("the body is not base64") from error
    else:
        body = content.encode("utf-8", "surrogatepass")
    head.headers.setdefault("content-type", "application/json")
    return head._replace(body=body)


def prelude_of(response: dict[str, Any]) -> Page:
    """Return status, headers and cookies that a response tells. Raises BadResponse."""
    try:
        status = int(response.get("statusCode", 200))
    except (TypeError, ValueError) as error:
        raise BadResponse("statusCode is not a number") from error
    headers = response.get("headers") or {}
    cookies = response.get("cookies") or []
    if not 100 <= status <= 599 or not isinstance(headers, dict) or not isinstance(cookies, list):
        raise BadResponse("the response has not the form of one")
    told = {}
    for name, value in headers.items():
        if isinstance(value, dict | list) or value is None:
            raise BadResponse(f"the header {name} is not text")
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if any(sign in text + name for sign in "\r\n\0"):
            raise BadResponse(f"the header {name[:40]!r} holds line ends")
        if name.lower() not in _KEPT:
            told[name.lower()] = text
    if any(not isinstance(one, str) or "\r" in one or "\n" in one for one in cookies):
        raise BadResponse("a cookie is not text")
    return Page(status, told, cookies, b"")


def cors_headers(cors: dict[str, Any] | None, request: Request) -> dict[str, str]:
    """Return what a browser is told of pages of other origins; for OPTIONS, what they may ask."""
    origin = request.headers.get("origin")
    if not cors or origin is None or not _allows(cors.get("AllowOrigins"), origin):
        return {}
    told = {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}
    if "*" in (cors.get("AllowOrigins") or ()) and not cors.get("AllowCredentials"):
        told = {"Access-Control-Allow-Origin": "*"}
    if cors.get("AllowCredentials"):
        told["Access-Control-Allow-Credentials"] = "true"
    if is_preflight(request):
        asked = request.headers.get("access-control-request-method", "")
        if not _allows(cors.get("AllowMethods"), asked):
            return {}
        told["Access-Control-Allow-Methods"] = ",".join(cors["AllowMethods"])
        if cors.get("AllowHeaders"):
            told["Access-Control-Allow-Headers"] = ",".join(cors["AllowHeaders"])
        if cors.get("MaxAge") is not None:
            told["Access-Control-Max-Age"] = str(cors["MaxAge"])
    elif cors.get("ExposeHeaders"):
        told["Access-Control-Expose-Headers"] = ",".join(cors["ExposeHeaders"])
    return told


def is_preflight(request: Request) -> bool:
    """Whether a browser asks what a page may do."""
    return request.method == "OPTIONS" and "access-control-request-method" in request.headers


def _allows(allowed: list[str] | None, value: str) -> bool:
    for pattern in allowed or ():
        if pattern in ("*", value):
            return True
        start, star, end = pattern.partition("*")
        if star and value.startswith(start) and value.endswith(end) and len(value) > len(start) + len(end):
            return True
    return False
