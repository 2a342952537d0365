"""What the ``Host`` of a request says: service, region, bucket."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_S3_LABEL = re.compile(
    r"s3(?:-accelerate(?:\.dualstack)?|[.-](?:dualstack\.|fips\.)*(?P<region>[a-z]{2}(?:-[a-z]+)+-\d+))?"
)
_WEBSITE_LABEL = re.compile(r"s3-website[.-](?P<region>[a-z]{2}(?:-[a-z]+)+-\d+)")
_POINT_LABEL = re.compile(
    r"(?P<endpoint>s3-accesspoint|s3-object-lambda|s3express-control|s3express-[a-z0-9-]+?|accesspoint)(?:-fips)?"
    r"(?:\.dualstack)?\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d+|s3-global)"
)
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d+")
_ADDRESS = re.compile(r"\[.*\]|[\d.]+")


class Place(NamedTuple):
    """What a host name tells. Empty strings stand for what it does not."""

    endpoint: str = ""
    """The endpoint prefix, e.g. ``sqs`` or ``s3``."""
    region: str = ""
    bucket: str = ""
    """The bucket of a virtual-hosted S3 request, or the first label of an access point's host: ``NAME-ACCOUNT``."""


NOWHERE = Place()


@lru_cache(maxsize=4096)
def place_of(host: str, suffixes: tuple[str, ...]) -> Place:
    """Return what ``host`` (with or without port) names below one of ``suffixes``."""
    if host.startswith("[") or _ADDRESS.fullmatch(host.partition(":")[0]):
        return NOWHERE
    name = host.partition(":")[0].lower().rstrip(".")
    for suffix in suffixes:
        if name.endswith(f".{suffix}"):
            return _read(name[: -len(suffix) - 1], host)
    return NOWHERE


def _read(front: str, host: str) -> Place:
    labels = front.split(".")
    for at, label in enumerate(labels):
        if label.startswith(("s3-accesspoint", "s3-object-lambda", "s3express-", "accesspoint")):
            match = _POINT_LABEL.fullmatch(".".join(labels[at:]))
            if match is not None:
                region = match["region"] if match["region"] != "s3-global" else ""
                return Place(match["endpoint"], region, host[: len(".".join(labels[:at]))])
        if label.startswith("s3-website") and (match := _WEBSITE_LABEL.fullmatch(".".join(labels[at:]))):
            return Place("s3-website", match["region"], host[: len(".".join(labels[:at]))])
        if label == "s3" or (
            label.startswith("s3-") and not label.startswith(("s3-control", "s3-object", "s3-outposts"))
        ):
            match = _S3_LABEL.fullmatch(".".join(labels[at:]))
            if match is not None:
                # Bucket names may hold dots; only the host as sent keeps their case.
                bucket = host[: len(".".join(labels[:at]))]
                return Place("s3", match["region"] or "", bucket)
    region = next((label for label in labels if _REGION.fullmatch(label)), "")
    endpoint = next((label for label in labels if not _REGION.fullmatch(label)), "")
    return Place(endpoint, region)
