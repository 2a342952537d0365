"""What subscribers are handed: documents as the user guide shows them, compressed, in pieces that destinations take."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from typing import Any

from skyglobe.services.logs.rules.positions import event_id

MAX_FILTERS = 2  # of one log group; API reference of PutSubscriptionFilter
PIECE_BYTES = 524_288
"""Of messages in one document. Compressed and in base 64 that stays below the megabyte that Kinesis and Lambda take,
but for a single message that is longer and cannot be compressed."""
RETRIED_FOR = 86_400_000  # milliseconds; user guide, "Subscriptions": for up to 24 hours
FIRST_RETRY_FOR = 1_000  # milliseconds; doubles with each attempt
MAX_RETRY_FOR = 900_000  # milliseconds
_LEVEL = 6  # user guide, "Subscription filters with Amazon Data Firehose"

Told = tuple[int, int, str]
"""An event's time, order and text."""


def documents(
    owner: str, group: str, stream: str, filter_name: str, events: list[Told], *, is_account_level: bool = False
) -> Iterator[dict[str, Any]]:
    """Yield the documents that tell a subscriber of events, in order."""
    for piece in _pieces(events):
        made: dict[str, Any] = {
            "messageType": "DATA_MESSAGE",
            "owner": owner,
            "logGroup": group,
            "logStream": stream,
            "subscriptionFilters": [filter_name],
            "logEvents": [{"id": event_id(at, order), "timestamp": at, "message": text} for at, order, text in piece],
        }
        if is_account_level:
            made["policyLevel"] = "ACCOUNT_LEVEL_POLICY"
        yield made


def _pieces(events: list[Told]) -> Iterator[list[Told]]:
    piece: list[Told] = []
    size = 0
    for event in events:
        length = len(event[2].encode("utf-8", "surrogatepass"))
        if piece and size + length > PIECE_BYTES:
            yield piece
            piece, size = [], 0
        piece.append(event)
        size += length
    if piece:
        yield piece


def control_document(now: int, destination: str) -> dict[str, Any]:
    """Return what a destination is sent to see whether it can be reached."""
    message = f"CWL CONTROL MESSAGE: Checking health of destination {destination}."
    return {
        "messageType": "CONTROL_MESSAGE",
        "owner": "CloudwatchLogs",
        "logGroup": "",
        "logStream": "",
        "subscriptionFilters": [],
        "logEvents": [{"id": "", "timestamp": now, "message": message}],
    }


def compressed(document: dict[str, Any]) -> bytes:
    """Return a document as it is sent."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(text.encode("utf-8", "surrogatepass"), _LEVEL, mtime=0)


def function_payload(document: dict[str, Any]) -> bytes:
    """Return the event a Lambda function is invoked with."""
    return json.dumps({"awslogs": {"data": base64.b64encode(compressed(document)).decode()}}).encode()


def retry_after(attempts: int) -> int:
    """Return after how many milliseconds to try again what failed ``attempts`` times."""
    return int(min(FIRST_RETRY_FOR * 2 ** min(attempts - 1, 20), MAX_RETRY_FOR))
