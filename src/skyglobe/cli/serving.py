"""Running a cloud behind sockets until somebody says stop."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Callable, Sequence

from skyglobe.assembly import Cloud
from skyglobe.kernel.config import Config
from skyglobe.transport import HttpServer, run, serve

GRACE_FOR = 5.0  # seconds that requests in work get when the cloud goes down
GC_THRESHOLD = 50_000  # allocations between collections: requests make few cycles, and pauses cost latency


def run_cloud(config: Config, hosts: Sequence[str], port: int, ready: Callable[[HttpServer], None]) -> None:
    """Serve a cloud on ``port`` of every host until SIGTERM or SIGINT. ``ready`` is called once it listens.

    Raises ``CannotListen`` when the port is taken.
    """
    run(_serve(config, hosts, port, ready))


async def _serve(config: Config, hosts: Sequence[str], port: int, ready: Callable[[HttpServer], None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    cloud = Cloud(config)
    await cloud.start()
    try:
        server = await serve(cloud.handle, hosts, port)
        gc.freeze()
        gc.set_threshold(GC_THRESHOLD, 20, 20)
        ready(server)
        await stop.wait()
        await server.close(GRACE_FOR)
    finally:
        await cloud.stop()
