"""Group commit: the operations of one event-loop turn share a transaction and are answered after it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, TypeVar

from skyglobe.kernel.store import Conflict, Store, StoreFailure, WriteSet

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
    all its work again. A piece of work that raises drops its own write-set only.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._loop: asyncio.AbstractEventLoop | None = None
        self._open: list[_Entry] = []
        self._scheduled = False
        self._wrote = False

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Use ``loop`` for the turns to come."""
        self._loop = loop

    def run(self, work: Work, done: Done) -> None:
        """Run ``work`` now; call ``done(result, None)`` or ``done(None, exception)`` once the turn is committed.

        When nothing of the turn has been written yet, there is nothing to wait for and ``done`` is called at once.
        """
        entry = _Entry(work, done)
        self._attempt(entry)
        if not self._scheduled:
            assert self._loop is not None, "turns are not bound to a loop"
            self._scheduled = True
            self._loop.call_soon(self._commit)
        if self._wrote:
            self._open.append(entry)
        else:
            self._tell(entry, entry.result, entry.failure)
            for effect in entry.effects:
                effect()

    async def perform(self, work: Callable[[WriteSet], T]) -> T:
        """Run ``work`` in this turn, wait for the commit and return its result or raise its exception."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def done(result: T, failure: BaseException | None) -> None:
            if future.cancelled():
                return
            if failure is None:
                future.set_result(result)
            else:
                future.set_exception(failure)

        self.run(work, done)
        return await future

    def flush(self) -> None:
        """Commit the open turn now. For shutting down and for consistent copies."""
        self._commit()

    def _attempt(self, entry: _Entry) -> None:
        writes = WriteSet(self.store)
        try:
            entry.result = entry.work(writes)
            if writes.changes:
                self._wrote = True
                self.store.write(writes.changes)
            entry.effects = writes.effects
            entry.failure = None
        except Exception as error:
            # The one place where any exception of a piece of work becomes its answer.
            entry.result, entry.failure, entry.effects = None, error, []

    def _commit(self) -> None:
        entries, self._open = self._open, []
        self._scheduled = False
        failure = self._commit_with_retries(entries)
        self._wrote = False
        for entry in entries:
            if failure is None:
                self._tell(entry, entry.result, entry.failure)
            else:
                self._tell(entry, None, entry.failure or failure)
        if failure is None:
            for entry in entries:
                for effect in entry.effects:
                    effect()

    def _commit_with_retries(self, entries: list[_Entry]) -> BaseException | None:
        for _ in range(MAX_ATTEMPTS):
            try:
                lost = next((e.failure for e in entries if isinstance(e.failure, Conflict | StoreFailure)), None)
                if lost is not None:
                    raise lost
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
        return StoreFailure(f"lost {MAX_ATTEMPTS} serialization races")

    @staticmethod
    def _tell(entry: _Entry, result: Any, failure: BaseException | None) -> None:
        try:
            entry.done(result, failure)
        except Exception:
            _log.exception("an answer could not be delivered")
