"""Inventories: lists of a bucket's objects, written into another by a timer."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
from functools import partial
from hashlib import md5, sha256
from typing import Any

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.outbox import Delivery, post
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Record, Table
from skyglobe.kernel.timers import cancel_timer, set_timer
from skyglobe.services.s3 import s3
from skyglobe.services.s3.access import bucket_arn
from skyglobe.services.s3.records import details_of, objects
from skyglobe.services.s3.rules.inventories import (
    Row,
    destination_of,
    encryption_of,
    fields_of,
    list_of,
    manifest_of,
    period_of,
    stamp_of,
)

PAGE = 2_000  # objects read in one transaction

_log = logging.getLogger(__name__)


class Inventory(Record, frozen=True):
    """A configuration, where its bucket is."""

    bucket: str
    id: str
    text: str


inventories: Table[Inventory] = Table("s3.inventories", Inventory, key=("bucket", "id"))


def schedule(scope: Scope, kept: Inventory) -> None:
    """Have the next list of a configuration made when its day or week is over; none while it is switched off."""
    key = f"{kept.bucket}/{kept.id}"
    configuration = json.loads(kept.text)
    if configuration["IsEnabled"]:
        set_timer(scope, "s3", "inventory", key, scope.now + period_of(configuration))
    else:
        cancel_timer(scope, "s3", "inventory", key)


def drop(scope: Scope, kept: Inventory) -> None:
    inventories.delete(scope, kept)
    cancel_timer(scope, "s3", "inventory", f"{kept.bucket}/{kept.id}")


def drop_all(scope: Scope, bucket: str) -> None:
    """Forget the configurations of a bucket that is going."""
    for kept in list(inventories.scan(scope, bucket)):
        drop(scope, kept)


@s3.timer("inventory")
def fire(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Have a list made, and the next one later."""
    bucket, _, id_ = key.partition("/")
    kept = inventories.find(scope, bucket, id_)
    if kept is not None:
        post(scope, "s3", "inventory", {"bucket": bucket, "id": id_, "at": scope.now})
        schedule(scope, kept)


@s3.consumer("inventory")
async def deliver(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Write one list and its manifest, as s3.amazonaws.com, where the destination's policy lets it.

    A list that is made again replaces itself: its keys follow from its instant.
    """
    bucket, at = payload["bucket"], payload["at"]
    kept = await delivery.transact(lambda scope: inventories.find(scope, bucket, payload["id"]))
    if kept is None:
        return
    configuration = json.loads(kept.text)
    prefix = (configuration.get("Filter") or {}).get("Prefix", "")
    rows: list[Row] = []
    after = ""
    while page := await delivery.transact(partial(_page, bucket=bucket, prefix=prefix, after=after)):
        rows += page
        after = page[-1].key
    fields = fields_of(configuration)
    data = await asyncio.to_thread(lambda: gzip.compress(list_of(rows, fields), mtime=at // 1000))
    place = destination_of(configuration, bucket)
    name = sha256(f"{place.base} {at}".encode()).hexdigest()
    name = f"{name[:8]}-{name[8:12]}-{name[12:16]}-{name[16:20]}-{name[20:32]}"
    key, folder = f"{place.base}/data/{name}.csv.gz", f"{place.base}/{stamp_of(at)}"
    destination = configuration["Destination"]["S3BucketDestination"]["Bucket"]
    manifest = manifest_of(bucket, destination, fields, at, key, len(data), _md5(data))
    files = {key: data, f"{folder}/manifest.json": manifest, f"{folder}/manifest.checksum": _md5(manifest).encode()}
    encryption = encryption_of(configuration["Destination"]["S3BucketDestination"]) or {}
    caller = ServiceCaller(
        delivery.kernel, "s3", delivery.account, delivery.region, bucket_arn(delivery.region, bucket)
    )
    try:
        for file, body in files.items():
            await caller.call("s3", "PutObject", {"Bucket": place.bucket, "Key": file, "Body": body, **encryption})
    except ServiceError as error:
        if error.status >= 500:
            raise
        _log.warning("the inventory %s of %s is not delivered: %s", payload["id"], bucket, error)


def _page(scope: Scope, bucket: str, prefix: str, after: str) -> list[Row]:
    start = (f"{after}\0",) if after else (prefix,) if prefix else None
    rows = []
    for found in objects.scan(scope, bucket, start=start, limit=PAGE):
        if not found.key.startswith(prefix):
            break
        details = details_of(found)
        encryption = details.encryption
        rows.append(
            Row(
                bucket,
                found.key,
                found.size_bytes,
                found.modified_at,
                found.etag,
                found.storage_class,
                found.algorithm,
                details.parts > 0,
                encryption.algorithm if encryption is not None else "",
                encryption is not None and encryption.has_bucket_key,
            )
        )
    return rows


def _md5(data: bytes) -> str:
    return md5(data, usedforsecurity=False).hexdigest()
