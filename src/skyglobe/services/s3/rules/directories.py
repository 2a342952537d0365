"""Directory buckets: their names and zones, and what can be done in them.

S3 user guide, "Directory bucket naming rules", "Differences for directory buckets", "S3 Express One Zone APIs".
"""

from __future__ import annotations

import re
from typing import Any, Final

ENDING: Final = "--x-s3"
POINT_ENDING: Final = "--xa-s3"
"""How the names of directory buckets' access points end."""

STORAGE_CLASS: Final = "EXPRESS_ONEZONE"
READ_ONLY, READ_WRITE = "ReadOnly", "ReadWrite"
MAX_BUCKETS = 100  # of an account in a region; "Directory bucket quotas"
MAX_APPENDS: Final = 10_000  # of an object; PutObject, TooManyParts

READS: Final = frozenset(
    (
        *("GetObject", "HeadObject", "GetObjectAttributes", "ListObjectsV2", "ListParts", "ListMultipartUploads"),
        "HeadBucket",
    )
)
"""What a session for reading may do; CreateSession, "SessionMode"."""
WRITES: Final = frozenset(
    (
        *("AbortMultipartUpload", "CompleteMultipartUpload", "CopyObject", "CreateMultipartUpload", "DeleteObject"),
        *("DeleteObjects", "PutObject", "RenameObject", "UploadPart", "UploadPartCopy"),
    )
)
ONLY_IN_DIRECTORIES: Final = frozenset(("CreateSession", "RenameObject"))
"""What other buckets have not."""
PERMISSIONS: Final = {
    **dict.fromkeys(("GetObject", "HeadObject"), "GetObject"),
    "GetObjectAttributes": "GetObjectAttributes",
    **dict.fromkeys(("ListObjectsV2", "HeadBucket"), "ListBucket"),
    "ListParts": "ListMultipartUploadParts",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    **dict.fromkeys(("PutObject", "CopyObject", "CreateMultipartUpload", "UploadPart"), "PutObject"),
    **dict.fromkeys(("UploadPartCopy", "CompleteMultipartUpload"), "PutObject"),
    **dict.fromkeys(("DeleteObject", "DeleteObjects"), "DeleteObject"),
    "AbortMultipartUpload": "AbortMultipartUpload",
}
"""What can be done through an access point, by the permission of its scope."""
PREFIXED: Final = frozenset(("ListObjectsV2", "ListMultipartUploads"))
"""Listings, whose prefix a scope must lead to."""
ZONAL: Final = READS | WRITES
"""What a session authorizes."""
REGIONAL: Final = {
    "DeleteBucket": "DeleteBucket",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketPolicy": "DeleteBucketPolicy",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketPolicy": "GetBucketPolicy",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketPolicy": "PutBucketPolicy",
}
"""What the caller's own policies authorize, by the action of ``s3express``."""
REFUSED: Final = (
    *("ACL", "GrantFullControl", "GrantRead", "GrantReadACP", "GrantWriteACP", "Tagging", "TaggingDirective"),
    *("ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus", "WebsiteRedirectLocation"),
    *("SSECustomerAlgorithm", "SSECustomerKey", "SSECustomerKeyMD5"),
    *("ContentMD5", "RequestPayer", "MFA", "BypassGovernanceRetention", "StartAfter", "OptionalObjectAttributes"),
)
"""Members that directory buckets do not take; API reference, "This functionality is not supported"."""

_NAME: Final = re.compile(r"(?P<base>[a-z0-9][a-z0-9-]*[a-z0-9]|[a-z0-9])--(?P<zone>[a-z0-9-]+?-az\d+)--xa?-s3")
_DIRECTIONS: Final = ("north", "south", "east", "west", "central", "gov")


def is_directory(bucket: str) -> bool:
    """Whether a name is one of the kind directory buckets have."""
    return bucket.endswith(ENDING)


def zone_in(name: str) -> str:
    """Return the zone that a directory bucket's name tells; empty when it is no name for one."""
    found = _NAME.fullmatch(name)
    return found["zone"] if found is not None and is_directory(name) and 3 <= len(name) <= 63 else ""


def is_directory_point(name: str) -> bool:
    """Whether a name is one of the kind that access points of directory buckets have."""
    return name.endswith(POINT_ENDING)


def point_zone_in(name: str) -> str:
    """Return the zone that an access point's name tells; empty when it is no name for one of a directory bucket."""
    found = _NAME.fullmatch(name)
    is_fit = found is not None and is_directory_point(name) and len(found["base"]) >= 3 and len(name) <= 63
    return found["zone"] if found is not None and is_fit else ""


def point_arn(partition: str, region: str, account: str, name: str) -> str:
    return f"arn:{partition}:s3express:{region}:{account}:accesspoint/{name}"


def zone_code(region: str) -> str:
    """Return how the ids of a region's zones begin: ``use1`` for ``us-east-1``, ``apne1`` for ``ap-northeast-1``."""
    country, *middle, number = region.split("-")
    word = "".join(middle)
    letters = ""
    while word:
        direction = next((each for each in _DIRECTIONS if word.startswith(each)), word)
        letters += direction[0]
        word = word[len(direction) :]
    return country + letters + number


def is_zone_of(zone: str, region: str) -> bool:
    """Whether a zone's id is one of a region's, or of a local zone's: ``use1-az4``, ``use1-bos1-az1``."""
    return re.fullmatch(rf"{zone_code(region)}(-[a-z]{{3}}\d+)?-az\d+", zone) is not None


def is_rule_of_directory(rule: dict[str, Any]) -> bool:
    """Whether a lifecycle rule asks for no more than directory buckets do; "Managing the lifecycle of objects"."""
    elsewhere = ("Transitions", "NoncurrentVersionTransitions", "NoncurrentVersionExpiration")
    chosen = rule.get("Filter") or {}
    by_tag = "Tag" in chosen or "Tags" in (chosen.get("And") or {})
    expiration = rule.get("Expiration") or {}
    return (
        not by_tag and not any(name in rule for name in elsewhere) and not expiration.get("ExpiredObjectDeleteMarker")
    )


def bucket_arn(partition: str, region: str, account: str, name: str) -> str:
    return f"arn:{partition}:s3express:{region}:{account}:bucket/{name}"
