"""Answers requests to ``/_skyglobe/…`` and ``/_localstack/health``."""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe import __version__
from skyglobe.gateway.gateway import Gateway
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.wire import Request, Response


class Admin:
    """The admin interface of one cloud."""

    def __init__(self, kernel: Kernel, gateway: Gateway) -> None:
        self._kernel = kernel
        self._gateway = gateway

    async def answer(self, request: Request) -> Response:
        """Answer one admin request."""
        if request.path in ("/_skyglobe/health", "/_localstack/health"):
            return _json(self._health())
        return _json({"error": f"There is nothing at {request.path}."}, 404)

    def _health(self) -> dict[str, Any]:
        services = {name: "available" for name in self._kernel.services.names()}
        return {"services": services, "edition": "skyglobe", "version": __version__}


def _json(content: Any, status: int = 200) -> Response:
    return Response(status, {"Content-Type": "application/json"}, msgspec.json.encode(content))
