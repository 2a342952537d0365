"""Completion reports; S3 user guide, "Examples: S3 Batch Operations completion reports"."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import quote_plus

FORMAT = "Report_CSV_20180820"
SCHEMA = "Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage"


class Line(NamedTuple):
    """What a report tells of one task."""

    bucket: str
    key: str
    version: str
    status: str
    code: str
    http: int
    message: str


class Result(NamedTuple):
    """One file of a report."""

    status: str
    bucket: str
    key: str
    md5: str


def lines_of(lines: Iterable[Line]) -> bytes:
    """Return tasks as a CSV file, keys URL-encoded."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for line in lines:
        key = quote_plus(line.key, safe="/*-._", errors="surrogatepass")
        writer.writerow([line.bucket, key, line.version, line.status, line.code, line.http, line.message])
    return out.getvalue().encode()


def manifest_of(at: str, results: Iterable[Result]) -> bytes:
    """Return the manifest.json of a report created at ``at``."""
    document = {
        "Format": FORMAT,
        "ReportCreationDate": at,
        "Results": [
            {
                "TaskExecutionStatus": result.status,
                "Bucket": result.bucket,
                "MD5Checksum": result.md5,
                "Key": result.key,
            }
            for result in results
        ],
        "ReportSchema": SCHEMA,
    }
    return json.dumps(document).encode()
