"""Taking botocore's requests before they reach the network."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from copy import copy
from functools import cache
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from skyglobe.kernel.wire import Request, Response

Send = Callable[[Request], Response]

_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def intercepted(session: Any, send: Send) -> None:
    """Have all clients made of the botocore ``session`` answered by ``send``, by its own ``before-send`` event."""
    session.get_component("event_emitter").register_first(
        "before-send", lambda request, **_: answer(request, send), unique_id="skyglobe"
    )


def fresh_session() -> Any:
    """Return a botocore session like any other that shares with the first what takes most of the time to make.

    That is 100 ms for models and endpoint rules, which are read once, and 8 ms for botocore's own handlers of events,
    which are looked at and sorted in once. Each session has a copy of them, as each client has of its session's.
    """
    from botocore.session import Session

    session = Session(event_hooks=copy(_handlers()), include_builtin_handlers=False)
    session.register_component("data_loader", _loader())
    return session


@cache
def _handlers() -> Any:
    from botocore.hooks import HierarchicalEmitter
    from botocore.session import Session

    emitter = HierarchicalEmitter()
    Session(event_hooks=emitter)
    return emitter


@cache
def _loader() -> Any:
    from botocore.session import Session

    return Session().get_component("data_loader")


@contextlib.contextmanager
def everything_intercepted(send: Send) -> Iterator[None]:
    """Have every botocore client of this process answered by ``send``, whenever it was made."""
    from botocore.httpsession import URLLib3Session

    original = URLLib3Session.send
    supplied = [name for name in _ENVIRONMENT if name not in os.environ]
    if "AWS_REGION" in os.environ:
        supplied = [name for name in supplied if name != "AWS_DEFAULT_REGION"]
    URLLib3Session.send = lambda self, request: answer(request, send)
    os.environ.update({name: _ENVIRONMENT[name] for name in supplied})
    try:
        yield
    finally:
        URLLib3Session.send = original
        for name in supplied:
            os.environ.pop(name, None)


def answer(prepared: AWSPreparedRequest, send: Send) -> AWSResponse:
    """Turn botocore's request into ours, have it answered, and turn the answer back."""
    response = send(wire_request(prepared))
    raw = _Raw(response.body if prepared.method != "HEAD" else b"")  # type: ignore[arg-type]
    headers = {"Content-Length": str(len(response.body)), **response.headers}  # type: ignore[arg-type]
    made = AWSResponse(prepared.url, response.status, _headers(headers), raw)
    if not prepared.stream_output:
        made.content  # noqa: B018 - botocore expects the body to have been read
    return made


def wire_request(prepared: AWSPreparedRequest) -> Request:
    """Return the request as the transport would have parsed it."""
    url = urlsplit(prepared.url)
    headers = {name.lower(): _text(value) for name, value in prepared.headers.items()}
    headers.setdefault("host", url.netloc)
    body = prepared.body or b""
    if isinstance(body, str):
        body = body.encode()
    elif hasattr(body, "read"):
        body = body.read()
    elif not isinstance(body, bytes):
        body = bytes(body) if isinstance(body, bytearray) else b"".join(body)
    headers.setdefault("content-length", str(len(body)))
    return Request(
        prepared.method,
        url.path or "/",
        url.query,
        headers,
        bytes(body),
        secure=url.scheme == "https",
    )


def _text(value: str | bytes) -> str:
    return (value.decode("latin-1") if isinstance(value, bytes) else value.encode().decode("latin-1")).strip()


def _headers(headers: dict[str, str]) -> Any:
    from botocore.awsrequest import HeadersDict

    return HeadersDict(headers)


class _Raw(BytesIO):
    """What urllib3's response offers botocore."""

    def stream(self, amt: int = 65_536, **_: Any) -> Iterator[bytes]:
        while piece := self.read(amt):
            yield piece

    def release_conn(self) -> None: ...
