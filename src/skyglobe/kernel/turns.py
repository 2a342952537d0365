"""Group commit: the operations of one event-loop turn share a transaction and are answered after it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from skyglobe.kernel.store import Conflict, Outpaced, Store, StoreFailure, WriteSet

T = TypeVar("T")
Work = Callable[[WriteSet], Any]
Done = Callable[[Any, BaseException | None], None]

MAX_ATTEMPTS = 10
"""How often a turn that lost a serialization race is run again before its callers are told to come back."""

_log = logging.getLogger(__name__)


class _Entry:
    __slots__ = ("done", "effects", "failure", "result", "work")

    def __init__(self, work: Work, done: Done) -> None:
        self.work = work
        self.done = done
        self.result: Any = None
        self.failure: BaseException | None = None
        self.effects: list[Callable[[], None]] = []


class Turns:
    """Runs work on the store, one after another, and commits once per event-loop turn.

    Work is a function of a write-set, free of other effects, because a turn that loses a serialization race runs
    all its work again. A piece of work that raises drops its own write-set only. When the store fails, everybody in
    the turn hears of it, those too whose work had failed: they may have seen writes that were never kept.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._loop: asyncio.AbstractEventLoop | None = None
        self._open: list[_Entry] = []
        self._held: list[_Entry] = []
        self._handle: asyncio.Handle | None = None
        self._wrote = False
        self._is_paused = False

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Use ``loop`` for the turns to come."""
        self._loop = loop

    def run(self, work: Work, done: Done) -> None:
        """Run ``work`` now; call ``done(result, None)`` or ``done(None, exception)`` once the turn is committed.

        When nothing of the turn has been written yet, and nobody else writes to the store, there is nothing to wait
        for and ``done`` is called at once.
        """
        entry = _Entry(work, done)
        if self._is_paused:
            self._held.append(entry)
        else:
            self._run(entry)

    def submit(self, work: Callable[[WriteSet], T]) -> asyncio.Future[T]:
        """Run ``work`` now; return a future of its result or exception, done once the turn is committed."""
        assert self._loop is not None, "turns are not bound to a loop"
        future: asyncio.Future[T] = self._loop.create_future()

        def done(result: T, failure: BaseException | None) -> None:
            if future.cancelled():
                return
            if failure is None:
                future.set_result(result)
            else:
                future.set_exception(failure)

        self.run(work, done)
        return future

    async def perform(self, work: Callable[[WriteSet], T]) -> T:
        """Run ``work`` in this turn, wait for the commit and return its result or raise its exception."""
        return await self.submit(work)

    def flush(self) -> None:
        """Commit the open turn now. For shutting down and for consistent copies."""
        if self._handle is not None:
            self._handle.cancel()
            self._commit()

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Commit the open turn, and hold back all further work until the block ends: the store is the block's alone."""
        assert not self._is_paused, "the turns are paused already"
        self.flush()
        self._is_paused = True
        try:
            yield
        finally:
            self._is_paused = False
            held, self._held = self._held, []
            for entry in held:
                self._run(entry)

    def _run(self, entry: _Entry) -> None:
        self._attempt(entry)
        if self._handle is None:
            assert self._loop is not None, "turns are not bound to a loop"
            self._handle = self._loop.call_soon(self._commit)
        if self._wrote or self.store.is_shared or isinstance(entry.failure, StoreFailure):
            self._open.append(entry)
        else:
            self._tell(entry, entry.failure)
            self._take_effect(entry)

    def _attempt(self, entry: _Entry) -> None:
        writes = WriteSet(self.store)
        entry.effects.clear()
        try:
            entry.result = entry.work(writes)
            if writes.changes:
                self._wrote = True
                self.store.write(writes.changes)
            entry.effects = writes.effects
            entry.failure = None
        except Exception as error:
            # The one place where any exception of a piece of work becomes its answer.
            entry.result, entry.failure, entry.effects = None, error, writes.effects
            entry.effects.clear()

    def _commit(self) -> None:
        entries, self._open = self._open, []
        self._handle = None
        failure = self._commit_with_retries(entries)
        self._wrote = False
        for entry in entries:
            self._tell(entry, failure or entry.failure)
        for entry in entries:
            if failure is None:
                self._take_effect(entry)
            else:
                entry.effects.clear()

    def _commit_with_retries(self, entries: list[_Entry]) -> BaseException | None:
        for _ in range(MAX_ATTEMPTS):
            try:
                for entry in entries:
                    if isinstance(entry.failure, Conflict | StoreFailure):
                        raise entry.failure
                self.store.commit()
                return None
            except Conflict:
                self.store.rollback()
                for entry in entries:
                    self._attempt(entry)
            except StoreFailure as failure:
                self.store.rollback()
                _log.error("the store refused a turn of %d operations: %s", len(entries), failure)
                return failure
        self.store.rollback()
        return Outpaced(f"lost {MAX_ATTEMPTS} serialization races")

    @staticmethod
    def _tell(entry: _Entry, failure: BaseException | None) -> None:
        try:
            entry.done(None if failure is not None else entry.result, failure)
        except Exception:
            _log.exception("an answer could not be delivered")
        # The failure's traceback leads to frames that hold the entry: a circle, with all of the request in it.
        entry.failure = None

    @staticmethod
    def _take_effect(entry: _Entry) -> None:
        for effect in entry.effects:
            try:
                effect()
            except Exception:
                _log.exception("what was to follow a commit failed")
        entry.effects.clear()  # they hold what they were made in, which holds them
