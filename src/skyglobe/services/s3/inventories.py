"""Inventories: lists of a bucket's objects, written into another by a timer."""

from __future__ import annotations

import asyncio
import json
import logging
from base64 import b64encode
from functools import partial
from hashlib import md5, sha256
from typing import Any

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.outbox import Delivery, post
from skyglobe.kernel.principals import canonical_user_of
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Table
from skyglobe.kernel.timers import cancel_timer, set_timer
from skyglobe.services.s3 import aging, archives, deciding, s3, versions
from skyglobe.services.s3.access import bucket_arn
from skyglobe.services.s3.configurations import Configuration
from skyglobe.services.s3.inventory_files import ENDINGS, file_of
from skyglobe.services.s3.records import Details, Encryption, Home, Lock, Object, details_of, homes, objects, past
from skyglobe.services.s3.rules import acls
from skyglobe.services.s3.rules.encryption import encryption_of
from skyglobe.services.s3.rules.inventories import (
    File,
    destination_of,
    hive_key,
    manifest_of,
    period_of,
    stamp_of,
)
from skyglobe.services.s3.rules.inventory_columns import Row, columns_of, ranked

PAGE = 2_000  # objects read in one transaction

_log = logging.getLogger(__name__)


class Inventory(Configuration, frozen=True):
    """A configuration, where its bucket is."""


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
    rows = await _rows(delivery, bucket, configuration)
    columns, form = columns_of(configuration), configuration["Destination"]["S3BucketDestination"]["Format"]
    data = await asyncio.to_thread(file_of, form, rows, columns, at)
    place = destination_of(configuration, bucket)
    name = sha256(f"{place.base} {at}".encode()).hexdigest()
    name = f"{name[:8]}-{name[8:12]}-{name[12:16]}-{name[16:20]}-{name[20:32]}"
    key, folder = f"{place.base}/data/{name}.{ENDINGS[form]}", f"{place.base}/{stamp_of(at)}"
    destination = configuration["Destination"]["S3BucketDestination"]["Bucket"]
    manifest = manifest_of(bucket, destination, form, columns, at, File(key, len(data), _md5(data)))
    files = {
        key: data,
        hive_key(place.base, at): f"s3://{place.bucket}/{key}\n".encode(),
        f"{folder}/manifest.json": manifest,
        f"{folder}/manifest.checksum": _md5(manifest).encode(),
    }
    encryption = encryption_of(configuration["Destination"]["S3BucketDestination"].get("Encryption")) or {}
    caller = ServiceCaller(
        delivery.kernel, "s3", delivery.account, delivery.region, bucket_arn(delivery.region, bucket)
    )
    given = {"Bucket": place.bucket, "ACL": "bucket-owner-full-control", **encryption}
    try:
        for file, body in files.items():
            await caller.call("s3", "PutObject", {**given, "Key": file, "Body": body})
    except ServiceError as error:
        if error.status >= 500:
            raise
        _log.warning("the inventory %s of %s is not delivered: %s", payload["id"], bucket, error)


async def _rows(delivery: Delivery, bucket: str, configuration: dict[str, Any]) -> list[Row]:
    """Return what a list is about: current objects, or all versions and delete markers."""
    prefix = (configuration.get("Filter") or {}).get("Prefix", "")
    home = await delivery.transact(lambda scope: homes.find(scope, scope.partition, bucket))
    rows: list[Row] = []
    if home is None:
        return rows
    all_versions = configuration["IncludedObjectVersions"] == "All"
    for table in (objects, past) if all_versions else (objects,):
        after: tuple[str, ...] | None = None
        while True:
            found = await delivery.transact(partial(_page, table=table, home=home, prefix=prefix, after=after))
            rows += found
            if len(found) < PAGE:
                break
            after = (found[-1].key, found[-1].rank) if table is past else (found[-1].key,)
    return ranked(rows)


def _page(scope: Scope, table: Table[Object], home: Home, prefix: str, after: tuple[str, ...] | None) -> list[Row]:
    there = scope.within(home.owner, home.region)
    return [_row(there, home, found) for found in table.scan(there, home.name, starting=prefix, past=after, limit=PAGE)]


def _row(scope: Scope, home: Home, found: Object) -> Row:
    details = details_of(found)
    lock, encryption = details.lock or Lock(), details.encryption or Encryption("")
    expiry = aging.find_expiry(scope, home, found, details) if not found.is_marker else None
    return Row(
        found.bucket,
        found.key,
        found.rank,
        found.version or versions.NULL_VERSION,
        found.is_marker,
        found.size_bytes,
        found.modified_at,
        found.etag,
        found.storage_class,
        found.algorithm,
        details.parts > 0,
        details.replication.status if details.replication is not None else "",
        encryption.algorithm,
        encryption.has_bucket_key,
        lock.until,
        lock.mode,
        lock.hold,
        canonical_user_of(deciding.owner_of_object(home, details)),
        _acl(home, details),
        expiry.at if expiry is not None else 0,
        archives.tier_in(scope, home, found, details) if not found.is_marker else "",
    )


def _acl(home: Home, details: Details) -> str:
    """Return an object's list as inventories tell it; user guide, "Work with the Object ACL field"."""
    grants = [
        {"canonicalId": grant.grantee, "type": "CanonicalUser", "permission": grant.permission}
        if grant.grantee not in acls.GROUPS
        else {"uri": grant.grantee, "type": "Group", "permission": grant.permission}
        for grant in deciding.grants_of_object(home, details)
    ]
    document = {"version": "2022-11-10", "status": "AVAILABLE", "grants": grants}
    return b64encode(json.dumps(document).encode()).decode()


def _md5(data: bytes) -> str:
    return md5(data, usedforsecurity=False).hexdigest()
