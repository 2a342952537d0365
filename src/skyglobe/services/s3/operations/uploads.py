"""Beginning and aborting multipart uploads."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.s3 import describing, encrypting, errors, pending, places, s3, versions
from skyglobe.services.s3.describing import refuse_member
from skyglobe.services.s3.records import Upload, uploads
from skyglobe.services.s3.rules.checksums import FULL_OBJECT, MEMBERS, BadChecksum, checksum_type_of_upload
from skyglobe.services.s3.rules.directories import is_directory

ID_RANDOM_DIGITS = 48


@s3.operation
def create_multipart_upload(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Begin an upload. What the object is to be given is said here; its bytes come in parts."""
    home, scope = places.visit_object(call, request, writes=True)
    algorithm, checksum_type = _checksum(request)
    encryption = encrypting.for_new(call, home, request, request["Key"]).encryption
    upload = Upload(
        bucket=request["Bucket"],
        key=request["Key"],
        id=call.kernel.ids.hex(f"{call.kernel.next_order():016x}", ID_RANDOM_DIGITS),
        initiated_at=call.now,
        initiator=call.principal.arn,
        storage_class=describing.storage_class_of(request),
        algorithm=algorithm,
        checksum_type=checksum_type,
        details=describing.details_for(call, scope, home, request, encryption),
    )
    uploads.insert(scope, upload)
    result = {"Bucket": upload.bucket, "Key": upload.key, "UploadId": upload.id}
    result.update(encrypting.told_of_new(encryption, request))
    if algorithm:
        result |= {"ChecksumAlgorithm": algorithm, "ChecksumType": checksum_type}
    return result


def _checksum(request: dict[str, Any]) -> tuple[str, str]:
    """Return the algorithm the client chose, empty when none, and how the object's checksum will be made."""
    algorithm, wanted = request.get("ChecksumAlgorithm", ""), request.get("ChecksumType")
    if not algorithm:
        if wanted is not None:
            text = "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."
            raise errors.invalid_request(text)
        return "", FULL_OBJECT
    if algorithm.upper() not in MEMBERS:
        raise errors.invalid_request("Checksum algorithm provided is unsupported. Please try again.")
    try:
        return algorithm.upper(), checksum_type_of_upload(algorithm.upper(), wanted)
    except BadChecksum as error:
        raise errors.invalid_request(str(error)) from error


@s3.operation
def abort_multipart_upload(call: Call, request: dict[str, Any]) -> None:
    """Give up an upload and its parts. Raises NoSuchUpload."""
    scope = places.enter_object(call, request, writes=True)
    begun_at = request.get("IfMatchInitiatedTime")
    if begun_at is not None and not is_directory(request["Bucket"]):
        refuse_member(call, "IfMatchInitiatedTime")
    upload = pending.get_upload(scope, request)
    if begun_at is not None and int(begun_at.timestamp()) != upload.initiated_at // 1000:
        raise errors.precondition_failed("x-amz-if-match-initiated-time")
    versions.release_upload(scope, upload.id)
    uploads.delete(scope, upload)
