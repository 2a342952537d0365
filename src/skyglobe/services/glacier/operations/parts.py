"""The parts of an upload."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.glacier import glacier, keeping, refusals, storing
from skyglobe.services.glacier.finding import get_vault, limit_of
from skyglobe.services.glacier.keeping import Taken
from skyglobe.services.glacier.operations.uploads import PAGE, described, get_open, wait
from skyglobe.services.glacier.records import Part, Upload, parts
from skyglobe.services.glacier.rules.ranges import MAX_PARTS, Span, content_range


@glacier.operation
def upload_multipart_part(
    call: Call,
    account_id: str,
    vault_name: str,
    upload_id: str,
    checksum: str = "",
    range: str = "",
    body: bytes = b"",
) -> dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]:
    """Store a part, in any order; one of the same range is replaced.

    Raises InvalidParameterValueException for ranges that do not fit the part size and hashes that are others'.
    """
    scope, vault = get_vault(call, account_id, vault_name)
    upload = get_open(scope, vault.id, upload_id)
    if not checksum or not range:
        raise refusals.missing("Required parameter missing: Content-Range and x-amz-sha256-tree-hash")
    span = _span(upload, range)

    def store(call: Call, taken: Taken) -> dict[str, Any]:
        if taken.size_bytes != span.length:
            raise refusals.invalid(f"Content-Range: {range} is incompatible with Content-Length: {taken.size_bytes}")
        storing.check_tree_hash(checksum, taken.tree_hash)
        scope, vault = get_vault(call, account_id, vault_name)
        upload = get_open(scope, vault.id, upload_id)
        before = parts.find(scope, upload.id, span.start)
        if before is not None:
            keeping.release(scope, before.extents)
        extents = keeping.keep(scope, taken)
        parts.insert(
            scope,
            Part(
                upload=upload.id,
                start=span.start,
                size_bytes=taken.size_bytes,
                tree_hash=taken.tree_hash,
                extents=extents,
            ),
        )
        wait(scope, upload)
        return {"checksum": taken.tree_hash}

    if keeping.is_small(call, body):
        return store(call, keeping.take(body))

    async def receive() -> dict[str, Any]:
        taken = await keeping.receive(call, body, span.length)
        try:
            return await call.transact(lambda call: store(call, taken))
        except BaseException:
            keeping.forget(call.kernel, taken)
            raise

    return receive()


def _span(upload: Upload, text: str) -> Span:
    span = content_range(text)
    if span is None:
        raise refusals.invalid(f"Invalid Content-Range: {text}")
    if span.start % upload.part_bytes or span.length > upload.part_bytes:
        raise refusals.invalid(f"Content-Range: {text} does not align with the part size of {upload.part_bytes} bytes.")
    if span.start // upload.part_bytes >= MAX_PARTS:
        raise refusals.invalid(f"An upload can have at most {MAX_PARTS} parts.")
    return span


@glacier.operation
def list_parts(
    call: Call, account_id: str, vault_name: str, upload_id: str, marker: str | None = None, limit: str | None = None
) -> dict[str, Any]:
    """Return a page of an upload's parts by range; a marker is where the first of the page begins."""
    scope, vault = get_vault(call, account_id, vault_name)
    upload = get_open(scope, vault.id, upload_id)
    count = limit_of(limit, PAGE, PAGE)
    if marker and not marker.isdecimal():
        raise refusals.invalid(f"Invalid marker: {marker}")
    found = list(parts.scan(scope, upload.id, start=(int(marker[:18]),) if marker else None, limit=count + 1))
    told = [
        {"RangeInBytes": f"{part.start}-{part.start + part.size_bytes - 1}", "SHA256TreeHash": part.tree_hash}
        for part in found[:count]
    ]
    next_marker = str(found[count].start) if len(found) > count else None
    return {**described(vault, upload), "Parts": told, "Marker": next_marker}
