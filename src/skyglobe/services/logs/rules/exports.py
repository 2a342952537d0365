"""What exported events look like in a bucket; user guide, "Exporting log data to Amazon S3"."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

DEFAULT_PREFIX = "exportedlogs"
OBJECT_BYTES = 10_485_760  # of text in one object, before it is compressed
TEST_KEY = "aws-logs-write-test"


def line_of(at: int, text: str) -> str:
    """Return one event as a line: its time, and its text."""
    moment = datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{moment}.{at % 1000:03d}Z {text}\n"


def key_of(prefix: str, task: str, stream: str, number: int) -> str:
    """Return the key of one object of a stream."""
    return f"{prefix}/{task}/{stream.replace('/', '-')}/{number:06d}.gz"


def compressed(lines: list[str]) -> bytes:
    """Return an object's content."""
    return gzip.compress("".join(lines).encode("utf-8", "surrogatepass"), mtime=0)
