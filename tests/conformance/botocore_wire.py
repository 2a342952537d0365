"""Requests as botocore's own client writes them, down to the bytes of the target line."""

from __future__ import annotations

import re
from copy import deepcopy
from functools import cache
from typing import Any
from urllib.parse import unquote

from botocore.awsrequest import create_request_object, prepare_request_dict
from botocore.httpsession import URLLib3Session
from botocore.model import ServiceModel as BotocoreModel
from botocore.serialize import create_serializer

from skyglobe.kernel.wire import Request
from skyglobe.models import OperationModel, ServiceModel

ENDPOINT = "http://localhost:4566"
SESSION = URLLib3Session()


@cache
def botocore_model(service: ServiceModel, protocol: str) -> BotocoreModel:
    """Return botocore's model of the service.

    For a protocol that botocore left behind (SQS's query), the names that only that protocol uses take the place they
    had when botocore spoke it.
    """
    raw = service.raw
    if protocol == "query" and service.metadata["protocol"] != "query":
        raw = deepcopy(raw)
        for shape in raw["shapes"].values():
            references = [
                *shape.get("members", {}).values(),
                *(shape[key] for key in ("member", "key", "value") if key in shape),
            ]
            for reference in references:
                if "queryName" in reference:
                    reference["locationName"] = reference.pop("queryName")
    return BotocoreModel(raw, service.name)


def send(operation: OperationModel, protocol: str, parameters: dict[str, Any], precision: str = "default") -> Request:
    """Return the request botocore sends. Raises its ParamValidationError when ``parameters`` are not valid."""
    model = botocore_model(operation.service, protocol).operation_model(operation.name)
    # botocore cannot write an event stream, yet refuses to leave a required one out: here all the rest is written.
    is_stream = operation.input is not None and any(
        member.is_event_stream for member in operation.input.members.values()
    )
    serializer = create_serializer(protocol, include_validation=not is_stream, timestamp_precision=precision)
    fields = serializer.serialize_to_request(parameters, model)
    prepare_request_dict(fields, ENDPOINT, context={})
    prepared = create_request_object(fields).prepare()
    target = SESSION._get_request_target(prepared.url, None)
    path, _, query = target.partition("?")
    headers = {}
    for name, value in prepared.headers.items():
        text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
        assert text.isascii(), f"{name}: {text!r} is no header"
        assert text == text.strip(), f"{name}: {text!r} would lose its spaces"
        headers[name.lower()] = text
    body = prepared.body or b""
    return Request(prepared.method, path, query, headers, body.encode() if isinstance(body, str) else bytes(body))


def labels(operation: OperationModel, path: str) -> dict[str, str]:
    """Return the decoded labels of ``path``, by the operation's own template."""
    template = operation.request_uri.partition("?")[0]
    pieces = re.split(r"\{([^}]*)\}", template)
    names = [name.rstrip("+") for name in pieces[1::2]]
    pattern = re.escape(pieces[0])
    for name, literal in zip(pieces[1::2], pieces[2::2], strict=True):
        pattern += ("(.+)" if name.endswith("+") else "([^/]+)") + re.escape(literal)
    match = re.fullmatch(pattern, path)
    assert match, f"{path} does not fit {template}"
    return {name: unquote(text, errors="strict") for name, text in zip(names, match.groups(), strict=True)}
