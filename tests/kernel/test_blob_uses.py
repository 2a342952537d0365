"""Blobs live as long as something names or reads them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from skyglobe.kernel.blob_uses import release_blob, sweep_blobs, use_blob
from skyglobe.kernel.config import Config
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.scope import Scope


def with_kernel(folder: Path, story: Callable[[Kernel], Any]) -> None:
    async def run() -> None:
        kernel = Kernel(Config(folder=folder))
        await kernel.start()
        try:
            await story(kernel)
        finally:
            await kernel.stop()

    asyncio.run(run())


def write(kernel: Kernel, data: bytes = b"bytes") -> str:
    writer = kernel.blobs.create()
    writer.write(data)
    return writer.finish()


def test_the_last_use_takes_the_blob_with_it(tmp_path: Path) -> None:
    async def story(kernel: Kernel) -> None:
        blob = write(kernel)
        await kernel.transact(lambda scope: [use_blob(scope, blob) for _ in range(2)])
        await kernel.transact(lambda scope: release_blob(scope, blob))
        assert list(kernel.blobs.names()) == [blob]
        await kernel.transact(lambda scope: release_blob(scope, blob))
        assert list(kernel.blobs.names()) == []

    with_kernel(tmp_path, story)


def test_a_lease_keeps_a_deleted_blob_until_it_is_let_go(tmp_path: Path) -> None:
    async def story(kernel: Kernel) -> None:
        blobs = kernel.blobs
        blob = write(kernel)
        first = blobs.lease([blobs.slice(blob, 0, 5)], [blob])
        second = blobs.lease([blobs.slice(blob, 1, 2)], [blob, blob])
        blobs.delete(blob)
        del first
        assert list(blobs.names()) == [blob]
        del second
        assert list(blobs.names()) == []

    with_kernel(tmp_path, story)


def test_a_hold_keeps_what_is_deleted_meanwhile(tmp_path: Path) -> None:
    async def story(kernel: Kernel) -> None:
        blob = write(kernel)
        with kernel.blobs.hold():
            kernel.blobs.delete(blob)
            assert list(kernel.blobs.names()) == [blob]
        assert list(kernel.blobs.names()) == []

    with_kernel(tmp_path, story)


def test_a_sweep_spares_what_is_named_or_still_undecided(tmp_path: Path) -> None:
    async def story(kernel: Kernel) -> None:
        named, undecided, orphan = write(kernel), write(kernel), write(kernel)

        def name(scope: Scope) -> None:
            use_blob(scope, named)

        await kernel.transact(name)
        kernel.blobs.unsettled.discard(orphan)
        assert await sweep_blobs(kernel) == 1
        assert set(kernel.blobs.names()) == {named, undecided}

    with_kernel(tmp_path, story)


def test_a_start_sweeps_what_a_crash_left(tmp_path: Path) -> None:
    left: list[str] = []

    async def crash(kernel: Kernel) -> None:
        left.extend((write(kernel), write(kernel)))
        await kernel.transact(lambda scope: use_blob(scope, left[0]))
        kernel.blobs.create().write(b"half")

    async def after(kernel: Kernel) -> None:
        await asyncio.wait(set(kernel._tasks))
        assert list(kernel.blobs.names()) == [left[0]]
        assert list((kernel.blobs.folder / "incoming").iterdir()) == []

    with_kernel(tmp_path, crash)
    with_kernel(tmp_path, after)
