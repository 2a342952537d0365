"""CompleteMultipartUpload: parts become an object without moving a byte."""

from __future__ import annotations

from base64 import b64decode
from typing import Any, NoReturn
from urllib.parse import quote

import msgspec

from skyglobe.kernel import checksums
from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import (
    aging,
    directories,
    encrypting,
    errors,
    events,
    locking,
    places,
    replicating,
    s3,
    versions,
)
from skyglobe.services.s3.answers import written
from skyglobe.services.s3.guards import Keeping, keeping_of
from skyglobe.services.s3.records import (
    Home,
    Layout,
    Object,
    Part,
    Upload,
    details_of,
    layouts,
    objects,
    pack_details,
    parts,
    uploads,
)
from skyglobe.services.s3.rules.checksums import COMPOSITE, DEFAULT, FULL_OBJECT, MEMBERS
from skyglobe.services.s3.rules.conditions import plain_etag
from skyglobe.services.s3.rules.parts import (
    MAX_OBJECT_BYTES,
    MIN_PART_BYTES,
    Listed,
    Refused,
    check_completion,
    ends_of,
    multipart_etag,
)


@s3.operation
def complete_multipart_upload(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Put listed parts together into an object; parts not listed are given up.

    Completing again with the same parts answers the same, as long as the object is there.
    """
    home, scope = places.visit_object(call, request, writes=True)
    keeping = keeping_of(home.access)
    existing = objects.find(scope, request["Bucket"], request["Key"])
    upload = uploads.find(scope, request["Bucket"], request["Key"], request["UploadId"])
    if upload is None:
        return _repeated(call, scope, request, existing, keeping)
    encrypting.check_at_completion(call, upload, request)
    listed = _listed(request, upload.algorithm)
    chosen = _chosen(scope, request, upload, listed)
    _check_size(request, chosen)
    checksum = _checksum(upload, chosen)
    _check_checksum(request, upload, checksum)
    versions.check_write(request, existing)
    new = _object(scope, home, upload, chosen, checksum)
    versions.release_upload(scope, upload.id, keeping=frozenset(part.number for part in chosen))
    uploads.delete(scope, upload)
    numbers = [part.number for part in chosen]
    layouts.insert(scope, Layout(upload=upload.id, numbers=numbers, ends=ends_of([p.size_bytes for p in chosen])))
    versions.publish(scope, existing, new, keeping)
    event = "ObjectCreated:CompleteMultipartUpload"
    events.emit(scope, home, event, call, new.key, found=new, version_id=new.version)
    return _told(call, new, keeping) | aging.expiration_members(scope, home, new, details_of(new))


def _repeated(
    call: Call, scope: Scope, request: dict[str, Any], existing: Object | None, keeping: Keeping
) -> dict[str, Any]:
    """Answer a completion that has been done already. Raises NoSuchUpload when it has not."""
    if existing is not None and details_of(existing).upload == request["UploadId"]:
        listed = [(part.number, part.etag) for part in _listed(request, existing.algorithm)]
        if listed == [(part.number, part.etag) for part in parts.scan(scope, request["UploadId"])]:
            return _told(call, existing, keeping)
    raise errors.no_such_upload(request["UploadId"])


def _listed(request: dict[str, Any], algorithm: str) -> list[Listed]:
    """Return the parts as the client lists them. Raises MalformedXML."""
    member = MEMBERS.get(algorithm, "")
    given = (request.get("MultipartUpload") or {}).get("Parts") or []
    try:
        return [Listed(part["PartNumber"], plain_etag(part["ETag"]), part.get(member)) for part in given]
    except KeyError as error:
        raise errors.malformed_xml() from error


def _chosen(scope: Scope, request: dict[str, Any], upload: Upload, listed: list[Listed]) -> list[Part]:
    """Return the parts the object is to be made of. Raises S3's errors for lists that break its rules."""
    stored = {part.number: part for part in parts.scan(scope, upload.id)}
    is_composite = upload.checksum_type == COMPOSITE and bool(upload.algorithm)
    try:
        check_completion(listed, stored, needs_checksums=is_composite)
    except Refused as refusal:
        _refuse(upload, listed, stored, refusal)
    return [stored[part.number] for part in listed]


def _refuse(upload: Upload, listed: list[Listed], stored: dict[int, Part], refusal: Refused) -> NoReturn:
    part = refusal.part
    if refusal.code == "InvalidPartOrder":
        text = "The list of parts was not in ascending order. The parts list must be specified in order by part number."
        raise s3.error(refusal.code, text, UploadId=upload.id) from refusal
    if part is None:
        raise errors.malformed_xml() from refusal
    if refusal.code == "EntityTooSmall":
        text = "Your proposed upload is smaller than the minimum allowed size"
        raise s3.error(
            refusal.code,
            text,
            ProposedSize=stored[part.number].size_bytes,
            MinSizeAllowed=MIN_PART_BYTES,
            PartNumber=part.number,
            ETag=part.etag,
        ) from refusal
    if refusal.code == "EntityTooLarge":
        size = sum(stored[part.number].size_bytes for part in listed)
        raise errors.entity_too_large(size, MAX_OBJECT_BYTES) from refusal
    if refusal.code == "MissingChecksum":
        text = (
            f"The upload was created using a {upload.algorithm.lower()} checksum. The complete request must include "
            f"the checksum for each part. It was missing for part {part.number} in the request."
        )
        raise errors.invalid_request(text) from refusal
    text = (
        "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified "
        "entity tag may not match the part's entity tag."
    )
    raise s3.error(refusal.code, text, UploadId=upload.id, PartNumber=part.number, ETag=part.etag) from refusal


def _check_size(request: dict[str, Any], chosen: list[Part]) -> None:
    wanted = request.get("MpuObjectSize")
    size = sum(part.size_bytes for part in chosen)
    if wanted is not None and wanted != size:
        text = f"The provided 'x-amz-mp-object-size' header value {wanted} does not match what was computed: {size}"
        raise errors.invalid_request(text)


def _checksum(upload: Upload, chosen: list[Part]) -> str:
    """Return the object's checksum, made of those of its parts."""
    if not upload.algorithm:
        return checksums.full_object(DEFAULT, [(part.crc64, part.size_bytes) for part in chosen])
    digests = [b64decode(part.checksum) for part in chosen]
    if upload.checksum_type == COMPOSITE:
        return checksums.composite(upload.algorithm, digests)
    return checksums.full_object(
        upload.algorithm, [(d, part.size_bytes) for d, part in zip(digests, chosen, strict=True)]
    )


def _check_checksum(request: dict[str, Any], upload: Upload, checksum: str) -> None:
    """Hold the object to the checksum the client gives for it, if any. Raises InvalidRequest or BadDigest."""
    algorithm = upload.algorithm or DEFAULT
    wanted_type = request.get("ChecksumType")
    if wanted_type is not None and wanted_type != upload.checksum_type:
        text = (
            f"The upload was created using the {upload.checksum_type} checksum mode. "
            "The complete request must use the same checksum mode."
        )
        raise errors.invalid_request(text)
    given = [(name, request[member]) for name, member in MEMBERS.items() if member in request]
    right = {checksum}
    if upload.checksum_type == COMPOSITE:
        right.add(checksum.partition("-")[0])  # the number of parts may be left out
    for name, value in given:
        if name != algorithm or value not in right:
            raise s3.error("BadDigest", f"The {name} you specified did not match the calculated checksum.")


def _object(scope: Scope, home: Home, upload: Upload, chosen: list[Part], checksum: str) -> Object:
    keeping, order = keeping_of(home.access), scope.kernel.next_order()
    version = versions.new_version(scope, keeping, order)
    details = msgspec.structs.replace(upload.details, checksum=checksum, upload=upload.id, parts=len(chosen))
    details = locking.with_default(details, keeping, scope.now)
    size_bytes = sum(part.size_bytes for part in chosen)
    if keeping.has_replication:
        details = replicating.begin(scope, home, upload.key, version, upload.storage_class, details, size_bytes)
    return Object(
        bucket=upload.bucket,
        key=upload.key,
        order=order,
        modified_at=scope.now,
        size_bytes=size_bytes,
        etag=directories.etag_in(scope, upload.bucket, multipart_etag([part.etag for part in chosen])),
        storage_class=upload.storage_class,
        algorithm=upload.algorithm or DEFAULT,
        checksum_type=upload.checksum_type if upload.algorithm else FULL_OBJECT,
        details=pack_details(details),
        version=version,
    )


def _told(call: Call, new: Object, keeping: Keeping) -> dict[str, Any]:
    location = f"{call.kernel.config.endpoint}/{new.bucket}/{quote(new.key)}"
    named = {"Location": location, "Bucket": new.bucket, "Key": new.key}
    return named | written(new, details_of(new), {}) | versions.told(keeping, new)
