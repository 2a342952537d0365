"""SelectObjectContent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.s3 import archives, encrypting, finding, measuring, places, reading, s3
from skyglobe.services.s3.records import details_of
from skyglobe.services.s3.selecting.requests import selection_of
from skyglobe.services.s3.selecting.running import MAX_RECORDS_BYTES, Running, load_duckdb

CONTINUE_EVERY = 5.0  # seconds of real time without records until a Cont event keeps the connection open


@s3.operation
def select_object_content(call: Call, request: dict[str, Any]) -> Coroutine[Any, Any, dict[str, Any]]:
    """Run SQL over one object and stream what it finds. Raises S3's errors before the first event where it can."""
    home, scope = places.visit_object(call, request, writes=False)
    encrypting.refuse_on_read(call)
    load_duckdb()
    selection = selection_of(request)
    found = finding.get_object(call, scope, request)
    details = details_of(found)
    customer_key = encrypting.check_customer_key(call, details.encryption, request)
    archive = archives.archive_of(scope, home, found, details)
    if not archives.is_readable(archive, details, call.now):
        raise archives.refusal(found, archive)
    envelope = encrypting.opened(call, home.region, found.bucket, found.key, details.encryption, customer_key)
    count = measuring.later(call, home, request)
    held = reading.lease(scope, reading.spans_of(scope, details, 0, found.size_bytes), envelope)

    async def begin() -> dict[str, Any]:
        running = await asyncio.to_thread(Running, selection, call.now)
        try:
            await asyncio.to_thread(running.begin, reading.pieces(held))
            first = await asyncio.to_thread(running.next)
        except BaseException:
            running.close()
            raise
        return {"Payload": _events(running, first, selection.tells_progress, count)}

    return begin()


async def _events(
    running: Running, first: bytes, tells_progress: bool, count: Callable[[Mapping[str, int]], None]
) -> AsyncIterator[dict[str, Any]]:
    try:
        data = first
        while data:
            for at in range(0, len(data), MAX_RECORDS_BYTES):
                yield {"Records": {"Payload": data[at : at + MAX_RECORDS_BYTES]}}
            work = asyncio.ensure_future(asyncio.to_thread(running.next))
            while not (await asyncio.wait((work,), timeout=CONTINUE_EVERY))[0]:
                yield {"Cont": {}}
            data = work.result()
        details = {
            "BytesScanned": running.scanned_bytes,
            "BytesProcessed": running.processed_bytes,
            "BytesReturned": running.returned_bytes,
        }
        count({"SelectBytesScanned": running.scanned_bytes, "SelectBytesReturned": running.returned_bytes})
        if tells_progress:
            yield {"Progress": {"Details": details}}
        yield {"Stats": {"Details": details}}
        yield {"End": {}}
    finally:
        running.close()
