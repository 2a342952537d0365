"""Archives that are uploaded in one request, and deleted."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.glacier import glacier, keeping, refusals, storing
from skyglobe.services.glacier.finding import find_archive, get_vault, place_of
from skyglobe.services.glacier.keeping import Taken

MAX_ARCHIVE_BYTES = 4 * 1024**3  # in one request; UploadArchive, API reference


@glacier.operation
def upload_archive(
    call: Call, account_id: str, vault_name: str, archive_description: str = "", checksum: str = "", body: bytes = b""
) -> dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]:
    """Add an archive to a vault. Raises InvalidParameterValueException for another tree hash, and when it is empty."""
    get_vault(call, account_id, vault_name)
    storing.check_description(archive_description)
    if not checksum:
        raise refusals.missing("Required parameter missing: x-amz-sha256-tree-hash")
    length = call.request.stream.length if call.request.stream is not None else len(body)
    if length == 0:
        raise refusals.invalid("Invalid content length: 0")
    if length is not None and length > MAX_ARCHIVE_BYTES:
        raise keeping.too_large(MAX_ARCHIVE_BYTES)

    def store(call: Call, taken: Taken) -> dict[str, Any]:
        if not taken.size_bytes:
            raise refusals.invalid("Invalid content length: 0")
        storing.check_tree_hash(checksum, taken.tree_hash)
        place = get_vault(call, account_id, vault_name)
        extents = keeping.keep(place.scope, taken)
        archive = storing.add(place.scope, place.vault, archive_description, taken.size_bytes, taken.tree_hash, extents)
        location = place_of(place, "archives", archive.id)
        return {"location": location, "checksum": taken.tree_hash, "archiveId": archive.id}

    if keeping.is_small(call, body):
        return store(call, keeping.take(body))

    async def receive() -> dict[str, Any]:
        taken = await keeping.receive(call, body, MAX_ARCHIVE_BYTES)
        try:
            return await call.transact(lambda call: store(call, taken))
        except BaseException:
            keeping.forget(call.kernel, taken)
            raise

    return receive()


@glacier.operation
def delete_archive(call: Call, account_id: str, vault_name: str, archive_id: str) -> None:
    """Delete an archive. Nothing happens when it is not there; jobs that are under way keep its bytes."""
    scope, vault = get_vault(call, account_id, vault_name)
    archive = find_archive(scope, vault.id, archive_id)
    if archive is not None:
        storing.remove(scope, vault, archive)
