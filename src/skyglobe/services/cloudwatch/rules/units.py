"""The units of what services count, by the names they count it under. Each service's page of metrics tells them."""

from __future__ import annotations

_ENDINGS = (
    ("Bytes", "Bytes"),
    ("BytesPerSecond", "Bytes/Second"),
    ("SizeBytes", "Bytes"),
    ("MessageSize", "Bytes"),
    ("PublishSize", "Bytes"),
    ("AgeOfOldestMessage", "Seconds"),
    ("Freshness", "Seconds"),
    ("Latency", "Milliseconds"),
    ("Duration", "Milliseconds"),
    ("IteratorAge", "Milliseconds"),
    ("IteratorAgeMilliseconds", "Milliseconds"),
)


def unit_of(namespace: str, name: str, told: str) -> str:
    """Return the unit of a series: as it was told, or as its service has it."""
    if told or not namespace.startswith("AWS/"):
        return told or "None"
    if name.startswith(("BytesDownloaded", "BytesUploaded")):
        return "Bytes"
    return next((unit for ending, unit in _ENDINGS if name.endswith(ending)), "Count")
