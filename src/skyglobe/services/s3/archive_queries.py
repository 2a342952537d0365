"""Queries over archived objects: accepted, run when the archive is fetched, their answers written into a bucket.

S3 user guide, "Querying archived objects". What is written is written as who asked, whose permissions count at the
time: ``job.txt`` at once, so that who may not write there is told, the results hours later.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Coroutine
from datetime import UTC, datetime
from functools import partial
from typing import Any

from skyglobe.kernel.blobs import Lease
from skyglobe.kernel.call import Call
from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.clock import Instant
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.outbox import Delivery, post
from skyglobe.kernel.principals import Principal
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Record, Table
from skyglobe.kernel.timers import set_timer
from skyglobe.services.s3 import encrypting, errors, finding, needs, places, reading, replicating, s3, versions
from skyglobe.services.s3.records import Home, Object, details_of, homes
from skyglobe.services.s3.rules.archive_queries import (
    MAX_EXPRESSION_BYTES,
    Output,
    description_of,
    is_whole,
    output_of,
)
from skyglobe.services.s3.rules.archiving import TAKES
from skyglobe.services.s3.rules.encryption import CUSTOMER
from skyglobe.services.s3.selecting.requests import Selection, invalid_parameter, selection_of, too_long
from skyglobe.services.s3.selecting.running import Running, check_expression, load_duckdb

ARCHIVE = "GLACIER"
"""The one class whose objects can be queried."""
MAX_QUERIES = 1_000
"""Under way at a time over the objects of one bucket; AWS states no bound."""
RESULT_BYTES = 8 * 1024 * 1024
"""Of each object of results, but for the last row; AWS says no more than that they come in parts."""
ACCEPTED = 202
_JOB_ID_DIGITS = 64

_log = logging.getLogger(__name__)


class ArchiveQuery(Record, frozen=True):
    """A query under way, where its object's bucket is."""

    bucket: str
    id: str
    key: str
    version: str
    order: int
    """The object's, when it was asked."""
    asked_at: Instant
    asked: str
    """The restore request, in JSON."""
    principal: Principal
    """Who asked."""


queries: Table[ArchiveQuery] = Table("s3.archive_queries", ArchiveQuery, key=("bucket", "id"))


def begin(
    call: Call, home: Home, scope: Scope, request: dict[str, Any], asked: dict[str, Any], tier: str
) -> Coroutine[Any, Any, dict[str, Any]]:
    """Accept a query over an object in GLACIER: 202, and the path under which its answer will be.

    Raises MalformedXML, InvalidObjectState, S3 Select's errors for queries, AccessDenied for who may not read the
    object, and what PutObject does in the bucket the answer is to go to.
    """
    if not is_whole(asked):
        raise errors.malformed_xml()
    load_duckdb()
    selection = _selection(asked)
    found = finding.get_object(call, scope, request)
    if found.storage_class != ARCHIVE:
        text = "The operation is not valid for the object's storage class"
        raise s3.error("InvalidObjectState", text, status=403, StorageClass=found.storage_class)
    encryption = details_of(found).encryption
    if encryption is not None and encryption.algorithm == CUSTOMER:
        raise errors.invalid_request("SSE-C encryption type is not supported for this operation")
    refusal = call.refusal(needs.on_bucket(call, home, "GetObject", found.key, request.get("VersionId")))
    if refusal is not None:
        raise refusal
    if sum(1 for _ in queries.scan(scope, home.name, limit=MAX_QUERIES)) >= MAX_QUERIES:
        raise s3.error("SlowDown", "Please reduce your request rate.", status=503)
    made = ArchiveQuery(
        bucket=home.name,
        id=call.kernel.ids.hex("", _JOB_ID_DIGITS),
        key=found.key,
        version=found.version or versions.NULL_VERSION,
        order=found.order,
        asked_at=call.now,
        asked=json.dumps(asked),
        principal=call.principal,
    )
    return _begun(call, home, made, _output(call, home, asked, made.id), selection, tier)


async def _begun(
    call: Call, home: Home, made: ArchiveQuery, output: Output, selection: Selection, tier: str
) -> dict[str, Any]:
    await asyncio.to_thread(check_expression, selection, made.asked_at)
    created = datetime.fromtimestamp(made.asked_at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    source = {"Bucket": made.bucket, "Key": made.key, "VersionId": made.version}
    described = description_of(json.loads(made.asked), made.id, source, tier, created)
    writer = _Writer(call.kernel, home.region, made.principal, output)
    await writer.put(f"{output.path}job.txt", described)

    def keep(call: Call) -> None:
        there = call.within(home.owner, home.region)
        queries.insert(there, made)
        set_timer(there, "s3", "archive query", f"{made.bucket}/{made.id}", made.asked_at + TAKES[ARCHIVE][tier])

    await call.transact(keep)
    call.request.answer_status = ACCEPTED
    return {"RestoreOutputPath": output.path}


def _selection(asked: dict[str, Any]) -> Selection:
    """Return the query: over CSV as it is, answered in CSV. Raises S3 Select's errors."""
    selection = selection_of(asked["SelectParameters"])
    if len(selection.expression.encode("utf-8", "surrogatepass")) > MAX_EXPRESSION_BYTES:
        raise too_long(MAX_EXPRESSION_BYTES)
    if (selection.form, selection.answer, selection.compression) != ("CSV", "CSV", "NONE"):
        raise invalid_parameter()
    return selection._replace(is_of_archive=True)


def _output(call: Call, home: Home, asked: dict[str, Any], id_: str) -> Output:
    try:
        output = output_of(asked, id_)
    except KeyError as error:
        raise errors.malformed_xml() from error
    if output is None:
        raise errors.invalid_argument("The output location is too long.", "OutputLocation", "")
    target = homes.find(call, call.partition, output.bucket)
    if target is None:
        raise errors.no_such_bucket(output.bucket)
    if target.region != home.region:
        text = "The output bucket must be in the same AWS Region as the bucket with the archived object."
        raise errors.invalid_argument(text, "BucketName", output.bucket)
    return output


class _Writer:
    """Puts objects where an answer goes, as who asked for it."""

    def __init__(self, kernel: Any, region: str, principal: Principal, output: Output) -> None:
        self.output = output
        self._caller = ServiceCaller.of(kernel, principal.account, region, principal.via("s3.amazonaws.com"))

    async def put(self, key: str, body: bytes) -> None:
        await self._caller.call("s3", "PutObject", {**self.output.members, "Key": key, "Body": body})

    async def end(self, manifest: str, keys: list[str]) -> None:
        """Write the manifest of what was put: that there is one says how the query ended."""
        await self.put(f"{self.output.path}{manifest}", self.output.manifest_of(keys))


@s3.timer("archive query")
def fire(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Have a query answered whose archive is fetched now; one at a time in an account and region."""
    bucket, _, id_ = key.partition("/")
    if queries.find(scope, bucket, id_) is not None:
        post(scope, "s3", "archive query", {"bucket": bucket, "id": id_}, lane="archive queries")


@s3.consumer("archive query")
async def answer(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Run a query and write its answer, or what went wrong. Done again, it writes the same to the same places."""
    named = payload["bucket"], payload["id"]
    query = await delivery.transact(lambda scope: queries.find(scope, *named))
    if query is None:
        return
    delivery.stand_aside()
    asked = json.loads(query.asked)
    output = output_of(asked, query.id)
    assert output is not None, "the location was measured when the query was accepted"
    writer = _Writer(delivery.kernel, delivery.region, query.principal, output)
    try:
        try:
            keys = await _answered(delivery, query, _selection(asked), writer)
        except ServiceError as error:
            if error.status >= 500:
                raise
            await _tell(writer, error)
        else:
            await writer.end("result_manifest.txt", keys)
    except ServiceError as error:
        if error.status >= 500:
            raise
        _log.warning("the answer to the query %s over %s cannot be written: %s", query.id, query.bucket, error)
    await delivery.transact(lambda scope: queries.drop(scope, *named))


async def _answered(delivery: Delivery, query: ArchiveQuery, selection: Selection, writer: _Writer) -> list[str]:
    """Write the results of a query; return the keys they are at. Raises S3's errors."""
    held = await delivery.transact(partial(_hold, query=query))
    running = await asyncio.to_thread(Running, selection, query.asked_at)
    keys: list[str] = []
    try:
        await asyncio.to_thread(running.begin, reading.pieces(held))
        data = bytearray()
        while True:
            more = await asyncio.to_thread(running.next)
            data += more
            if data and (not more or len(data) >= RESULT_BYTES):
                keys.append(writer.output.key_of("results", len(keys)))
                await writer.put(keys[-1], bytes(data))
                data.clear()
            if not more:
                return keys
    finally:
        running.close()


async def _tell(writer: _Writer, error: ServiceError) -> None:
    key = writer.output.key_of("errors", 0)
    await writer.put(key, f"{error.code}: {error.message}\n".encode("utf-8", "replace"))
    await writer.end("error_manifest.txt", [key])


def _hold(scope: Scope, query: ArchiveQuery) -> Lease:
    """Return the bytes of a query's object, as far as who asked may read them still. Raises S3's errors."""
    call = replicating.call_as(scope, query.principal)
    home = places.get_home(call, query.bucket)
    found: Object | None = versions.find_version(scope, query.bucket, query.key, query.version)
    if found is None or found.order != query.order:
        raise errors.no_such_key(query.key)
    refusal = call.refusal(needs.on_bucket(call, home, "GetObject", query.key, found.version or None))
    if refusal is not None:
        raise refusal
    details = details_of(found)
    envelope = encrypting.opened(call, home.region, found.bucket, found.key, details.encryption)
    return reading.lease(scope, reading.spans_of(scope, details, 0, found.size_bytes), envelope)
