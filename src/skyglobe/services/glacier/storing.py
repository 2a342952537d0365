"""Archives coming into vaults and going."""

from __future__ import annotations

import msgspec

from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import find_timer, set_timer
from skyglobe.services.glacier import keeping, refusals
from skyglobe.services.glacier.finding import ARCHIVE_ID_BYTES, new_id
from skyglobe.services.glacier.records import Archive, Extent, Vault, archives, vaults
from skyglobe.services.glacier.rules.times import DAY

MAX_DESCRIPTION = 1_024  # characters; UploadArchive, API reference


def check_description(text: str) -> str:
    """Return a description. Raises InvalidParameterValueException unless it is short and in printable ASCII."""
    if len(text) > MAX_DESCRIPTION or not all(" " <= character <= "~" for character in text):
        raise refusals.invalid(f"Invalid archive description: at most {MAX_DESCRIPTION} printable ASCII characters.")
    return text


def check_tree_hash(given: str, computed: str) -> None:
    """Raise InvalidParameterValueException when a client's tree hash is not the one of what arrived."""
    if given.lower() != computed:
        raise refusals.invalid(f"Checksum mismatch: expected {given} but Glacier computed {computed}")


def add(
    scope: Scope, vault: Vault, description: str, size_bytes: int, tree_hash: str, extents: list[Extent]
) -> Archive:
    """Put an archive into a vault, and have its next inventory made within a day."""
    order = scope.kernel.next_order()
    archive = Archive(
        vault=vault.id,
        order=order,
        id=new_id(scope.kernel.ids, order, ARCHIVE_ID_BYTES),
        description=description,
        created_at=scope.now,
        size_bytes=size_bytes,
        tree_hash=tree_hash,
        extents=extents,
    )
    archives.insert(scope, archive)
    _count(scope, vault, 1, size_bytes)
    return archive


def remove(scope: Scope, vault: Vault, archive: Archive) -> None:
    """Take an archive out of a vault; the last inventory goes on naming it until the next."""
    keeping.release(scope, archive.extents)
    if archive.created_at <= vault.inventoried_at:
        archives.replace(scope, archive, msgspec.structs.replace(archive, extents=[], is_deleted=True))
    else:
        archives.delete(scope, archive)
    _count(scope, vault, -1, -archive.size_bytes)


def _count(scope: Scope, vault: Vault, count: int, size_bytes: int) -> None:
    changed = msgspec.structs.replace(
        vault,
        archives=vault.archives + count,
        size_bytes=vault.size_bytes + size_bytes,
        written_at=max(scope.now, vault.inventoried_at + 1),
    )
    vaults.replace(scope, vault, changed)
    if find_timer(scope, "glacier", "inventory", vault.id) is None:
        set_timer(scope, "glacier", "inventory", vault.id, scope.now + DAY)
