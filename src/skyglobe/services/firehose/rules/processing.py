"""What happens to records on their way: taken apart, partitioned by their own fields, delimited."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from typing import Any, NamedTuple

from skyglobe.services.firehose.rules.prefixes import FROM_LAMBDA, FROM_QUERY

Partition = tuple[tuple[str, str], ...]
"""Partition keys and their values, in the query's order."""

_ESCAPES = {"\\n": "\n", "\\r": "\r", "\\t": "\t"}
"""How a delimiter's control characters are written."""
MAX_PARTITION_VALUE = 1024  # characters of one value; object keys have no more


class Record(NamedTuple):
    """One record to deliver."""

    data: bytes
    arrived_at: int
    sequence: int = 0
    """Of what came together with it; grows."""
    keys: tuple[tuple[str, str], ...] = ()
    """Partition keys that a function gave."""


class Failed(NamedTuple):
    """One record that cannot be delivered as it is."""

    record: Record
    code: str
    message: str


Processors = list[dict[str, Any]]


def parameters_of(processor: dict[str, Any]) -> dict[str, str]:
    """Return a processor's parameters by name."""
    return {given["ParameterName"]: given["ParameterValue"] for given in processor.get("Parameters", ())}


def enabled_processors(destination: dict[str, Any]) -> Processors:
    """Return the processors that are in use."""
    given = destination.get("ProcessingConfiguration") or {}
    return list(given.get("Processors", ())) if given.get("Enabled") else []


def missing_package(processors: Processors) -> str:
    """Return the package that processing needs and is not there, or nothing."""
    wanted = any(processor["Type"] == "MetadataExtraction" for processor in processors)
    return "jq" if wanted and find_spec("jq") is None else ""


def process(
    processors: Processors, records: list[Record], names: set[str] | frozenset[str] = frozenset()
) -> tuple[dict[Partition, list[Record]], list[Failed]]:
    """Return records by partition, and those that cannot be told one.

    ``names`` are the keys that are asked for; of those that a function gave, the others do not part records.
    """
    failed: list[Failed] = []
    by_type = {processor["Type"]: parameters_of(processor) for processor in processors}
    if (given := by_type.get("RecordDeAggregation")) is not None:
        records = _taken_apart(given, records, failed)
    groups: dict[Partition, list[Record]] = {}
    extract = _extractor(by_type["MetadataExtraction"]) if "MetadataExtraction" in by_type else None
    delimiter = _delimiter(by_type.get("AppendDelimiterToRecord"))
    for record in records:
        try:
            partition = extract(record.data) if extract is not None else ()
        except ValueError as error:
            failed.append(Failed(record, "DynamicPartitioning.MetadataExtractionFailed", str(error)))
            continue
        given_keys = ((f"{FROM_LAMBDA}:{name}", value) for name, value in record.keys)
        partition += tuple(pair for pair in given_keys if pair[0] in names)
        groups.setdefault(partition, []).append(record._replace(data=record.data + delimiter))
    return groups, failed


def _taken_apart(given: dict[str, str], records: Iterable[Record], failed: list[Failed]) -> list[Record]:
    apart: list[Record] = []
    for record in records:
        try:
            parts = _parts(given, record.data)
        except ValueError as error:
            failed.append(Failed(record, "DynamicPartitioning.DeAggregationFailed", str(error)))
            continue
        apart += [record._replace(data=part) for part in parts if part]
    return apart


def _parts(given: dict[str, str], data: bytes) -> list[bytes]:
    if given.get("SubRecordType") == "DELIMITED":
        return data.split(base64.b64decode(given.get("Delimiter", "")))
    decoder, text, parts, at = json.JSONDecoder(), data.decode(), [], 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        _, end = decoder.raw_decode(text, at)
        parts.append(text[at:end].encode())
        at = end
    return parts


def fault_of(processor: dict[str, Any]) -> str:
    """Return what is wrong with a processor that is built, or nothing."""
    given, kind = parameters_of(processor), processor["Type"]
    if kind == "Lambda" and ":function:" not in given.get("LambdaArn", ""):
        return "The Lambda processor needs the parameter LambdaArn"
    if kind == "Lambda" and fault_of_numbers(given):
        return fault_of_numbers(given)
    if kind == "Decompression" and given.get("CompressionFormat") != "GZIP":
        return "Decompression needs the parameter CompressionFormat with the value GZIP"
    if kind == "CloudWatchLogProcessing" and given.get("DataMessageExtraction", "").lower() not in ("true", "false"):
        return "CloudWatchLogProcessing needs the parameter DataMessageExtraction with the value true or false"
    if kind == "MetadataExtraction":
        if "MetadataExtractionQuery" not in given:
            return "MetadataExtraction needs the parameter MetadataExtractionQuery"
        if given.get("JsonParsingEngine") != "JQ-1.6":
            return "MetadataExtraction needs the parameter JsonParsingEngine with the value JQ-1.6"
    if kind == "RecordDeAggregation":
        if given.get("SubRecordType") not in ("JSON", "DELIMITED"):
            return "RecordDeAggregation needs the parameter SubRecordType with the value JSON or DELIMITED"
        if given["SubRecordType"] == "DELIMITED" and not _is_base64(given.get("Delimiter", "")):
            return "RecordDeAggregation needs the parameter Delimiter, in base64, for DELIMITED"
    return ""


def fault_of_numbers(given: dict[str, str]) -> str:
    """Return what is wrong with the numbers that a Lambda processor was given, or nothing."""
    # Developer guide, "Transform source data": 0.2 to 3 MB at a time; API reference, ProcessorParameter.
    for name, least, most in (("BufferSizeInMBs", 0.2, 3.0), ("NumberOfRetries", 0, 300)):
        try:
            is_fine = least <= float(given.get(name, least)) <= most
        except ValueError:
            is_fine = False
        if not is_fine:
            return f"The parameter {name} of the Lambda processor must be between {least} and {most}"
    return ""


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True))
    except binascii.Error:
        return False


def check_query(query: str) -> str:
    """Return why a jq query cannot be compiled, or nothing."""
    import jq

    try:
        jq.compile(query)
    except ValueError as error:
        return str(error)
    return ""


def _extractor(given: dict[str, str]) -> Callable[[bytes], Partition]:
    import jq

    program = jq.compile(given["MetadataExtractionQuery"])

    def extract(data: bytes) -> Partition:
        found = next(iter(program.input_text(data.decode())), None)
        if not isinstance(found, dict):
            raise ValueError("the query does not give an object")
        return tuple((f"{FROM_QUERY}:{name}", _as_text(name, value)) for name, value in found.items())

    return extract


def _as_text(name: str, value: Any) -> str:
    if value is None or isinstance(value, dict | list) or value == "":
        raise ValueError(f"partitionKeys values must not be null or empty: {name}")
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if len(text) > MAX_PARTITION_VALUE:
        raise ValueError(f"the value of the partition key {name} is too long")
    return text


def _delimiter(given: dict[str, str] | None) -> bytes:
    if given is None:
        return b""
    text = given.get("Delimiter", "\\n")
    for written, meant in _ESCAPES.items():
        text = text.replace(written, meant)
    return text.encode()
