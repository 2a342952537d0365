"""Running a cloud behind sockets until somebody says stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from skyglobe.assembly import Cloud
from skyglobe.kernel.config import Config
from skyglobe.transport import run, serve

if TYPE_CHECKING:
    import ssl

GRACE_FOR = 5.0  # seconds that requests in work get when the cloud goes down
GC_THRESHOLD = 50_000  # allocations between collections: requests make few cycles, and pauses cost latency


def run_cloud(
    config: Config,
    hosts: Sequence[str],
    port: int,
    ready: Callable[[], AbstractContextManager[None]],
    *,
    certificates: Path | None = None,
) -> None:
    """Serve a cloud on ``port`` of every host until SIGTERM, SIGINT or SIGHUP, inside ``ready()`` once it listens.

    With ``certificates``, a folder to make them in, HTTPS is answered too. Raises ``CannotListen`` when the port is
    taken, ``FolderError`` when the data folder cannot be used, ``StoreFailure`` when the store cannot be opened.
    """
    run(_serve(config, hosts, port, ready, certificates))


async def _serve(
    config: Config,
    hosts: Sequence[str],
    port: int,
    ready: Callable[[], AbstractContextManager[None]],
    certificates: Path | None,
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(name) is not signal.SIG_IGN:  # as nohup has it
            loop.add_signal_handler(name, stop.set)
    cloud = Cloud(config)
    try:
        await cloud.start()
        server = await serve(cloud.handle, hosts, port, tls=_certified(config, certificates) if certificates else None)
        try:
            gc.freeze()
            gc.set_threshold(GC_THRESHOLD, 20, 20)
            with ready():
                await stop.wait()
        finally:
            await server.close(GRACE_FOR)
    finally:
        with contextlib.suppress(asyncio.CancelledError):
            await cloud.stop()


def _certified(config: Config, folder: Path) -> Callable[[], ssl.SSLContext]:
    """Return what makes the TLS context: called by the first HTTPS connection."""

    def make() -> ssl.SSLContext:
        from skyglobe.engines.tls import local_context

        names = [name for suffix in config.host_suffixes for name in (suffix, f"*.{suffix}", f"*.s3.{suffix}")]
        return local_context(folder, names)

    return make
