"""The objects a delivery writes: their names, and what is in them. The same again for the same delivery."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from skyglobe.services.firehose.converting import Conversion
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


class Plan(NamedTuple):
    """What a delivery to S3 comes to."""

    objects: list[Object]
    failed: list[Failed]
    """What is in the objects of failures; once for each record."""


def plan_objects(
    stream: DeliveryStream,
    part: Destination,
    processors: Processors,
    records: list[Record],
    delivery_id: str,
    now: int,
    lost: list[Failed] | None = None,
    conversion: Conversion | None = None,
) -> Plan:
    """Return the objects that ``records`` make in an S3 destination: one for each partition, one for failures.

    ``lost`` are those that failed before.
    """
    names = partition_names(part.get("Prefix") or "")
    groups, failed = process(processors, records, names)
    failed = [*(lost or ()), *failed]
    unconverted: list[Failed] = []
    objects = []
    for number, (partition, group) in enumerate(groups.items()):
        values = dict(partition)
        if missing := names - set(values):
            text = f"there is no value for {', '.join(sorted(missing))}"
            failed += [Failed(record, "DynamicPartitioning.MissingPartitionKey", text) for record in group]
            continue
        place = _place(part, group[0].arrived_at, values, "", f"{delivery_id}:{number}")
        extension = conversion.extension if conversion is not None else None
        key, name = _key(stream, part, part.get("Prefix") or "", place, extension)
        if len(key.encode()) > MAX_KEY_BYTES:
            failed += [
                Failed(record, "DynamicPartitioning.KeyTooLong", "the object's key is too long") for record in group
            ]
            continue
        if conversion is None:
            content: bytes | None = _compressed(part, b"".join([record.data for record in group]), name)
        else:
            content, unfit = conversion.convert(group)
            unconverted += unfit
        if content is not None:
            objects.append(Object(_bucket(part), key, content))
    if failed:
        objects.append(failed_object(stream, part, failed, "processing-failed", delivery_id, now, attempts=1))
    if unconverted:
        assert conversion is not None
        kind, table = "format-conversion-failed", conversion.catalog_table
        objects.append(failed_object(stream, part, unconverted, kind, delivery_id, now, attempts=1, table=table))
    return Plan(objects, [*failed, *unconverted])


def failed_object(
    stream: DeliveryStream,
    part: Destination,
    failed: list[Failed],
    kind: str,
    delivery_id: str,
    now: int,
    attempts: int,
    table: dict[str, Any] | None = None,
) -> Object:
    """Return the object that keeps what could not be delivered, a line of JSON for each record.

    ``table`` is that whose schema the records do not fit; their lines have names of their own.
    """
    lines = _lines(failed, now, attempts) if table is None else _unconverted_lines(failed, now, attempts, table)
    content = "".join(json.dumps(line) + "\n" for line in lines)
    place = _place(part, failed[0].record.arrived_at, {}, kind, f"{delivery_id}:{kind}")
    prefix = part.get("ErrorOutputPrefix")
    if prefix is None:
        prefix = f"{part.get('Prefix') or ''}{kind}/"
    key, name = _key(stream, part, prefix, place, None)
    return Object(_bucket(part), key, _compressed(part, content.encode(), name))


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


def _unconverted_lines(
    failed: list[Failed], now: int, attempts: int, table: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """Yield lines as the developer guide has them, "Handling errors for data format conversion"."""
    for record, code, message in failed:
        yield {
            "attemptsMade": attempts,
            "arrivalTimestamp": record.arrived_at,
            "lastErrorCode": code,
            "lastErrorMessage": message,
            "attemptEndingTimestamp": now,
            "rawData": base64.b64encode(record.data).decode("ascii"),
            "sequenceNumber": str(record.sequence),
            "subSequenceNumber": None,
            "dataCatalogTable": table,
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


def _bucket(part: Destination) -> str:
    bucket: str = part["BucketARN"].rpartition(":")[2]
    return bucket


def _key(
    stream: DeliveryStream, part: Destination, prefix: str, place: Place, extension: str | None
) -> tuple[str, str]:
    """Return an object's key, and what it is called in it without an extension."""
    form = part.get("CompressionFormat", "UNCOMPRESSED")
    digest = hashlib.md5(f"{place.random}:{prefix}".encode()).hexdigest()
    unique = f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:]}"
    at = formatted("yyyy-MM-dd-HH-mm-ss", place.at)
    name = f"{stream.id}-{stream.version}-{at}-{unique}"
    return evaluated(prefix, place) + name + (part.get("FileExtension") or extension or EXTENSIONS[form]), name


def _compressed(part: Destination, content: bytes, name: str) -> bytes:
    return compressed(part.get("CompressionFormat", "UNCOMPRESSED"), content, name)
