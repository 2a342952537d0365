"""Requests made and signed by botocore, kept as bytes, so that no client library is measured along with the server."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config

REGION = "us-east-1"
_AUTHORIZATION = re.compile(r"Credential=[^/]+/([^,]+), SignedHeaders=([^,]+), ")


class _Captured(BaseException):
    """Carries a request out of botocore before it is sent. No Exception: those are transport errors, and retried."""

    def __init__(self, request: AWSPreparedRequest) -> None:
        self.request = request


def _capture(request: AWSPreparedRequest, **_: Any) -> None:
    raise _Captured(request)


@dataclass
class Prepared:
    """One signed request. ``varied`` makes others of it that differ in path, query or body, signed anew."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    secret: str

    @cached_property
    def wire(self) -> bytes:
        """The request as it crosses the wire."""
        target = f"{self.path}?{self.query}" if self.query else self.path
        lines = [f"{self.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in self.headers.items())]
        lines += [f"content-length: {len(self.body)}", "", ""]
        return "\r\n".join(lines).encode("latin-1") + self.body

    def varied(
        self, *, path: str | None = None, query: str | None = None, body: bytes | None = None, payload: str = ""
    ) -> Prepared:
        """Return the request with another path, query (sorted, encoded) or body, and a signature that fits.

        ``payload`` is the declared payload hash, where it is not that of the body.
        """
        made = Prepared(
            self.method,
            self.path if path is None else path,
            self.query if query is None else query,
            dict(self.headers),
            self.body if body is None else body,
            self.secret,
        )
        digest = payload or sha256(made.body).hexdigest()
        if "x-amz-content-sha256" in made.headers:
            made.headers["x-amz-content-sha256"] = digest
        made._sign(digest)
        return made

    def _sign(self, digest: str) -> None:
        authorization = self.headers["authorization"]
        found = _AUTHORIZATION.search(authorization)
        assert found is not None
        scope, names = found.groups()
        signed = "".join(f"{name}:{self.headers[name]}\n" for name in names.split(";"))
        canonical = f"{self.method}\n{self.path}\n{self.query}\n{signed}\n{names}\n{digest}"
        to_sign = f"AWS4-HMAC-SHA256\n{self.headers['x-amz-date']}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
        signature = hmac.digest(_key(self.secret, scope), to_sign.encode(), "sha256").hex()
        self.headers["authorization"] = authorization[: authorization.rindex("=") + 1] + signature


_keys: dict[tuple[str, str], bytes] = {}


def _key(secret: str, scope: str) -> bytes:
    known = _keys.get((secret, scope))
    if known is None:
        known = f"AWS4{secret}".encode()
        for part in scope.split("/"):
            known = hmac.digest(known, part.encode(), "sha256")
        _keys[secret, scope] = known
    return known


class Preparer:
    """Makes requests for one endpoint with one access key, and boto3 clients that really send, to set things up."""

    def __init__(self, endpoint: str, key: tuple[str, str]) -> None:
        self._endpoint = endpoint
        self._key = key
        self._sending: dict[str, Any] = {}
        self._capturing: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """Return a boto3 client that sends."""
        if service not in self._sending:
            self._sending[service] = self._make(service)
        return self._sending[service]

    def prepare(self, service: str, operation: str, **parameters: Any) -> Prepared:
        """Return what boto3 would send for this call, now."""
        if service not in self._capturing:
            self._capturing[service] = self._make(service)
            self._capturing[service].meta.events.register("before-send", _capture)
        try:
            getattr(self._capturing[service], operation)(**parameters)
        except _Captured as captured:
            return _prepared(captured.request, self._key[1])
        raise AssertionError("botocore sent nothing")

    def _make(self, service: str) -> Any:
        config = Config(retries={"total_max_attempts": 1}, read_timeout=120, s3={"addressing_style": "path"})
        session = boto3.Session(*self._key, region_name=REGION)
        return session.client(service, endpoint_url=self._endpoint, config=config)


def _prepared(request: AWSPreparedRequest, secret: str) -> Prepared:
    url = urlsplit(request.url)
    headers = {
        name.lower(): (value.decode("latin-1") if isinstance(value, bytes) else str(value)).strip()
        for name, value in request.headers.items()
    }
    headers["host"] = url.netloc
    headers.pop("expect", None)  # the load client never waits to be told to go on
    headers.pop("content-length", None)
    body = request.body or b""
    if hasattr(body, "read"):
        body = body.read()
    body = body.encode() if isinstance(body, str) else bytes(body)
    return Prepared(request.method, url.path or "/", url.query, headers, body, secret)
