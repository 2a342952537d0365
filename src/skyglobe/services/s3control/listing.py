"""The list of a job: read from its manifest, or made by S3 from what a bucket holds."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Iterator
from functools import partial
from hashlib import md5
from typing import Any, NamedTuple

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.outbox import Delivery
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import needs, replicating, versions
from skyglobe.services.s3.access import bucket_arn
from skyglobe.services.s3.records import Encryption, Home, Object, details_of, homes, objects, past
from skyglobe.services.s3.rules.encryption import encryption_of
from skyglobe.services.s3control.acting import Failure, caller_for, principal_of, read_object
from skyglobe.services.s3control.jobs import Job
from skyglobe.services.s3control.rules.choosing import Candidate, is_chosen
from skyglobe.services.s3control.rules.jobs import GENERATED, INVENTORY, bucket_of, object_of, operation_in
from skyglobe.services.s3control.rules.manifests import BadManifest, Row, inventory_in, list_of, rows_in, unpacked

PAGE = 1_000  # versions looked at in one transaction


async def rows_of(delivery: Delivery, job: Job) -> tuple[Iterator[Row], dict[str, Any] | None]:
    """Return the rows of a job's list, and what to tell of a list S3 kept itself. Raises Failure.

    Reading the rows may raise Failure, too.
    """
    try:
        if "Manifest" in job.request:
            return _checked(await _read(delivery, job)), None
        rows = await _generate(delivery, job)
        return iter(rows), await _keep_list(delivery, job, rows)
    except BadManifest as error:
        raise Failure("ManifestParsingFailed", str(error)) from error
    except ServiceError as error:
        if error.status >= 500:
            raise
        raise Failure("ManifestAccessFailed", f"{error.code}: {error.message}") from error


def _checked(rows: Iterator[Row]) -> Iterator[Row]:
    try:
        yield from rows
    except BadManifest as error:
        raise Failure("ManifestParsingFailed", str(error)) from error


async def _read(delivery: Delivery, job: Job) -> Iterator[Row]:
    """Return the rows of a manifest that is an object, as the job's role may read it."""
    caller = await caller_for(delivery, job)
    spec, place = job.request["Manifest"]["Spec"], job.request["Manifest"]["Location"]
    bucket, key = object_of(place["ObjectArn"])
    named = {"VersionId": place["ObjectVersionId"]} if "ObjectVersionId" in place else {}
    data, etag = await read_object(caller, bucket, key, **named)
    if etag != place["ETag"].strip('"'):
        raise BadManifest("The ETag of the manifest is not the one the job was created with.")
    if spec["Format"] != INVENTORY:
        return rows_in(data, spec["Fields"])
    listed = inventory_in(data)
    files = [(await read_object(caller, listed.bucket, file))[0] for file in listed.files]
    return (row for file in files for row in rows_in(unpacked(file), listed.fields))


async def _generate(delivery: Delivery, job: Job) -> list[Row]:
    """Return what the generator's filter chooses of a bucket."""
    given = job.request["ManifestGenerator"]["S3JobManifestGenerator"]
    bucket = bucket_of(given["SourceBucket"])
    home = await delivery.transact(lambda scope: _source(scope, job, bucket, given.get("ExpectedBucketOwner")))
    is_replication = operation_in(job.request["Operation"]) == "S3ReplicateObject"
    chosen = given.get("Filter") or {}
    rows: list[Row] = []
    for table in (objects, past) if is_replication else (objects,):
        after: tuple[str, ...] | None = None
        while True:
            page = await delivery.transact(partial(_page, table=table, home=home, chosen=chosen, after=after))
            rows += page.rows
            if page.reached is None:
                break
            after = page.reached
    return sorted(rows)


def _source(scope: Scope, job: Job, bucket: str, owner: str | None) -> Home:
    """Return the home of a bucket that is to be listed, if the role may. Raises Failure.

    S3 user guide, "Configuring an IAM role for S3 Batch Replication".
    """
    home = homes.find(scope, scope.partition, bucket)
    if home is None or (owner is not None and owner != home.owner):
        raise Failure("ManifestGenerationFailed", f"The bucket {bucket} is not there, or not the expected owner's.")
    call = replicating.call_as(scope, principal_of(scope, job))
    actions = ["PutInventoryConfiguration"]
    if operation_in(job.request["Operation"]) == "S3ReplicateObject":
        actions.append("GetReplicationConfiguration")
    for action in actions:
        refusal = call.refusal(needs.on_bucket(call, home, action))
        if refusal is not None:
            raise Failure("ManifestGenerationFailed", refusal.message)
    return home


class _Page(NamedTuple):
    rows: list[Row]
    reached: tuple[str, ...] | None
    """Where to go on; None at the end."""


def _page(scope: Scope, table: Any, home: Home, chosen: dict[str, Any], after: tuple[str, ...] | None) -> _Page:
    there = scope.within(home.owner, home.region)
    found: list[Object] = list(table.scan(there, home.name, past=after, limit=PAGE))
    rows = [
        Row(one.bucket, one.key, one.version or versions.NULL_VERSION if table is past or one.version else "")
        for one in found
        if is_chosen(chosen, _candidate(there, home, one, chosen))
    ]
    if len(found) < PAGE:
        return _Page(rows, None)
    last = found[-1]
    return _Page(rows, (last.key, last.rank) if table is past else (last.key,))


def _candidate(scope: Scope, home: Home, found: Object, chosen: dict[str, Any]) -> Candidate:
    details = details_of(found)
    status = details.replication.status if details.replication is not None else "NONE"
    is_eligible = "EligibleForReplication" in chosen and replicating.is_eligible(scope, home, found)
    encryption = details.encryption or Encryption("")
    return Candidate(
        found.key,
        found.size_bytes,
        found.modified_at,
        found.storage_class,
        status,
        is_eligible,
        encryption.algorithm,
        encryption.key_arn,
        encryption.has_bucket_key,
    )


async def _keep_list(delivery: Delivery, job: Job, rows: list[Row]) -> dict[str, Any] | None:
    """Write a list S3 made where the generator wants it. Returns what DescribeJob tells of it."""
    given = job.request["ManifestGenerator"]["S3JobManifestGenerator"]
    if not given["EnableManifestOutput"]:
        return None
    place = given["ManifestOutputLocation"]
    bucket, caller = bucket_of(place["Bucket"]), await caller_for(delivery, job)
    owner = place.get("ExpectedManifestBucketOwner")
    more: dict[str, Any] = {"ExpectedBucketOwner": owner} if owner is not None else {}
    more |= encryption_of(place.get("ManifestEncryption")) or {}
    folder = "/".join(filter(None, (place.get("ManifestPrefix", "").strip("/"), f"job-{job.id}")))
    data = await asyncio.to_thread(lambda: gzip.compress(list_of(rows), mtime=job.created_at // 1000))
    file = f"{folder}/data/{job.id}.csv.gz"
    await caller.call("s3", "PutObject", {"Bucket": bucket, "Key": file, "Body": data, **more})
    source = given["SourceBucket"]
    document = {
        "sourceBucket": bucket_of(source),
        "destinationBucket": place["Bucket"],
        "version": "2021-11-30",
        "creationTimestamp": str(job.created_at),
        "fileFormat": "CSV",
        "fileSchema": "Bucket, Key, VersionId",
        "files": [{"key": file, "size": len(data), "MD5checksum": md5(data, usedforsecurity=False).hexdigest()}],
    }
    key = f"{folder}/manifest.json"
    body = json.dumps(document, indent=2).encode()
    answer = await caller.call("s3", "PutObject", {"Bucket": bucket, "Key": key, "Body": body, **more})
    location = {"ObjectArn": f"{bucket_arn(delivery.region, bucket)}/{key}", "ETag": answer["ETag"].strip('"')}
    return {"Format": GENERATED, "Location": location}
