"""What must hold of every answer, however bad the question was."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

import cbor2

from skyglobe.kernel.wire import Response
from skyglobe.transport.heads import Heads

TELLTALES = (b"Traceback (most recent call last)", b'File "/', b"InternalFailure", b"InternalError")


class Wrong(AssertionError):
    """An answer that no client should ever get."""


def judge(response: Response, method: str, protocol: str = "") -> None:
    """Raise ``Wrong`` unless ``response`` is one an AWS client can read.

    With ``protocol``, an error must be in the format of that protocol; without, in any that its content type names.
    """
    body = response.body
    if not isinstance(body, bytes):
        raise Wrong("the body is not in one piece")
    Heads().render(response, "")  # raises BadHeader for what could not be sent
    if response.status < 400:
        return
    if response.status >= 500 and response.status != 501:
        raise Wrong(f"answered {response.status}: {body[:500]!r}")
    if any(telltale in body for telltale in TELLTALES):
        raise Wrong(f"tells of its insides: {body[:2000]!r}")
    if method == "HEAD":
        if body:
            raise Wrong("a HEAD request was answered with a body")
        return
    headers = {name.lower(): value for name, value in response.headers.items()}
    kind = headers.get("content-type", "")
    family = _family(kind)
    if protocol and family != _EXPECTED[protocol]:
        raise Wrong(f"answered a {protocol} client with {kind}: {body[:500]!r}")
    code = _READERS[family](body) or headers.get("x-amzn-errortype")
    if not isinstance(code, str) or not code:
        raise Wrong(f"an error without a code: {body[:500]!r}")


def _family(content_type: str) -> str:
    for family in ("json", "cbor", "xml"):
        if family in content_type:
            return family
    raise Wrong(f"an error of type {content_type!r}")


def _json_code(body: bytes) -> Any:
    return json.loads(body).get("__type")


def _cbor_code(body: bytes) -> Any:
    return cbor2.loads(body).get("__type")


def _xml_code(body: bytes) -> Any:
    root = ET.fromstring(body)
    texts = {element.tag.rpartition("}")[2]: element.text for element in root.iter()}
    if not any(name.lower() == "requestid" and text for name, text in texts.items()):
        raise Wrong(f"an error without a request id: {body[:500]!r}")
    return texts.get("Code")


_READERS = {"json": _json_code, "cbor": _cbor_code, "xml": _xml_code}
_EXPECTED = {"json": "json", "query": "xml", "rest-xml": "xml", "smithy-rpc-v2-cbor": "cbor"}
