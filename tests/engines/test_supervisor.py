"""Engines run as long as they are wanted, whatever happens to them, and no longer."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any

import msgspec
import pytest

from skyglobe.engines.records import Ready
from skyglobe.engines.supervisor import EngineFailed
from tests.engines.conftest import Engines, asked, children_of, environment_of, is_alive, until


def story(told: Callable[[Engines], Coroutine[Any, Any, None]]) -> Callable[[Engines], None]:
    """Have a test be told inside a running cloud."""

    @wraps(told)
    def test(engines: Engines) -> None:
        async def tell() -> None:
            async with engines:
                await told(engines)

        asyncio.run(tell())

    test.__annotations__ = {"engines": Engines}
    return test


@story
async def test_an_engine_that_is_wanted_becomes_ready(engines: Engines) -> None:
    await engines.want(engines.engine("one", "127.200.0.1"))
    await engines.supervisor.ready("one")
    status = engines.supervisor.status("one")
    assert status is not None
    assert (status.state, status.starts) == ("ready", 1)
    assert await asked("127.200.0.1") > 0
    assert "listening" in status.output


@story
async def test_an_engine_that_dies_is_started_again(engines: Engines) -> None:
    await engines.want(engines.engine("one", "127.200.0.2"))
    await engines.supervisor.ready("one")
    first = await asked("127.200.0.2")
    os.kill(first, signal.SIGKILL)
    await until(lambda: engines.supervisor.status("one").starts == 2, "it is not started again")
    await engines.supervisor.ready("one")
    assert await asked("127.200.0.2") != first


@story
async def test_an_engine_that_is_not_wanted_any_more_ends_with_all_it_started(engines: Engines) -> None:
    await engines.want(engines.engine("one", "127.200.0.3", "child", "stubborn", grace_s=0.2))
    await engines.supervisor.ready("one")
    pid = await asked("127.200.0.3")
    (child,) = children_of(pid)
    assert os.getsid(child) == child
    await engines.drop("one")
    await until(lambda: not is_alive(pid), "the engine does not end")
    await until(lambda: not is_alive(child), "what it started does not end")
    assert engines.supervisor.status("one") is None


@story
async def test_a_changed_engine_replaces_the_one_before_at_the_same_port(engines: Engines) -> None:
    engine = engines.engine("one", "127.200.0.4")
    await engines.want(engine)
    await engines.supervisor.ready("one")
    first = await asked("127.200.0.4")
    await engines.want(msgspec.structs.replace(engine, environment={"A": "b"}))
    await until(lambda: not is_alive(first), "the old one does not end")
    await engines.supervisor.ready("one")
    second = await asked("127.200.0.4")
    assert second != first
    assert b"A=b" in environment_of(second)


@story
async def test_an_engine_that_cannot_begin_says_why_and_is_tried_more_and_more_seldom(engines: Engines) -> None:
    await engines.want(engines.engine("bad", "127.200.0.5", "fails"))
    with pytest.raises(EngineFailed, match=r"bad does not start: .*cannot begin"):
        await engines.supervisor.ready("bad")
    assert engines.supervisor.status("bad").starts >= 3
    with pytest.raises(EngineFailed, match="other is not to run"):
        await engines.supervisor.ready("other")


@story
async def test_an_engine_that_does_not_become_ready_is_started_again(engines: Engines) -> None:
    ready = Ready(printed="never printed", within_s=0.1)
    await engines.want(engines.engine("slow", "127.200.0.6", ready=ready))
    await until(lambda: (engines.supervisor.status("slow") or _none).starts >= 2, "it is not started again")


class _none:  # noqa: N801
    starts = 0


@story
async def test_an_engine_that_does_not_answer_any_more_is_started_again(engines: Engines) -> None:
    await engines.want(engines.engine("one", "127.200.0.7", health_every_s=0.05, grace_s=0.1))
    await engines.supervisor.ready("one")
    first = await asked("127.200.0.7")
    # A listener whose backlog is full answers nobody.
    os.kill(first, signal.SIGSTOP)
    waiting = [asyncio.ensure_future(asyncio.open_connection("127.200.0.7", 7070)) for _ in range(300)]
    await until(lambda: not is_alive(first), "it is left as it is")
    await engines.supervisor.ready("one")
    for each in waiting:
        each.cancel()
    assert await asked("127.200.0.7") != first


def test_engines_end_with_their_cloud_and_start_with_its_next_start(engines: Engines) -> None:
    async def tell() -> None:
        async with engines:
            await engines.want(engines.engine("one", "127.200.0.8"))
            await engines.supervisor.ready("one")
            first = await asked("127.200.0.8")
        assert not is_alive(first)
        async with engines:  # nobody asks for it: it is in the store

            async def answers() -> bool:
                try:
                    return await asked("127.200.0.8") != first
                except OSError:
                    return False

            await until(answers, "it is not started with its cloud")

    asyncio.run(tell())


@story
async def test_output_is_kept_within_bounds(engines: Engines) -> None:
    from skyglobe.engines.output import KEPT_BYTES
    from skyglobe.engines.records import Engine

    program = "import sys\nfor n in range(40000): print('line', n)\nsys.stdout.flush(); import time; time.sleep(100)"
    argv = (os.sys.executable, "-S", "-c", program)  # type: ignore[attr-defined]
    await engines.want(Engine(name="loud", argv=argv, ready=Ready(printed="line 39999")))
    await engines.supervisor.ready("loud")
    status = engines.supervisor.status("loud")
    assert status is not None
    assert len(status.output) <= KEPT_BYTES
    assert status.output.endswith("line 39999\n")
