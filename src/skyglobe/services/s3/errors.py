"""S3's errors, in its own words and with the further elements it sends along."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.s3 import s3
from skyglobe.services.s3.records import Object


def no_such_bucket(name: str) -> ServiceError:
    return s3.error("NoSuchBucket", "The specified bucket does not exist", status=404, BucketName=name)


def invalid_bucket_name(name: str) -> ServiceError:
    return s3.error("InvalidBucketName", "The specified bucket is not valid.", BucketName=name)


def no_such_website(bucket: str) -> ServiceError:
    text = "The specified bucket does not have a website configuration"
    return s3.error("NoSuchWebsiteConfiguration", text, status=404, BucketName=bucket)


def no_such_key(key: str) -> ServiceError:
    return s3.error("NoSuchKey", "The specified key does not exist.", status=404, Key=key)


def no_such_version(key: str, version: str) -> ServiceError:
    return s3.error("NoSuchVersion", "The specified version does not exist.", status=404, Key=key, VersionId=version)


def is_marker(found: Object) -> ServiceError:
    """Somebody asks for a delete marker as if it were an object."""
    headers = {"x-amz-delete-marker": "true", "x-amz-version-id": found.version or "null", "Allow": "DELETE"}
    headers["Last-Modified"] = formatdate(found.modified_at // 1000, usegmt=True)
    return ServiceError(
        "The specified method is not allowed against this resource.",
        code="MethodNotAllowed",
        status=405,
        fields={"ResourceType": "DeleteMarker"},
        headers=headers,
    )


def no_such_upload(upload_id: str) -> ServiceError:
    text = (
        "The specified upload does not exist. The upload ID may be invalid, "
        "or the upload may have been aborted or completed."
    )
    return s3.error("NoSuchUpload", text, status=404, UploadId=upload_id)


def invalid_argument(message: str, name: str, value: Any) -> ServiceError:
    return s3.error("InvalidArgument", message, ArgumentName=name, ArgumentValue=value)


def invalid_request(message: str) -> ServiceError:
    return s3.error("InvalidRequest", message)


def malformed_xml() -> ServiceError:
    text = "The XML you provided was not well-formed or did not validate against our published schema"
    return s3.error("MalformedXML", text)


def archived(storage_class: str) -> ServiceError:
    text = "The operation is not valid for the object's storage class"
    return s3.error("InvalidObjectState", text, status=403, StorageClass=storage_class)


def precondition_failed(condition: str) -> ServiceError:
    """``condition`` is the header that did not hold, as AWS spells it."""
    text = "At least one of the pre-conditions you specified did not hold"
    return s3.error("PreconditionFailed", text, status=412, Condition=condition)


def conflicting_write(condition: str, key: str) -> ServiceError:
    """Somebody else wrote or deleted the object while a conditional write was under way."""
    text = "The conditional request cannot succeed due to a conflicting operation against this resource."
    return s3.error("ConditionalRequestConflict", text, status=409, Condition=condition, Key=key)


def not_implemented(header: str, detail: str = "") -> ServiceError:
    """A member asks for what is not built: refused, never taken and forgotten."""
    text = detail or "A header you provided implies functionality that is not implemented"
    return s3.error("NotImplemented", text, status=501, Header=header)


def access_denied() -> ServiceError:
    return s3.error("AccessDenied", "Access Denied", status=403)


def entity_too_large(proposed: int, limit: int) -> ServiceError:
    text = "Your proposed upload exceeds the maximum allowed size"
    return s3.error("EntityTooLarge", text, ProposedSize=proposed, MaxSizeAllowed=limit)


def damaged() -> ServiceError:
    """Bytes at rest are not what was written."""
    text = "We encountered an internal error: the bytes of the object were altered where they are kept."
    return s3.error("InternalError", text, status=500)


def no_room(reason: object) -> ServiceError:
    """The disk is full, or cannot be written."""
    text = f"The bytes could not be kept: {reason}. Nothing was changed. Make room and try again."
    return s3.error("ServiceUnavailable", text, status=503)
