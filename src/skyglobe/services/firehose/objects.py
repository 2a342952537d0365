"""The objects a delivery writes: their names, and what is in them. The same again for the same delivery."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from skyglobe.services.firehose.records import DeliveryStream
from skyglobe.services.firehose.rules.compression import EXTENSIONS, compressed
from skyglobe.services.firehose.rules.destinations import Destination
from skyglobe.services.firehose.rules.prefixes import Place, evaluated, formatted, partition_names
from skyglobe.services.firehose.rules.processing import Failed, Processors, Record, process

MAX_KEY_BYTES = 1024  # S3 user guide, "Naming Amazon S3 objects"


class Object(NamedTuple):
    """One object to put."""

    bucket: str
    key: str
    content: bytes


def plan_objects(
    stream: DeliveryStream,
    part: Destination,
    processors: Processors,
    records: list[Record],
    delivery_id: str,
    now: int,
    lost: list[Failed] | None = None,
) -> list[Object]:
    """Return the objects that ``records`` make in an S3 destination: one for each partition, one for failures.

    ``lost`` are those that failed before.
    """
    groups, failed = process(processors, records)
    failed = [*(lost or ()), *failed]
    names = partition_names(part.get("Prefix") or "")
    objects = []
    for number, (partition, group) in enumerate(groups.items()):
        values = dict(partition)
        if missing := names - set(values):
            text = f"the query gives no value for {', '.join(sorted(missing))}"
            failed += [Failed(record, "DynamicPartitioning.MissingPartitionKey", text) for record in group]
            continue
        content = b"".join([record.data for record in group])
        place = _place(part, group[0].arrived_at, values, "", f"{delivery_id}:{number}")
        made = _object(stream, part, part.get("Prefix") or "", place, content)
        if len(made.key.encode()) > MAX_KEY_BYTES:
            failed += [
                Failed(record, "DynamicPartitioning.KeyTooLong", "the object's key is too long") for record in group
            ]
            continue
        objects.append(made)
    if failed:
        objects.append(failed_object(stream, part, failed, "processing-failed", delivery_id, now, attempts=1))
    return objects


def failed_object(
    stream: DeliveryStream,
    part: Destination,
    failed: list[Failed],
    kind: str,
    delivery_id: str,
    now: int,
    attempts: int,
) -> Object:
    """Return the object that keeps what could not be delivered, a line of JSON for each record."""
    lines = "".join(json.dumps(line) + "\n" for line in _lines(failed, now, attempts))
    place = _place(part, failed[0].record.arrived_at, {}, kind, f"{delivery_id}:failed")
    prefix = part.get("ErrorOutputPrefix")
    if prefix is None:
        prefix = f"{part.get('Prefix') or ''}{kind}/"
    return _object(stream, part, prefix, place, lines.encode())


def _lines(failed: list[Failed], now: int, attempts: int) -> Iterator[dict[str, Any]]:
    for record, code, message in failed:
        yield {
            "attemptsMade": attempts,
            "arrivalTimestamp": record.arrived_at,
            "errorCode": code,
            "errorMessage": message,
            "attemptEndingTimestamp": now,
            "rawData": base64.b64encode(record.data).decode("ascii"),
        }


def _place(part: Destination, arrived_at: int, partition: dict[str, str], kind: str, seed: str) -> Place:
    at = datetime.fromtimestamp(arrived_at / 1000, UTC).astimezone(zone_of(part) or UTC)
    random = base64.b32encode(hashlib.sha256(seed.encode()).digest()).decode("ascii")[:11].lower()
    return Place(at, partition, kind, random)


def zone_of(part: Destination) -> ZoneInfo | None:
    """Return the time zone of a destination's prefixes; None for UTC. Raises ValueError for zones nobody knows."""
    name = part.get("CustomTimeZone")
    if not name or name == "UTC":
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError) as error:
        raise ValueError(f"{name} is no time zone") from error


def _object(stream: DeliveryStream, part: Destination, prefix: str, place: Place, content: bytes) -> Object:
    form = part.get("CompressionFormat", "UNCOMPRESSED")
    digest = hashlib.md5(f"{place.random}:{prefix}".encode()).hexdigest()
    unique = f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:]}"
    at = formatted("yyyy-MM-dd-HH-mm-ss", place.at)
    name = f"{stream.id}-{stream.version}-{at}-{unique}"
    key = evaluated(prefix, place) + name + (part.get("FileExtension") or EXTENSIONS[form])
    return Object(part["BucketARN"].rpartition(":")[2], key, compressed(form, content, name))
