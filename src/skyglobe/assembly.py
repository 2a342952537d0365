"""A cloud put together: kernel, gateway and admin interface. What carries requests to it is somebody else's affair."""

from __future__ import annotations

from collections.abc import Callable

from skyglobe.admin.interface import Admin
from skyglobe.engines.records import has_engines
from skyglobe.gateway.gateway import Gateway
from skyglobe.kernel.clock import Clock
from skyglobe.kernel.config import Config
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.wire import Request, Response


class Cloud:
    """One running cloud. ``start`` and ``stop`` it inside an event loop; hand requests to ``handle`` there."""

    def __init__(self, config: Config, *, clock: Clock | None = None) -> None:
        self.kernel = Kernel(config, clock=clock)
        self.gateway = Gateway(self.kernel)
        self.gateway.admin = Admin(self.kernel, self.gateway).answer

    def handle(self, request: Request, reply: Callable[[Response], None]) -> None:
        """Answer ``request`` by calling ``reply`` exactly once, at the end of this loop turn or later."""
        self.gateway.handle(request, reply)

    async def start(self) -> None:
        await self.kernel.start()
        if await self.kernel.transact(has_engines):
            from skyglobe.engines.supervisor import supervisor_of

            supervisor_of(self.kernel)

    async def stop(self) -> None:
        await self.kernel.stop()
