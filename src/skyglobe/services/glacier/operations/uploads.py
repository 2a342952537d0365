"""Archives that are uploaded in parts: beginning, completing and giving up."""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import cancel_timer, set_timer
from skyglobe.services.glacier import glacier, keeping, refusals, storing
from skyglobe.services.glacier.finding import Place, get_upload, get_vault, limit_of, place_of
from skyglobe.services.glacier.records import Part, Upload, Vault, parts, uploads
from skyglobe.services.glacier.rules.ranges import MIN_PART_BYTES, is_part_size
from skyglobe.services.glacier.rules.times import DAY, text_of
from skyglobe.services.glacier.rules.tree_hashes import root_of

IDLE_FOR = DAY  # after which an upload is gone; developer guide, "Uploading large archives in parts"
MAX_ARCHIVE_BYTES = 10_000 * 4096 * 1024 * 1024  # about 40 TB: ten thousand of the largest parts
PAGE = 50  # ListMultipartUploads, ListParts
_ID_CHARACTERS = 92


@glacier.operation
def initiate_multipart_upload(
    call: Call, account_id: str, vault_name: str, archive_description: str = "", part_size: str = ""
) -> dict[str, Any]:
    """Begin an upload in parts of one size: a megabyte times a power of two, at most 4 GiB."""
    place = get_vault(call, account_id, vault_name)
    storing.check_description(archive_description)
    if not part_size:
        raise refusals.missing("Required parameter missing: x-amz-part-size")
    if not part_size.isdecimal() or not is_part_size(int(part_size[:20])):
        text = f"Part size must be a power of two and be between {MIN_PART_BYTES} and 4294967296 bytes: {part_size}"
        raise refusals.invalid(text)
    upload = Upload(
        vault=vault_name,
        id=call.kernel.ids.hex(f"{call.kernel.next_order():016x}", _ID_CHARACTERS - 16),
        description=archive_description,
        part_bytes=int(part_size),
        created_at=call.now,
    )
    uploads.insert(place.scope, upload)
    wait(place.scope, upload)
    return {"location": place_of(place, "multipart-uploads", upload.id), "uploadId": upload.id}


def wait(scope: Scope, upload: Upload) -> None:
    """Give an upload another day."""
    set_timer(scope, "glacier", "upload", f"{upload.vault}/{upload.id}", scope.now + IDLE_FOR)


@glacier.timer("upload")
def expire(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Forget an upload nothing happened to for a day, completed or not."""
    vault, _, upload_id = key.partition("/")
    upload = uploads.find(scope, vault, upload_id)
    if upload is not None:
        _drop(scope, upload)


def _drop(scope: Scope, upload: Upload) -> None:
    for part in list(parts.scan(scope, upload.id)):
        keeping.release(scope, part.extents)
        parts.delete(scope, part)
    uploads.delete(scope, upload)


@glacier.operation
def complete_multipart_upload(
    call: Call, account_id: str, vault_name: str, upload_id: str, archive_size: str = "", checksum: str = ""
) -> dict[str, Any]:
    """Put the parts of an upload together into an archive, whose size and tree hash must be those given.

    Completing again within a day answers the same.
    """
    place = get_vault(call, account_id, vault_name)
    scope, vault = place
    upload = get_upload(scope, vault.id, upload_id)
    if not archive_size or not checksum:
        raise refusals.missing("Required parameter missing: x-amz-archive-size and x-amz-sha256-tree-hash")
    if upload.archive_id:
        return _told(place, upload.archive_id, checksum)
    found = list(parts.scan(scope, upload.id))
    size = _size_of(upload, found)
    if not archive_size.isdecimal() or int(archive_size[:20]) != size:
        raise refusals.invalid(f"Invalid archive size: {archive_size}. The parts come to {size} bytes.")
    tree_hash = root_of([bytes.fromhex(part.tree_hash) for part in found]).hex()
    storing.check_tree_hash(checksum, tree_hash)
    archive_id = _assemble(scope, vault, upload, found, size, tree_hash)
    return _told(place, archive_id, tree_hash)


def _size_of(upload: Upload, found: list[Part]) -> int:
    """Return what the parts come to. Raises InvalidParameterValueException when some are missing or too small."""
    size = 0
    for part in found:
        if part.start != size:
            raise refusals.invalid(f"Missing content range: the part at {size} was not uploaded.")
        size += part.size_bytes
        if part.size_bytes != upload.part_bytes and part is not found[-1]:
            raise refusals.invalid(f"Invalid part size: the part at {part.start} is smaller than the others.")
    if not size:
        raise refusals.invalid("The upload has no parts.")
    if size > MAX_ARCHIVE_BYTES:
        raise refusals.invalid("The archive is larger than 40 TB.")
    return size


def _assemble(scope: Scope, vault: Vault, upload: Upload, found: list[Part], size: int, tree_hash: str) -> str:
    extents = [extent for part in found for extent in part.extents]
    archive = storing.add(scope, vault, upload.description, size, tree_hash, extents)
    for part in found:
        parts.delete(scope, part)
    uploads.replace(scope, upload, msgspec.structs.replace(upload, archive_id=archive.id))
    wait(scope, upload)
    return archive.id


def _told(place: Place, archive_id: str, tree_hash: str) -> dict[str, Any]:
    return {"location": place_of(place, "archives", archive_id), "checksum": tree_hash, "archiveId": archive_id}


@glacier.operation
def abort_multipart_upload(call: Call, account_id: str, vault_name: str, upload_id: str) -> None:
    """Give up an upload and its parts. Raises ResourceNotFoundException when there is none."""
    scope, vault = get_vault(call, account_id, vault_name)
    upload = get_open(scope, vault.id, upload_id)
    cancel_timer(scope, "glacier", "upload", f"{vault.id}/{upload.id}")
    _drop(scope, upload)


def get_open(scope: Scope, vault: str, upload_id: str) -> Upload:
    """Return an upload that is not completed. Raises ResourceNotFoundException."""
    upload = get_upload(scope, vault, upload_id)
    if upload.archive_id:
        raise refusals.not_found(f"The upload ID was not found: {upload_id}")
    return upload


@glacier.operation
def list_multipart_uploads(
    call: Call, account_id: str, vault_name: str, marker: str | None = None, limit: str | None = None
) -> dict[str, Any]:
    """Return a page of the uploads in progress, oldest first; a marker is the id of the first of the page."""
    scope, vault = get_vault(call, account_id, vault_name)
    count = limit_of(limit, PAGE, PAGE)
    found: list[Upload] = []
    for upload in uploads.scan(scope, vault.id, start=(marker,) if marker else None):
        if not upload.archive_id:
            found.append(upload)
        if len(found) > count:
            break
    told = [described(vault, upload) for upload in found[:count]]
    return {"UploadsList": told, "Marker": found[count].id if len(found) > count else None}


def described(vault: Vault, upload: Upload) -> dict[str, Any]:
    return {
        "MultipartUploadId": upload.id,
        "VaultARN": vault.arn,
        "ArchiveDescription": upload.description,
        "PartSizeInBytes": upload.part_bytes,
        "CreationDate": text_of(upload.created_at),
    }
