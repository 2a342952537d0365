"""What services open again when a cloud starts."""

from __future__ import annotations

import asyncio
from pathlib import Path

from skyglobe.kernel.config import Config
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.openings import leave_closed, open_at_start
from skyglobe.kernel.service import Service


def test_services_open_what_they_had_open_at_every_start_whatever_fails(tmp_path: Path) -> None:
    opened: list[str] = []
    good, bad = Service("good"), Service("bad")

    @good.opening
    async def open_good(kernel: Kernel) -> None:
        opened.append("good")

    @bad.opening
    async def open_bad(kernel: Kernel) -> None:
        opened.append("bad")
        raise OSError("does not open")

    async def run(change: str) -> None:
        kernel = Kernel(Config(folder=tmp_path / "cloud"))
        for service in (good, bad):
            kernel.services.add(service)
        await kernel.start()
        for service in (good, bad):
            if change == "open":
                await kernel.transact(lambda scope, name=service.name: open_at_start(scope, name))
            elif change == "close":
                await kernel.transact(lambda scope, name=service.name: leave_closed(scope, name))
        await kernel.stop()

    outcomes = []
    for change in ("open", "", "close", ""):
        asyncio.run(run(change))
        outcomes.append(list(opened))
    assert outcomes == [[], ["bad", "good"], ["bad", "good"] * 2, ["bad", "good"] * 2]
