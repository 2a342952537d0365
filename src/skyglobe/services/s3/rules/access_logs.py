"""Server access logs: their lines and the keys they are delivered under.

S3 user guide, "Amazon S3 server access log format" and "Logging requests with server access logging".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import quote

_RESOURCES = {
    # Where the resource is not what the query names.
    "CompleteMultipartUpload": "UPLOAD",
    "AbortMultipartUpload": "UPLOAD",
    "CreateMultipartUpload": "UPLOADS",
    "ListMultipartUploads": "UPLOADS",
    "ListParts": "UPLOAD",
    "UploadPart": "PART",
    "DeleteObjects": "MULTI_OBJECT_DELETE",
    "GetBucketLogging": "LOGGING_STATUS",
    "PutBucketLogging": "LOGGING_STATUS",
    "GetBucketPolicy": "BUCKETPOLICY",
    "PutBucketPolicy": "BUCKETPOLICY",
    "DeleteBucketPolicy": "BUCKETPOLICY",
    "GetBucketPolicyStatus": "BUCKETPOLICYSTATUS",
    "GetBucketVersioning": "VERSIONING",
    "PutBucketVersioning": "VERSIONING",
    "GetObjectTagging": "OBJECT_TAGGING",
    "PutObjectTagging": "OBJECT_TAGGING",
    "DeleteObjectTagging": "OBJECT_TAGGING",
    "GetPublicAccessBlock": "PUBLIC_ACCESS_BLOCK",
    "PutPublicAccessBlock": "PUBLIC_ACCESS_BLOCK",
    "DeletePublicAccessBlock": "PUBLIC_ACCESS_BLOCK",
    "ListObjects": "BUCKET",
    "ListObjectsV2": "BUCKET",
    "ListObjectVersions": "BUCKETVERSIONS",
}
_BY_QUERY = {
    "accelerate": "ACCELERATE",
    "acl": "ACL",
    "attributes": "OBJECT_ATTRIBUTES",
    "cors": "CORS",
    "encryption": "ENCRYPTION",
    "lifecycle": "LIFECYCLE",
    "location": "LOCATION",
    "notification": "NOTIFICATION",
    "object-lock": "OBJECT_LOCK_CONFIGURATION",
    "ownershipControls": "OWNERSHIP_CONTROLS",
    "replication": "REPLICATION",
    "requestPayment": "REQUEST_PAYMENT",
    "tagging": "TAGGING",
    "website": "WEBSITE",
}
_COPIES = {"CopyObject": "REST.COPY.OBJECT", "UploadPartCopy": "REST.COPY.PART"}


def operation_name(operation: str, method: str, query: str, *, has_key: bool, is_website: bool) -> str:
    """Return an operation as logs call it: ``REST.GET.OBJECT``."""
    if operation in _COPIES:
        return _COPIES[operation]
    resource = _RESOURCES.get(operation) or _BY_QUERY.get(query.partition("&")[0].partition("=")[0])
    family = "WEBSITE" if is_website else "REST"
    return f"{family}.{method}.{resource or ('OBJECT' if has_key else 'BUCKET')}"


TRANSITIONS = {
    "STANDARD_IA": "S3.TRANSITION_SIA.OBJECT",
    "ONEZONE_IA": "S3.TRANSITION_ZIA.OBJECT",
    "INTELLIGENT_TIERING": "S3.TRANSITION_INT.OBJECT",
    "GLACIER_IR": "S3.TRANSITION_GIR.OBJECT",
    "GLACIER": "S3.TRANSITION.OBJECT",
    "DEEP_ARCHIVE": "S3.TRANSITION_GDA.OBJECT",
}
"""What a lifecycle rule's move into a class is called; user guide, "Amazon S3 Lifecycle logging"."""


class Entry(NamedTuple):
    """What one line tells, field by field; empty where there is nothing to tell."""

    owner: str
    bucket: str
    at: int
    """Milliseconds since the epoch."""
    ip: str = ""
    requester: str = ""
    request_id: str = ""
    operation: str = ""
    key: str = ""
    uri: str = ""
    status: str = ""
    error: str = ""
    sent_bytes: int = 0
    object_bytes: int | None = None
    took_for: int | None = None
    """Milliseconds."""
    referer: str = ""
    agent: str = ""
    version_id: str = ""
    host_id: str = ""
    signature: str = ""
    authentication: str = ""
    host: str = ""
    point: str = ""
    """ARN of the access point a request came through."""


def line_of(entry: Entry) -> str:
    """Return a line, with its end. Cipher, TLS version and ACL use are not known, and say so."""
    took = "-" if entry.took_for is None else str(entry.took_for)
    fields = (
        entry.owner,
        entry.bucket,
        f"[{datetime.fromtimestamp(entry.at // 1000, UTC):%d/%b/%Y:%H:%M:%S} +0000]",
        _plain(entry.ip),
        _plain(entry.requester),
        entry.request_id,
        entry.operation,
        quote(entry.key, safe="/*-._~", errors="surrogatepass") or "-",
        _quoted(entry.uri),
        entry.status or "-",
        entry.error or "-",
        str(entry.sent_bytes or "-"),
        "-" if entry.object_bytes is None else str(entry.object_bytes),
        took,
        took,
        _quoted(entry.referer),
        _quoted(entry.agent),
        entry.version_id or "-",
        entry.host_id or "-",
        entry.signature or "-",
        "-",
        entry.authentication or "-",
        _plain(entry.host),
        "-",
        _plain(entry.point),
        "-",
    )
    return f"{' '.join(fields)}\n"


def _plain(text: str) -> str:
    return quote(text, safe=":/@.,+=_-") or "-"


def _quoted(text: str) -> str:
    """Return a field between quotes. A quote inside would end it, so it is spelled as URLs spell it."""
    return '"' + ("".join(c if c.isprintable() else "?" for c in text).replace('"', "%22") or "-") + '"'


def authentication_of(headers: Mapping[str, str], query: str) -> tuple[str, str]:
    """Return signature version and authentication type of a request; nothing for one that is not signed."""
    header = headers.get("authorization", "")
    if header:
        return ("SigV4" if header.startswith("AWS4-") else "SigV2"), "AuthHeader"
    if "X-Amz-Signature=" in query:
        return "SigV4", "QueryString"
    return ("SigV2", "QueryString") if "Signature=" in query and "AWSAccessKeyId=" in query else ("", "")


class Target(NamedTuple):
    """Where a bucket's log goes."""

    bucket: str
    prefix: str
    partition: str
    """``EventTime``, ``DeliveryTime``, or empty for simple keys."""


def days_of(instants: Iterable[int], target: Target, now: int) -> list[int]:
    """Return for each line the instant its file is named after: the day of the event where days are apart."""
    if target.partition != "EventTime":
        return [now for _ in instants]
    return [at - at % 86_400_000 for at in instants]


def key_of(target: Target, account: str, region: str, bucket: str, at: int, unique: int) -> str:
    """Return the key of a file. ``unique`` tells it from all others of its second."""
    day = datetime.fromtimestamp(at // 1000, UTC)
    name = f"{day:%Y-%m-%d-%H-%M-%S}-{unique & (2**64 - 1):016X}"
    if not target.partition:
        return f"{target.prefix}{name}"
    return f"{target.prefix}{account}/{region}/{bucket}/{day:%Y/%m/%d}/{name}"
