"""Is it there? Asked by people, by test containers and by LocalStack's wrappers."""

from __future__ import annotations

import os
import platform
import time
from datetime import UTC, datetime
from typing import Literal

import msgspec

from skyglobe import __version__
from skyglobe.admin.interface import Admin
from skyglobe.admin.routes import route

EDITION = "skyglobe"
IS_DOCKER = os.path.exists("/.dockerenv")  # where Docker says so to those inside


class Health(msgspec.Struct, frozen=True):
    """What LocalStack's health document says, too."""

    services: dict[str, Literal["available", "running"]]
    """``running`` once a request used it."""
    edition: str
    version: str


class Info(msgspec.Struct, frozen=True):
    """What LocalStack's info document says, as far as it makes sense here."""

    version: str
    edition: str
    is_license_activated: bool
    system: str
    is_docker: bool
    server_time_utc: str
    uptime: int
    """Seconds."""


@route("GET", "/_skyglobe/health")
async def get_health(admin: Admin) -> Health:
    """Say which services there are."""
    services = admin.kernel.services
    in_use = services.loaded()
    return Health(
        {name: "running" if name in in_use else "available" for name in services.names()}, EDITION, __version__
    )


@route("GET", "/_localstack/health")
async def get_localstack_health(admin: Admin) -> Health:
    """Say which services there are, where LocalStack's clients ask."""
    return await get_health(admin)


@route("GET", "/_localstack/info")
async def get_localstack_info(admin: Admin) -> Info:
    """Say what runs here, where LocalStack's clients ask."""
    return Info(
        version=__version__,
        edition=EDITION,
        is_license_activated=False,
        system=platform.system().lower(),
        is_docker=IS_DOCKER,
        server_time_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        uptime=int(time.monotonic() - admin.started),
    )
