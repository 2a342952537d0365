"""What S3's answers have that its model does not say: roots of XML documents, its two request ids, media types."""

from __future__ import annotations

from base64 import b64encode

from skyglobe.models import OperationModel

# The names of root elements, from "Response Syntax" of each operation in the S3 API reference.
_ROOTS = {
    "CompleteMultipartUpload": "CompleteMultipartUploadResult",
    "CreateMultipartUpload": "InitiateMultipartUploadResult",
    "CreateSession": "CreateSessionResult",
    "DeleteObjects": "DeleteResult",
    "GetBucketLocation": "LocationConstraint",
    "GetObjectAttributes": "GetObjectAttributesResponse",
    "ListBucketAnalyticsConfigurations": "ListBucketAnalyticsConfigurationResult",
    "ListBucketInventoryConfigurations": "ListInventoryConfigurationsResult",
    "ListBucketMetricsConfigurations": "ListMetricsConfigurationsResult",
    "ListBuckets": "ListAllMyBucketsResult",
    "ListDirectoryBuckets": "ListAllMyDirectoryBucketsResult",
    "ListMultipartUploads": "ListMultipartUploadsResult",
    "ListObjectVersions": "ListVersionsResult",
    "ListObjects": "ListBucketResult",
    "ListObjectsV2": "ListBucketResult",
    "ListParts": "ListPartsResult",
}


def root_of(operation: OperationModel) -> str | None:
    """Return the root element of an operation's XML answer; None when its output's own name is right.

    What a ``Get…`` answers is the document its ``Put…`` takes, whose root the model names.
    """
    known = _ROOTS.get(operation.name)
    if known is not None:
        return known
    setter = operation.name.replace("Get", "Put", 1)
    if setter not in operation.service.raw["operations"]:
        return None
    taken = operation.service.operation(setter).input
    if taken is None or not taken.payload:
        return None
    return taken.members[taken.payload].location_name or taken.payload


def host_id(request_id: str) -> str:
    """Return S3's extended request id: opaque, 76 characters, always the same for one request id."""
    return b64encode((request_id.encode() * 4).ljust(57, b"=")[:57]).decode("ascii")


def request_id_headers(request_id: str) -> dict[str, str]:
    """Return the two headers by which S3 names a request."""
    return {"x-amz-request-id": request_id, "x-amz-id-2": host_id(request_id)}


def payload_type(kind: str) -> str:
    """Return the media type of a payload whose type S3 does not say in a header of its own.

    Objects without a type are ``binary/octet-stream``; the only text payload is a bucket's policy.
    """
    return "application/json" if kind == "string" else "binary/octet-stream"
