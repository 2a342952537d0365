"""The event loop the server runs on: uvloop where there is one, asyncio's own elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

KEPT_BYTES = 4 * 1024 * 1024
"""Blocks of memory up to this size come from what was freed before, of which twice as much may lie unused."""


def new_event_loop() -> asyncio.AbstractEventLoop:
    """Return a fresh event loop, the fastest that is installed."""
    try:
        import uvloop
    except ImportError:  # Windows has none
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run ``main`` to its end on a fresh loop and return its result, as ``asyncio.run`` does."""
    keep_freed_memory()
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(main)


def keep_freed_memory() -> None:
    """Let the C library keep freed memory for the next large body, instead of having the system clear it anew.

    glibc gives back at once what is larger than the largest block freed so far, which is 128 KiB in the beginning
    (mallopt(3), "M_MMAP_THRESHOLD"): a third of what a large body costs besides hashing. Elsewhere this does nothing.
    """
    bytes(KEPT_BYTES)
