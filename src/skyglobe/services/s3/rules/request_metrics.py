"""Request metrics of buckets: which filters S3 takes, and what a request counts as.

S3 user guide, "Monitoring metrics with Amazon CloudWatch" and "Amazon S3 metrics and dimensions".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

MINUTE = 60_000
MAX_VALUES = 150  # of one datum; CloudWatch's API reference of MetricDatum
NAMESPACE = "AWS/S3"
UNITS = {
    "FirstByteLatency": "Milliseconds",
    "TotalRequestLatency": "Milliseconds",
    "BytesDownloaded": "Bytes",
    "BytesUploaded": "Bytes",
    "SelectBytesScanned": "Bytes",
    "SelectBytesReturned": "Bytes",
}
"""Of all others: Count."""

_ID = re.compile(r"[a-zA-Z0-9._-]{1,64}")
_LISTINGS = re.compile(r"List(Objects|ObjectsV2|ObjectVersions|MultipartUploads|Parts)")
_BY_OPERATION = {"DeleteObjects": "DeleteRequests", "SelectObjectContent": "SelectRequests"}
_BY_METHOD = {"GET": "GetRequests", "PUT": "PutRequests", "DELETE": "DeleteRequests", "HEAD": "HeadRequests"}


class BadMetrics(ValueError):
    """A configuration S3 does not take."""


class Filter(NamedTuple):
    """Which requests a configuration is about."""

    prefix: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    access_point: str = ""

    def means(self, key: str, tags: Mapping[str, str], access_point: str) -> bool:
        """Whether a request for a key, that may be empty, is meant, that came through an access point or none."""
        if self.access_point and access_point != self.access_point:
            return False
        return key.startswith(self.prefix) and all(tags.get(name) == value for name, value in self.tags)


def check_configuration(id_: str, configuration: Mapping[str, Any]) -> None:
    """Raise BadMetrics for a configuration that is none."""
    if configuration.get("Id") != id_ or not _ID.fullmatch(id_):
        raise BadMetrics
    chosen = configuration.get("Filter")
    if chosen is None:
        return
    if len(chosen) != 1:
        raise BadMetrics
    both = chosen.get("And")
    if both is not None and len(both.get("Tags") or ()) + ("Prefix" in both) + ("AccessPointArn" in both) < 2:
        raise BadMetrics
    tags = (both.get("Tags") or ()) if both is not None else [chosen["Tag"]] if "Tag" in chosen else ()
    if any(not tag.get("Key") or "Value" not in tag for tag in tags):
        raise BadMetrics


def filter_in(configuration: Mapping[str, Any]) -> Filter:
    chosen = configuration.get("Filter") or {}
    both = chosen.get("And") or chosen
    tags = both.get("Tags") or ([both["Tag"]] if "Tag" in both else [])
    pairs = tuple((tag["Key"], tag["Value"]) for tag in tags)
    return Filter(both.get("Prefix", ""), pairs, both.get("AccessPointArn", ""))


def kind_of(operation: str, method: str, has_key: bool) -> str:
    """Return the metric of a request's own kind; empty where there is none, as for a bucket's settings."""
    if operation in _BY_OPERATION:
        return _BY_OPERATION[operation]
    if _LISTINGS.fullmatch(operation):
        return "ListRequests"
    if method == "POST":
        return "PostRequests"
    return _BY_METHOD.get(method, "") if has_key or method == "HEAD" else ""


def values_of(kind: str, status: int, received: int, sent: int, took: int) -> dict[str, int]:
    """Return what one request adds to each metric: ``took`` in milliseconds, the others in bytes.

    Errors are told of every request, so that their average is a rate. An answer's bytes are on their way when it is
    counted: both latencies are those of its first byte.
    """
    values = {"AllRequests": 1, "4xxErrors": int(400 <= status < 500), "5xxErrors": int(status >= 500)}
    values |= {"FirstByteLatency": took, "TotalRequestLatency": took}
    if kind:
        values[kind] = 1
    if sent:
        values["BytesDownloaded"] = sent
    if received:
        values["BytesUploaded"] = received
    return values


Counted = dict[str, dict[int, int]]
"""By metric, how often each value was seen."""


def with_request(counted: Counted, values: Mapping[str, int]) -> Counted:
    """Return what was counted, and one request more."""
    grown = {name: dict(seen) for name, seen in counted.items()}
    for name, value in values.items():
        seen = grown.setdefault(name, {})
        seen[value] = seen.get(value, 0) + 1
    return grown


def is_full(counted: Counted) -> bool:
    """Whether a metric has as many different values as one datum takes."""
    return any(len(seen) >= MAX_VALUES for seen in counted.values())


def data_of(counted: Counted, bucket: str, id_: str, at: int) -> list[dict[str, Any]]:
    """Return the data of a minute that begins at ``at``, as PutMetricData takes them but for their instant."""
    dimensions = [{"Name": "BucketName", "Value": bucket}, {"Name": "FilterId", "Value": id_}]
    return [
        {
            "MetricName": name,
            "Dimensions": dimensions,
            "Timestamp": at,
            "Values": [float(value) for value in sorted(seen)],
            "Counts": [float(seen[value]) for value in sorted(seen)],
            "Unit": UNITS.get(name, "Count"),
        }
        for name, seen in sorted(counted.items())
    ]
