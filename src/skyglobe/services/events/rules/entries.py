"""What PutEvents takes: which entries it refuses, how large they are, and the events they make.

User guide, "Calculating PutEvents event entry size" and "Events"; API reference of PutEventsResultEntry.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

MAX_REQUEST_BYTES = 262_144  # all entries of a request together; API reference of PutEvents
MAX_DEPTH = 500  # levels of a detail. AWS takes 1,000, which is more than all of what reads JSON here can
TIME_BYTES = 14  # what Time counts for; user guide, "Calculating PutEvents event entry size"

_BRACKETS = re.compile(r"[\[\]{}]")
_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"')

Document = dict[str, Any]
"""An event, decoded."""


class Refused(NamedTuple):
    """Why one entry is not taken."""

    code: str
    message: str


def size_of(entry: Document) -> int:
    """Return the bytes an entry counts for."""
    size = TIME_BYTES if "Time" in entry else 0
    for name in ("Source", "DetailType", "Detail"):
        size += _bytes(entry.get(name, ""))
    return size + sum(map(_bytes, entry.get("Resources") or ()))


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def check_entry(entry: Document) -> tuple[Refused | None, Any]:
    """Return why an entry is refused, or None and its detail, decoded."""
    for name in ("Source", "DetailType", "Detail"):
        if not entry.get(name):
            text = f"Parameter {name} is not valid. Reason: {name} is a required argument."
            return Refused("InvalidArgument", text), None
    try:
        detail = msgspec.json.decode(entry["Detail"])
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        detail = None
    if not isinstance(detail, dict) or _is_too_deep(entry["Detail"]):
        return Refused("MalformedDetail", "Detail is malformed."), None
    return None, detail


def _is_too_deep(text: str) -> bool:
    """Whether valid JSON is nested too deeply. Texts with few brackets, nearly all, are not looked at."""
    if text.count("{") + text.count("[") <= MAX_DEPTH:
        return False
    depth = 0
    for bracket in _BRACKETS.findall(_STRINGS.sub("", text)):
        depth += 1 if bracket in "{[" else -1
        if depth > MAX_DEPTH:
            return True
    return False


def make_event(
    identity: str,
    account: str,
    region: str,
    at: int,
    source: str,
    detail_type: str,
    resources: list[str],
    detail: Document,
) -> Document:
    """Return an event as all targets see it; ``at`` is in milliseconds, of which events have no fractions."""
    return {
        "version": "0",
        "id": identity,
        "detail-type": detail_type,
        "source": source,
        "account": account,
        "time": instant(at),
        "region": region,
        "resources": resources,
        "detail": detail,
    }


def instant(at: int) -> str:
    """Return milliseconds since the epoch as ``1970-01-01T00:00:00Z``."""
    return datetime.fromtimestamp(at // 1000, UTC).replace(tzinfo=None).isoformat() + "Z"


def moment_of(event: Document) -> int:
    """Return an event's time in milliseconds."""
    return int(datetime.fromisoformat(event["time"]).timestamp()) * 1000


def write_event(event: Document) -> str:
    """Return an event's text, without needless blanks."""
    return msgspec.json.encode(event).decode()
