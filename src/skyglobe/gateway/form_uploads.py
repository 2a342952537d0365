"""Uploads by HTML forms: ``POST`` on a bucket, which AWS's models do not know.

The form's fields say who sends it and under which policy; what they ask for is a PutObject, which it then is, body
streaming and all. S3 API reference, "POST Object".
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote, unquote, urlencode

from skyglobe.gateway.exchange import Exchange, Reply
from skyglobe.gateway.form_signatures import authenticate_form, check_form_policy, missing_field, scope_of_form
from skyglobe.gateway.hosts import Place, place_of
from skyglobe.gateway.identify import Route
from skyglobe.gateway.multipart import FormReader, WholeBody
from skyglobe.gateway.plans import Plan
from skyglobe.gateway.validity import Now
from skyglobe.kernel.config import Config
from skyglobe.kernel.credentials import credentials
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.principals import ANONYMOUS, Principal
from skyglobe.kernel.scope import Scope as StoreScope
from skyglobe.kernel.wire import Request, Response
from skyglobe.protocols.parsing.elements import NotXml, parse_xml
from skyglobe.protocols.serializing.xml_body import escape

FORM = "multipart/form-data"
_HEADERS = frozenset(
    ("cache-control", "content-type", "content-disposition", "content-encoding", "content-language", "expires")
)
_TOKEN = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+")
_SIGNING = frozenset(("x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature", "x-amz-security-token"))


class Upload(NamedTuple):
    """A form turned into the PutObject it asks for."""

    request: Request
    principal: Principal
    is_verified: bool
    route: Route
    fields: dict[str, str]


def is_form_upload(request: Request, config: Config) -> bool:
    """Whether a POST is a form sent to a bucket: its path is a bucket's, or its host is and the path is bare."""
    kind = request.headers.get("content-type", "")
    if kind[:1] not in "mM" or not kind.lower().startswith(FORM) or request.query:
        return False
    place = place_of(request.host, config.host_suffixes)
    if "authorization" in request.headers or place.endpoint not in ("", "s3"):
        return False
    path = request.path.strip("/")
    return bool(place.bucket and not path) or bool(not place.bucket and path and "/" not in path)


async def open_upload(kernel: Kernel, plan: Plan, request: Request) -> Upload:
    """Read a form up to its file, find out who sent it and hold it to its policy. Raises S3's errors."""
    place = place_of(request.host, kernel.config.host_suffixes)
    bucket = place.bucket or unquote(request.path.strip("/"))
    reader = FormReader(request.stream or WholeBody(request.body), request.headers["content-type"])
    fields: dict[str, str] = {}
    for name, value in await reader.fields():
        fields.setdefault(name.lower(), value)
    if "key" not in fields:
        raise missing_field("key")
    filename = reader.filename.replace("\\", "/").rpartition("/")[2]
    fields = {name: value.replace("${filename}", filename) for name, value in fields.items()}
    if not fields["key"]:
        text = "User key must have a length greater than 0."
        raise ServiceError(text, code="InvalidArgument", fields={"ArgumentName": "key", "ArgumentValue": ""})
    scope = scope_of_form(fields)
    principal, is_verified = ANONYMOUS, False
    low, high = None, None
    if scope is not None:
        now = Now(kernel.clock.wall(), kernel.clock.now(), kernel.clock)
        credential = await kernel.turns.perform(
            lambda writes: credentials.find(StoreScope(kernel, writes, "", "", 0), scope.access_key_id)
        )
        principal, is_verified = authenticate_form(kernel.config, plan.signed, request, scope, credential, now, fields)
        low, high = check_form_policy(scope, fields, bucket, now)
    elif "policy" in fields:
        raise missing_field("X-Amz-Signature")
    body = SizedBody(reader, low, high)
    region = (scope.region if scope is not None else "") or place.region or kernel.config.region
    made = Request(
        "POST", _path(place, bucket, fields["key"]), "", _headers(request, fields), b"", body, request.client
    )
    made.secure = request.secure
    if request.stream is None:  # all of it is here, and small
        made.body, made.stream = await _gather(body), None
    route = Route(plan, {"Bucket": bucket, "Key": fields["key"]}, None, region, place.bucket)
    return Upload(made, principal, is_verified, route, fields)


def answering(upload: Upload, reply: Reply) -> Reply:
    """Return a reply that answers a form as forms are answered: by redirection or the status it asks for."""

    def answer(response: Response) -> None:
        reply(_answer(upload, response) if response.status == 200 else response)

    return answer


def begin(upload: Upload, exchange: Exchange) -> None:
    """Let ``exchange`` be what the form asks for."""
    exchange.route = upload.route
    exchange.enter_as(upload.principal, is_verified=upload.is_verified)


class SizedBody:
    """A file held to the bounds of its policy while it passes."""

    def __init__(self, source: FormReader, low: int | None, high: int | None) -> None:
        self.length: int | None = None
        self._source = source
        self._low = low
        self._high = high
        self._size = 0

    async def read(self) -> bytes:
        """Return the next piece, ``b""`` at the end. Raises EntityTooLarge as soon as it is, EntityTooSmall there."""
        piece = await self._source.read()
        self._size += len(piece)
        if self._high is not None and self._size > self._high:
            text = "Your proposed upload exceeds the maximum allowed size"
            fields = {"ProposedSize": self._size, "MaxSizeAllowed": self._high}
            raise ServiceError(text, code="EntityTooLarge", fields=fields)
        if not piece and self._low is not None and self._size < self._low:
            text = "Your proposed upload is smaller than the minimum allowed size"
            fields = {"ProposedSize": self._size, "MinSizeAllowed": self._low}
            raise ServiceError(text, code="EntityTooSmall", fields=fields)
        return piece


async def _gather(body: SizedBody) -> bytes:
    pieces = []
    while piece := await body.read():
        pieces.append(piece)
    return b"".join(pieces)


def _headers(request: Request, fields: dict[str, str]) -> dict[str, str]:
    """Return the fields that are headers of the object, as its PUT would send them."""
    headers = {"host": request.host}
    for name in ("user-agent", "referer", "origin"):
        if name in request.headers:
            headers[name] = request.headers[name]
    for name, value in fields.items():
        if name == "acl":
            headers["x-amz-acl"] = _header(name, value)
        elif name == "tagging":
            headers["x-amz-tagging"] = _tagging(value)
        elif name in _HEADERS or (name.startswith("x-amz-") and name not in _SIGNING):
            headers[name] = _header(name, value)
    return headers


def _header(name: str, value: str) -> str:
    """Return a field's value as a header has it. Raises InvalidArgument for what no header can carry back out."""
    if not _TOKEN.fullmatch(name) or not value.isprintable():
        text = f"The field {name} or its value cannot be a header."
        raise ServiceError(text, code="InvalidArgument", fields={"ArgumentName": name, "ArgumentValue": value})
    return value.encode().decode("latin-1")


def _tagging(document: str) -> str:
    """Return a Tagging document as a header has it. Raises MalformedXML."""
    try:
        root = parse_xml(document.encode())
    except NotXml:
        text = "The XML you provided was not well-formed or did not validate against our published schema"
        raise ServiceError(text, code="MalformedXML") from None
    tags = [tag for tag_set in root.children for tag in tag_set.children if tag.name == "Tag"]
    named = [{child.name: child.text for child in tag.children} for tag in tags]
    return urlencode([(tag.get("Key", ""), tag.get("Value", "")) for tag in named])


def _path(place: Place, bucket: str, key: str) -> str:
    return f"/{quote(key)}" if place.bucket else f"/{quote(bucket)}/{quote(key)}"


def _answer(upload: Upload, response: Response) -> Response:
    fields, labels = upload.fields, upload.route.labels
    etag = response.headers.get("ETag", "")
    scheme = "https" if upload.request.secure else "http"
    location = f"{scheme}://{upload.request.host}{upload.request.path}"
    target = fields.get("success_action_redirect") or fields.get("redirect", "")
    if target.startswith(("http://", "https://")) and not set("\r\n") & set(target):
        told = urlencode({"bucket": labels["Bucket"], "key": labels["Key"], "etag": etag})
        response.status = 303
        response.headers["Location"] = f"{quote(target, safe=_URL)}{'&' if '?' in target else '?'}{told}"
        return response
    status = fields.get("success_action_status", "204")
    response.status = int(status) if status in ("200", "201") else 204
    response.headers["Location"] = location
    if response.status == 201:
        members = {"Location": location, "Bucket": labels["Bucket"], "Key": labels["Key"], "ETag": etag}
        inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in members.items())
        response.headers["Content-Type"] = "application/xml"
        response.body = f'<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>{inner}</PostResponse>'.encode()
    return response


_URL = ":/?#[]@!$&'()*+,;=%-._~"
