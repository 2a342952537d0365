"""What a request to create or change a destination asks for, if it can be had."""

from __future__ import annotations

from typing import Any

from skyglobe.services.firehose.refusals import invalid, not_built
from skyglobe.services.firehose.rules.compression import missing_package as missing_for_compression
from skyglobe.services.firehose.rules.conversion.configuring import conversion_of
from skyglobe.services.firehose.rules.conversion.writing import missing_package as missing_for_conversion
from skyglobe.services.firehose.rules.destinations import (
    BUILT,
    UNBUILT,
    Destination,
    fault_of_endpoint,
    fault_of_s3,
    s3_parts,
    unbuilt_of,
)
from skyglobe.services.firehose.rules.endpoints import is_url
from skyglobe.services.firehose.rules.processing import check_query, enabled_processors, parameters_of
from skyglobe.services.firehose.rules.processing import missing_package as missing_for_processing


def chosen(params: dict[str, Any]) -> tuple[str, Destination]:
    """Return kind and configuration of the one destination in a request, or what an update changes of it.

    Raises InvalidArgumentException, and NotImplemented (501) for destinations whose services are not built.
    """
    for member, service in UNBUILT.items():
        if member in params:
            raise not_built(f"Firehose cannot deliver to {service} yet: it is not built.")
    given = [member for member in BUILT if member in params]
    if len(given) != 1:
        raise invalid("Exactly one destination configuration is supported for a Firehose")
    return BUILT[given[0]], params[given[0]]


def check_destination(kind: str, destination: Destination) -> None:
    """Raise InvalidArgumentException or NotImplemented (501) unless records can be delivered so."""
    if text := unbuilt_of(destination):
        raise not_built(text)
    for part in s3_parts(kind, destination):
        if fault := fault_of_s3(part):
            raise invalid(fault)
        _check_package(missing_for_compression(part.get("CompressionFormat", "UNCOMPRESSED")))
    _check_package(missing_for_processing(enabled_processors(destination)))
    if conversion_of(destination) is not None:
        _check_package(missing_for_conversion())
    for processor in enabled_processors(destination):
        query = parameters_of(processor).get("MetadataExtractionQuery")
        if query is not None and (fault := check_query(query)):
            raise invalid(f"MetadataExtractionQuery cannot be compiled: {fault}")
    if destination.get("S3BackupMode") == "Enabled" and destination.get("S3BackupConfiguration") is None:
        raise invalid("S3BackupConfiguration must be specified when S3BackupMode is Enabled")
    if kind == "HttpEndpoint" and not is_url(destination["EndpointConfiguration"]["Url"]):
        raise invalid("EndpointConfiguration.Url is no URL.")
    if kind == "HttpEndpoint" and (fault := fault_of_endpoint(destination)):
        raise invalid(fault)


def _check_package(missing: str) -> None:
    if missing:
        raise not_built(f"This needs the package {missing}: pip install 'skyglobe[firehose]'.")


def roles_of(kind: str, destination: Destination) -> list[str]:
    """Return the roles a destination is written in."""
    return list(dict.fromkeys(part["RoleARN"] for part in s3_parts(kind, destination)))
