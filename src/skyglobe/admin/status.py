"""How the cloud is: the process, its state in numbers; and emptying it."""

from __future__ import annotations

import os
import resource
import sys
import time

import msgspec

from skyglobe import __version__
from skyglobe.admin.clock import ClockState, read_clock
from skyglobe.admin.interface import Admin
from skyglobe.admin.routes import route
from skyglobe.kernel.outbox import letters
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import timers


class Counts(msgspec.Struct, frozen=True):
    """What there is."""

    timers: int
    """Waiting for their time, of services and of the cloud itself."""
    dead_timers: int
    deliveries: int
    """Waiting to be made."""
    dead_letters: int
    faults: int
    snapshots: int


class Status(msgspec.Struct, frozen=True):
    """The cloud's process and state."""

    pid: int
    version: str
    endpoint: str
    uptime_s: float
    rss_bytes: int
    """Memory of the process that is in RAM."""
    folder: str | None
    """None when everything is in memory."""
    store: str
    durability: str
    lenient_auth: bool
    region: str
    clock: ClockState
    services: dict[str, bool]
    """By name, whether a request has used it since the start."""
    counts: Counts


class Done(msgspec.Struct, frozen=True):
    """What was asked has been done."""

    done: bool = True


@route("GET", "/_skyglobe/status")
async def get_status(admin: Admin) -> Status:
    """Describe the cloud's process and state."""
    kernel, config = admin.kernel, admin.kernel.config
    loaded = kernel.services.loaded()
    return Status(
        pid=os.getpid(),
        version=__version__,
        endpoint=config.endpoint,
        uptime_s=round(time.monotonic() - admin.started, 1),
        rss_bytes=_rss_bytes(),
        folder=str(config.folder) if config.folder is not None else None,
        store="PostgreSQL" if config.store else "SQLite" if config.folder is not None else "memory",
        durability=config.durability,
        lenient_auth=config.lenient_auth,
        region=config.region,
        clock=read_clock(kernel),
        services={name: name in loaded for name in kernel.services.names()},
        counts=await _counts(admin),
    )


@route("POST", "/_skyglobe/reset")
async def reset(admin: Admin) -> Done:
    """Empty the cloud and set its clock to the machine's time. Snapshots stay."""
    await admin.kernel.snapshots.reset()
    return Done()


@route("POST", "/_localstack/state/reset")
async def reset_localstack_state(admin: Admin) -> Done:
    """Empty the cloud, where LocalStack's clients ask for it."""
    return await reset(admin)


async def _counts(admin: Admin) -> Counts:
    kernel = admin.kernel
    snapshots = len(kernel.snapshots.list())

    def count(scope: Scope) -> Counts:
        return Counts(
            timers=timers.count_by(scope, "due"),
            dead_timers=timers.count_by(scope, "dead"),
            deliveries=letters.count_by(scope, "waiting"),
            dead_letters=letters.count_by(scope, "dead"),
            faults=len(kernel.faults.list()),
            snapshots=snapshots,
        )

    return await kernel.transact(count)


def _rss_bytes() -> int:
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:  # no Linux: the peak is the next best thing, in bytes on macOS
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
