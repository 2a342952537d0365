"""S3's other hosts: access points, Object Lambda, directory buckets; what their names say of the bucket.

At AWS each has endpoints of its own. SDKs that are given one endpoint for everything put the same first label before it
instead: ``NAME-ACCOUNT.localhost``, ``BUCKET--AZID--x-s3.localhost``.
"""

from __future__ import annotations

import re

from skyglobe.gateway.hosts import Place
from skyglobe.kernel.scope import partition_of

S3_SIGNING_NAMES = frozenset(("s3-object-lambda", "s3express"))
"""Names that requests to S3 are signed for besides its own."""

_POINT = re.compile(r"(?P<name>[a-z0-9][a-z0-9-]{1,48}[a-z0-9])-(?P<account>\d{12})")
_DIRECTORY = ("--x-s3", "--xa-s3")
_CONTROL = "/v20180820/"
_ANSWERING = "/WriteGetObjectResponse"


def is_s3_endpoint(endpoint: str) -> bool:
    """Whether the host of an unsigned request names S3 under another name than ``s3``."""
    return (
        endpoint in ("s3-accesspoint", "s3-object-lambda", "accesspoint")
        or endpoint.startswith("s3express-")
        or endpoint.endswith(_DIRECTORY)
        or _POINT.fullmatch(endpoint) is not None
    )


def bucket_named_by(place: Place, signing_name: str, region: str, path: str) -> str:
    """Return the bucket that a host names, or the ARN of the access point; empty when it names none."""
    endpoint = place.endpoint
    if endpoint == "s3":
        return place.bucket
    if not endpoint or signing_name not in ("", "s3", *S3_SIGNING_NAMES):
        return place.bucket
    if endpoint == "s3-object-lambda" and path == _ANSWERING:
        return ""  # the label is the route that the answer takes
    if endpoint in ("s3-accesspoint", "s3-object-lambda"):
        found = _POINT.fullmatch(place.bucket)
        return _arn(endpoint.replace("s3-accesspoint", "s3"), region, found) if found is not None else place.bucket
    if endpoint.endswith(_DIRECTORY):
        return endpoint
    found = _POINT.fullmatch(endpoint)
    if found is not None and not path.startswith(_CONTROL) and path != _ANSWERING:
        return _arn("s3-object-lambda" if signing_name == "s3-object-lambda" else "s3", region, found)
    return place.bucket


def _arn(service: str, region: str, found: re.Match[str]) -> str:
    return f"arn:{partition_of(region)}:{service}:{region}:{found['account']}:accesspoint/{found['name']}"


def operation_meant(name: str, signing_name: str, endpoint: str) -> str:
    """Return the operation that is meant where method and path leave two: directory buckets are listed elsewhere."""
    if name == "ListBuckets" and (signing_name == "s3express" or endpoint == "s3express-control"):
        return "ListDirectoryBuckets"
    return name
