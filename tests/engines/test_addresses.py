"""Loopback addresses: one a name, kept, and free again when released."""

from __future__ import annotations

import asyncio
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from skyglobe.engines.addresses import LentAddresses, ensure_address, find_address, release_address
from skyglobe.kernel.config import Config
from skyglobe.kernel.kernel import Kernel


def test_names_keep_their_addresses_across_restarts(tmp_path: Path) -> None:
    async def ensure(*names: str) -> list[str]:
        kernel = Kernel(Config(folder=tmp_path))
        await kernel.start()
        found = await kernel.transact(lambda scope: [ensure_address(scope, name) for name in names])
        await kernel.stop()
        return found

    first = asyncio.run(ensure("a", "b", "a"))
    assert first[0] == first[2] != first[1]
    assert asyncio.run(ensure("c", "b", "a"))[1:] == [first[1], first[0]]


def test_released_addresses_are_given_to_others_last() -> None:
    async def tell() -> None:
        kernel = Kernel(Config())
        await kernel.start()
        first = await kernel.transact(lambda scope: ensure_address(scope, "a"))
        await kernel.transact(lambda scope: release_address(scope, "a"))
        assert await kernel.transact(lambda scope: find_address(scope, "a")) is None
        assert await kernel.transact(lambda scope: ensure_address(scope, "b")) != first
        await kernel.stop()

    asyncio.run(tell())


@given(st.integers(0, 1 << 32), st.lists(st.booleans(), max_size=40))
def test_no_address_is_lent_twice_at_a_time(start: int, lending: list[bool]) -> None:
    addresses, lent = LentAddresses(start), []
    for lends in lending:
        if lends or not lent:
            address = addresses.lend()
            assert address not in lent
            assert address.rpartition(".")[2] not in ("0", "255")
            lent.append(address)
        else:
            addresses.take_back(lent.pop(0))
