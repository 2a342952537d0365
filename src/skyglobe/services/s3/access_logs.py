"""Server access logs: a line for each request to a bucket that has them, and their delivery.

Lines are written after the answer, in a transaction of their own (a crash in between loses them: S3's logs are best
effort), and brought to the target bucket together, as logging.s3.amazonaws.com and as its policy allows.
"""

from __future__ import annotations

import logging
from itertools import groupby
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.outbox import Delivery, post
from skyglobe.kernel.principals import canonical_user_of
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Record, Table
from skyglobe.kernel.timers import find_timer, set_timer
from skyglobe.kernel.wire import Response
from skyglobe.protocols.serializing.s3 import host_id
from skyglobe.services.s3 import s3
from skyglobe.services.s3.access import bucket_arn
from skyglobe.services.s3.guards import document_of
from skyglobe.services.s3.records import Home, homes
from skyglobe.services.s3.rules.access_logs import (
    Entry,
    authentication_of,
    days_of,
    key_of,
    line_of,
    operation_name,
)
from skyglobe.services.s3.rules.logging_targets import target_in

DELIVERED_EVERY = 300_000  # milliseconds; S3 promises "within a few hours", clocks here are turned
BATCH = 5_000  # lines of one file: some megabytes

_log = logging.getLogger(__name__)


class Line(Record, frozen=True):
    """A line that was not delivered yet."""

    bucket: str
    order: int
    at: int
    text: str


lines: Table[Line] = Table("s3.log_lines", Line, key=("bucket", "order"))


def observe(call: Call, home: Home, operation: str, params: dict[str, Any]) -> None:
    """Have a line written about a call to a bucket with a log, once it is answered."""
    if operation == "CreateBucket":
        return
    kernel = call.kernel
    key = params.get("Key", "")

    def note(response: Response, code: str) -> None:
        entry = _entry(call, home, operation, key, response, code, kernel.clock.now())
        kernel.turns.run(lambda writes: _keep(kernel.scope(writes, home.owner, home.region), entry), _ended)

    call.request.when_answered = note


def _ended(_: Any, failure: BaseException | None) -> None:
    if failure is not None:
        _log.warning("a line of an access log was not kept: %r", failure)


def note_own(scope: Scope, home: Home, operation: str, key: str) -> None:
    """Write a line about what S3 does of its own accord, such as ``S3.EXPIRE.OBJECT``; nothing without a log."""
    if home.access is not None and home.access.logs:
        owner = canonical_user_of(home.owner)
        request_id = scope.kernel.ids.uuid()
        entry = Entry(owner, home.name, scope.now, "", "AmazonS3", request_id, operation, key)
        _keep(scope.within(home.owner, home.region), entry)


def _keep(scope: Scope, entry: Entry) -> None:
    order = scope.kernel.next_order()
    lines.insert(scope, Line(bucket=entry.bucket, order=order, at=entry.at, text=line_of(entry)))
    if find_timer(scope, "s3", "deliver logs", entry.bucket) is None:
        set_timer(scope, "s3", "deliver logs", entry.bucket, scope.now + DELIVERED_EVERY)


def _entry(call: Call, home: Home, operation: str, key: str, response: Response, code: str, answered_at: int) -> Entry:
    request, principal = call.request, call.principal
    method, target = request.method, request.path + (f"?{request.query}" if request.query else "")
    if not request.headers:  # a service called in process
        method, target = call.operation.model.method, f"/{home.name}/{key}" if key else f"/{home.name}"
    is_website = "s3-website" in request.host
    name = operation_name(operation, method, request.query, has_key=bool(key), is_website=is_website)
    requester = canonical_user_of(principal.account) if principal.is_root else principal.arn
    signature, authentication = authentication_of(request.headers, request.query)
    sent = len(response.body) if isinstance(response.body, bytes) else int(response.headers.get("Content-Length", 0))
    return Entry(
        canonical_user_of(home.owner),
        home.name,
        call.now,
        request.client if principal.type != "service" else "",
        requester,
        call.request_id,
        name,
        key,
        f"{method} {target} HTTP/1.1",
        str(response.status),
        code,
        sent if method != "HEAD" else 0,
        _object_bytes(operation, request.headers, response),
        answered_at - call.now,
        request.headers.get("referer", ""),
        request.headers.get("user-agent", ""),
        "",
        host_id(call.request_id),
        signature,
        authentication,
        request.host,
        call.via.arn if call.via is not None else "",
    )


def _object_bytes(operation: str, headers: dict[str, str], response: Response) -> int | None:
    """Return the size of the object a request was about, where the exchange tells it."""
    if operation in ("PutObject", "UploadPart"):
        size = headers.get("x-amz-decoded-content-length") or headers.get("content-length", "")
    elif operation in ("GetObject", "HeadObject") and response.status < 300:
        size = response.headers.get("Content-Range", "").rpartition("/")[2]
        size = size or response.headers.get("Content-Length", "")
        if not size and isinstance(response.body, bytes):
            return len(response.body)
    else:
        return None
    return int(size) if size.isdecimal() else None


@s3.timer("deliver logs")
def gather(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Have the lines of a bucket delivered."""
    post(scope, "s3", "log", {"bucket": key}, lane=f"log {key}")


@s3.consumer("log")
async def deliver(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Bring the lines of a bucket to its target. Lines the target does not take are dropped, as at AWS.

    A file is named after its last line, so that one that is delivered again replaces itself.
    """
    bucket = payload["bucket"]
    home, document, found = await delivery.transact(lambda scope: _undelivered(scope, bucket))
    if home is not None and document:
        target = target_in(document)
        source = bucket_arn(home.region, bucket)
        caller = ServiceCaller(delivery.kernel, "logging.s3", home.owner, home.region, source)
        days = days_of([line.at for line in found], target, delivery.posted_at)
        for day, group in groupby(zip(days, found, strict=True), lambda pair: pair[0]):
            batch = [line for _, line in group]
            key = key_of(target, home.owner, home.region, bucket, day, batch[-1].order)
            body = "".join(line.text for line in batch).encode("utf-8", "replace")
            request = {"Bucket": target.bucket, "Key": key, "Body": body, "ContentType": "text/plain"}
            try:
                await caller.call("s3", "PutObject", request)
            except ServiceError as error:
                if error.status >= 500:
                    raise
                _log.warning("the access log of %s is not delivered: %s", bucket, error)
    await delivery.transact(lambda scope: _drop(scope, bucket, found))


def _undelivered(scope: Scope, bucket: str) -> tuple[Home | None, str, list[Line]]:
    home = homes.find(scope, scope.partition, bucket)
    if home is not None and (home.owner, home.region) != (scope.account, scope.region):
        home = None  # another bucket has the name now
    document = document_of(scope, bucket, "logging") if home is not None else ""
    return home, document, list(lines.scan(scope, bucket, limit=BATCH))


def _drop(scope: Scope, bucket: str, found: list[Line]) -> None:
    for line in found:
        lines.drop(scope, bucket, line.order)
    if len(found) == BATCH:
        post(scope, "s3", "log", {"bucket": bucket}, lane=f"log {bucket}")
