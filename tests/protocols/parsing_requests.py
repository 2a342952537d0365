"""Requests made by hand, for what no SDK would send or what only some SDKs do."""

from __future__ import annotations

from typing import Any

import pytest

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.wire import Request
from skyglobe.models import load
from skyglobe.protocols.parsing import compile_parser


def parse(
    service: str,
    operation: str,
    protocol: str,
    body: bytes | str = b"",
    *,
    query: str = "",
    headers: dict[str, str] | None = None,
    labels: dict[str, str] | None = None,
) -> dict[str, Any]:
    content = body.encode() if isinstance(body, str) else body
    request = Request("POST", "/", query, headers or {}, content)
    return compile_parser(load(service).operation(operation), protocol)(request, labels or {})


def refusal(*arguments: Any, **keywords: Any) -> ServiceError:
    """Return the error that ``parse`` raises."""
    with pytest.raises(ServiceError) as caught:
        parse(*arguments, **keywords)
    return caught.value
