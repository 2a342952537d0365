"""The way into the admin interface."""

from __future__ import annotations

import time

from skyglobe.gateway.gateway import Gateway
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.wire import Request, Response


class Admin:
    """The admin interface of one cloud. The routes are imported with the first request: a start needs none."""

    def __init__(self, kernel: Kernel, gateway: Gateway) -> None:
        self.kernel = kernel
        self.gateway = gateway
        self.started = time.monotonic()
        """On the machine's monotonic clock, in seconds."""

    async def answer(self, request: Request) -> Response:
        """Answer one admin request, whatever it is."""
        from skyglobe.admin.dispatch import dispatch

        return await dispatch(self, request)
