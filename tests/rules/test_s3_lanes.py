"""Bodies poured through threads: all of it, in order, in bounded memory, and nobody left working."""

import asyncio
import threading

import pytest

from skyglobe.services.s3.lanes import BATCH_BYTES, BATCHES_AHEAD, LEAST_BATCH_BYTES, batch_bytes, pour


class Body:
    """A body of pieces; an exception among them is raised."""

    def __init__(self, *pieces):
        self.length = None
        self.left = list(pieces)

    async def read(self):
        await asyncio.sleep(0)
        piece = self.left.pop(0) if self.left else b""
        if isinstance(piece, BaseException):
            raise piece
        return piece


PIECE = bytes(range(256)) * (BATCH_BYTES // 512)


def _ignore(_):
    pass


def _alone():
    return 1


def test_every_work_sees_all_of_the_body_in_order():
    pieces = [bytes([number]) * (1 + number * 9_999) for number in range(120)]
    seen = [], []
    arrived = []
    asyncio.run(pour(Body(*pieces), [seen[0].extend, seen[1].extend], arrived.append, _alone))
    assert list(seen[0]) == list(seen[1]) == pieces
    assert arrived[-1] == sum(map(len, pieces))


def test_an_empty_body_is_no_work():
    asyncio.run(pour(Body(), [lambda _: pytest.fail("there was nothing to do")], _ignore, _alone))


def test_a_body_waits_for_the_slowest_work():
    goes_on, taken = threading.Event(), []
    body = Body(*[PIECE] * 40)

    def slow(batch):
        goes_on.wait(10)
        taken.append(batch)

    async def run():
        pouring = asyncio.create_task(pour(body, [slow, _ignore], _ignore, _alone))
        for _ in range(500):
            await asyncio.sleep(0)
        unread = len(body.left)
        goes_on.set()
        await pouring
        return unread

    # Two pieces make a batch: one is worked on, some wait, and one has no room yet.
    assert asyncio.run(run()) >= 40 - 2 * (BATCHES_AHEAD + 2)
    assert len(taken) == 20


def test_the_more_bodies_there_are_the_less_of_each_is_in_memory():
    assert [batch_bytes(bodies) for bodies in (1, 16)] == [BATCH_BYTES, BATCH_BYTES]
    assert LEAST_BATCH_BYTES < batch_bytes(20) < BATCH_BYTES
    assert batch_bytes(1000) == LEAST_BATCH_BYTES

    batches = []
    pieces = [bytes(LEAST_BATCH_BYTES // 2)] * 8
    asyncio.run(pour(Body(*pieces), [batches.append], _ignore, lambda: 1000))
    assert [len(batch) for batch in batches] == [2, 2, 2, 2]


@pytest.mark.parametrize("failing", ["work", "stream", "arrived"])
def test_a_failure_ends_all_and_the_next_body_is_none_the_worse(failing):
    def fail(_):
        raise OSError(28, "No space left on device")

    error = OSError(28, "No space left on device")
    pieces = [PIECE] * 9 + ([error] if failing == "stream" else [])
    works = [fail if failing == "work" else _ignore, _ignore]
    for _ in range(2):
        with pytest.raises(OSError, match="No space"):
            asyncio.run(pour(Body(*pieces), works, fail if failing == "arrived" else _ignore, _alone))
        taken = []
        asyncio.run(pour(Body(PIECE, PIECE, PIECE), [taken.extend], _ignore, _alone))
        assert taken == [PIECE] * 3


def test_no_thread_works_on_after_a_cancellation():
    begun, goes_on, ended = threading.Event(), threading.Event(), threading.Event()

    def slow(_):
        begun.set()
        goes_on.wait(10)
        ended.set()

    async def run():
        pouring = asyncio.create_task(pour(Body(*[PIECE] * 9), [slow], _ignore, _alone))
        await asyncio.to_thread(begun.wait, 10)
        pouring.cancel()
        await asyncio.sleep(0)
        goes_on.set()
        with pytest.raises(asyncio.CancelledError):
            await pouring
        assert ended.is_set()

    asyncio.run(run())
