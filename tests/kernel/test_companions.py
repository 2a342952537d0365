"""Companions: one of each, ended with their cloud, last made first."""

from __future__ import annotations

import asyncio

from skyglobe.kernel.config import Config
from skyglobe.kernel.kernel import Kernel


def test_companions_are_made_once_and_stopped_with_their_cloud_whatever_fails() -> None:
    stopped = []

    class Companion:
        def __init__(self, name: str) -> None:
            self.name = name

        async def stop(self) -> None:
            stopped.append(self.name)
            if self.name == "second":
                raise OSError("does not stop")

    async def tell() -> None:
        kernel = Kernel(Config())
        await kernel.start()
        first = kernel.companions.of("first", lambda: Companion("first"))
        kernel.companions.of("second", lambda: Companion("second"))
        kernel.companions.of("third", lambda: Companion("third"))
        assert kernel.companions.of("first", lambda: Companion("another")) is first
        await kernel.stop()

    asyncio.run(tell())
    assert stopped == ["third", "second", "first"]
