"""Names, aliases and ARNs of access points; S3 user guide, "Access points naming rules, restrictions"."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

ALIAS, LAMBDA_ALIAS, GLOBAL_ALIAS = "-s3alias", "--ol-s3", ".mrap"
"""How the names end that stand for an access point where a bucket is asked for."""

ALIAS_ENDINGS: Final = (ALIAS, LAMBDA_ALIAS, GLOBAL_ALIAS)
ALIAS_RANDOM: Final = 34  # characters between name and ending, as in the user guide's examples
LAMBDA_ALIAS_RANDOM: Final = 12
GLOBAL_ALIAS_RANDOM: Final = 13
ALIAS_NAME: Final = 20  # characters of the name that an alias begins with

INTERNET, VPC = "Internet", "VPC"
_THROUGH: Final = """
    AbortMultipartUpload CompleteMultipartUpload CopyObject CreateMultipartUpload DeleteObject DeleteObjectTagging
    DeleteObjects GetBucketAcl GetBucketCors GetBucketLocation GetBucketNotificationConfiguration GetBucketPolicy
    GetObject GetObjectAcl GetObjectAttributes GetObjectLegalHold GetObjectRetention GetObjectTagging HeadBucket
    HeadObject ListMultipartUploads ListObjectVersions ListObjects ListObjectsV2 ListParts PutObject PutObjectAcl
    PutObjectLegalHold PutObjectRetention PutObjectTagging RestoreObject SelectObjectContent UploadPart UploadPartCopy
"""
THROUGH: Final = frozenset(_THROUGH.split())
"""What can be done through an access point; "Access points compatibility with S3 operations"."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,48}[a-z0-9]")
_POINT: Final = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):(?P<service>s3|s3-object-lambda|s3express):(?P<region>[a-z0-9-]*):(?P<account>\d{12}):"
    r"accesspoint[/:](?P<name>[A-Za-z0-9.-]+)"
)


class PointName(NamedTuple):
    """What the ARN of an access point says."""

    partition: str
    service: str
    region: str
    """Empty for multi-region access points."""
    account: str
    name: str
    """The alias, for multi-region access points."""


def is_point_name(name: str) -> bool:
    """Whether an access point may be called ``name``."""
    return _NAME.fullmatch(name) is not None and not name.endswith(("-s3alias", "--ol-s3"))


def stands_for_point(bucket: str) -> bool:
    """Whether what is given for a bucket names an access point."""
    return bucket.endswith(ALIAS_ENDINGS) or bucket.startswith("arn:")


def parse_point(text: str) -> PointName | None:
    """Return what an access point's ARN says; None when it is none."""
    found = _POINT.fullmatch(text)
    return PointName(*found.groups()) if found is not None else None
