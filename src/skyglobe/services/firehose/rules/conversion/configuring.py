"""What a ``DataFormatConversionConfiguration`` asks for, and whether it can be had."""

from __future__ import annotations

from typing import Any

from skyglobe.services.firehose.rules.conversion.instants import hive_reader

LATEST = "LATEST"
MIN_SIZE_MIB = 64  # of the buffer; developer guide, "Enable record format conversion"
DEFAULT_SIZE_MIB = 128  # the same; see ``destinations.buffered``


def conversion_of(destination: dict[str, Any]) -> dict[str, Any] | None:
    """Return how records are to be converted; None where they are not. On unless it is switched off."""
    given: dict[str, Any] | None = destination.get("DataFormatConversionConfiguration")
    return given if given is not None and given.get("Enabled", True) else None


def fault_of_conversion(destination: dict[str, Any]) -> str:
    """Return what is wrong with a destination's conversion, or nothing."""
    given = conversion_of(destination)
    if given is None:
        return ""
    for member in ("SchemaConfiguration", "InputFormatConfiguration", "OutputFormatConfiguration"):
        if not given.get(member):
            return f"{member} must be specified when data format conversion is enabled"
    for member in ("RoleARN", "DatabaseName", "TableName"):
        if not given["SchemaConfiguration"].get(member):
            return f"SchemaConfiguration.{member} must be specified when data format conversion is enabled"
    deserializer = given["InputFormatConfiguration"].get("Deserializer") or {}
    if len(deserializer) != 1:
        return "Exactly one Deserializer must be specified"
    if len(given["OutputFormatConfiguration"].get("Serializer") or {}) != 1:
        return "Exactly one Serializer must be specified"
    if destination.get("CompressionFormat", "UNCOMPRESSED") != "UNCOMPRESSED":
        return "CompressionFormat must be UNCOMPRESSED when data format conversion is enabled"
    size = (destination.get("BufferingHints") or {}).get("SizeInMBs", DEFAULT_SIZE_MIB)
    if size < MIN_SIZE_MIB:
        return f"BufferingHints.SizeInMBs must be at least {MIN_SIZE_MIB} when data format conversion is enabled"
    try:
        hive_reader((deserializer.get("HiveJsonSerDe") or {}).get("TimestampFormats", ()))
    except ValueError as error:
        return f"TimestampFormats: {error}"
    return ""
