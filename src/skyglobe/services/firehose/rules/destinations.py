"""Destinations: what is built of them, their defaults, and how they are shown."""

from __future__ import annotations

from typing import Any

from skyglobe.services.firehose.rules.compression import EXTENSIONS
from skyglobe.services.firehose.rules.conversion.configuring import conversion_of, fault_of_conversion
from skyglobe.services.firehose.rules.prefixes import FROM_LAMBDA, FROM_QUERY, fault_between, fault_of, partition_names
from skyglobe.services.firehose.rules.processing import enabled_processors
from skyglobe.services.firehose.rules.processing import fault_of as fault_of_processor

BUILT = {
    # What is built, and what this house calls it.
    "S3DestinationConfiguration": "S3",
    "ExtendedS3DestinationConfiguration": "ExtendedS3",
    "HttpEndpointDestinationConfiguration": "HttpEndpoint",
    "S3DestinationUpdate": "S3",
    "ExtendedS3DestinationUpdate": "ExtendedS3",
    "HttpEndpointDestinationUpdate": "HttpEndpoint",
}
UNBUILT = {
    # What is not, and which service it waits for.
    "RedshiftDestinationConfiguration": "Amazon Redshift",
    "ElasticsearchDestinationConfiguration": "Amazon OpenSearch Service",
    "AmazonopensearchserviceDestinationConfiguration": "Amazon OpenSearch Service",
    "AmazonOpenSearchServerlessDestinationConfiguration": "Amazon OpenSearch Serverless",
    "SplunkDestinationConfiguration": "Splunk",
    "SnowflakeDestinationConfiguration": "Snowflake",
    "IcebergDestinationConfiguration": "Apache Iceberg tables",
    "RedshiftDestinationUpdate": "Amazon Redshift",
    "ElasticsearchDestinationUpdate": "Amazon OpenSearch Service",
    "AmazonopensearchserviceDestinationUpdate": "Amazon OpenSearch Service",
    "AmazonOpenSearchServerlessDestinationUpdate": "Amazon OpenSearch Serverless",
    "SplunkDestinationUpdate": "Splunk",
    "SnowflakeDestinationUpdate": "Snowflake",
    "IcebergDestinationUpdate": "Apache Iceberg tables",
}
ENDPOINT_PROCESSORS = frozenset({"Lambda", "Decompression", "CloudWatchLogProcessing"})
"""What records for HTTP endpoints can be put through; the others are for objects."""
UNBUILT_SOURCES = {"MSKSourceConfiguration": "Amazon MSK", "DatabaseSourceConfiguration": "databases"}
MIB = 1 << 20
DEFAULT_SIZE_MIB, DEFAULT_INTERVAL = 5, 300  # API reference, BufferingHints; seconds
PARTITIONED_SIZE_MIB = 64  # at least, with dynamic partitioning; developer guide, "Dynamic partitioning"
DEFAULT_LARGE_SIZE_MIB = 128  # the same, and "Enable record format conversion"
DEFAULT_RETRY_FOR = 300  # seconds; API reference, HttpEndpointRetryOptions
NO_ENCRYPTION = {"NoEncryptionConfig": "NoEncryption"}

Destination = dict[str, Any]


def is_partitioned(destination: Destination) -> bool:
    """Whether records are partitioned by their own fields."""
    return bool((destination.get("DynamicPartitioningConfiguration") or {}).get("Enabled"))


def buffered(destination: Destination) -> tuple[int, int]:
    """Return up to how many bytes and for how many milliseconds records are buffered."""
    hints = destination.get("BufferingHints") or {}
    size = DEFAULT_SIZE_MIB
    if is_partitioned(destination) or conversion_of(destination) is not None:
        size = DEFAULT_LARGE_SIZE_MIB
    return hints.get("SizeInMBs", size) * MIB, hints.get("IntervalInSeconds", DEFAULT_INTERVAL) * 1000


def unbuilt_of(destination: Destination) -> str:
    """Return which part of a destination needs what is not built, or nothing."""
    if destination.get("SecretsManagerConfiguration", {}).get("Enabled"):
        return "Access keys cannot be taken from AWS Secrets Manager, which is not built yet."
    return ""


def fault_of_s3(destination: Destination) -> str:
    """Return what is wrong with an S3 destination, or nothing."""
    prefix, error_prefix = destination.get("Prefix") or "", destination.get("ErrorOutputPrefix")
    if fault := fault_of(prefix, is_error=False):
        return f"Prefix {fault}"
    if fault := fault_of(error_prefix or "", is_error=True):
        return f"ErrorOutputPrefix {fault}"
    if fault := fault_between(prefix, error_prefix):
        return fault
    faults = (_fault_of_partitioning(destination, prefix), _fault_of_processors(destination))
    return next((fault for fault in faults if fault), "") or fault_of_conversion(destination)


def _fault_of_partitioning(destination: Destination, prefix: str) -> str:
    names = partition_names(prefix)
    if not is_partitioned(destination):
        return "Prefix contains partition keys, but dynamic partitioning is not enabled" if names else ""
    if not names:
        return "Prefix must contain partition keys when dynamic partitioning is enabled"
    kinds = {processor["Type"] for processor in enabled_processors(destination)}
    for space, kind in ((FROM_QUERY, "MetadataExtraction"), (FROM_LAMBDA, "Lambda")):
        if kind not in kinds and any(name.startswith(space) for name in names):
            return f"{kind} processor must be present when Prefix contains {space}"
    if buffered(destination)[0] < PARTITIONED_SIZE_MIB * MIB:
        return f"BufferingHints.SizeInMBs must be at least {PARTITIONED_SIZE_MIB} when dynamic partitioning is enabled"
    return ""


def fault_of_endpoint(destination: Destination) -> str:
    """Return what is wrong with the processors of an HTTP endpoint, or nothing."""
    for processor in enabled_processors(destination):
        if processor["Type"] not in ENDPOINT_PROCESSORS:
            return f"The processor {processor['Type']} is not supported for HTTP endpoint destinations"
    return _fault_of_processors(destination)


def _fault_of_processors(destination: Destination) -> str:
    processors = enabled_processors(destination)
    kinds = {processor["Type"] for processor in processors}
    if "CloudWatchLogProcessing" in kinds and "Decompression" not in kinds:
        return "CloudWatchLogProcessing needs the processor Decompression"
    faults = (fault_of_processor(processor) for processor in processors)
    return next((fault for fault in faults if fault), "")


def s3_parts(kind: str, destination: Destination) -> list[Destination]:
    """Return the S3 configurations in a destination: where records go, and where copies and failures do."""
    if kind == "HttpEndpoint":
        return [destination["S3Configuration"]]
    backup = destination.get("S3BackupConfiguration")
    return [destination, backup] if backup is not None else [destination]


def merged(kind: str, destination: Destination, update: Destination) -> Destination:
    """Return a destination with what an update names put in place of what it had."""
    changed = {**destination, **update}
    for updated, name in (("S3BackupUpdate", "S3BackupConfiguration"), ("S3Update", "S3Configuration")):
        if (inner := changed.pop(updated, None)) is not None:
            changed[name] = {**destination.get(name, {}), **inner}
    return changed


def shown(kind: str, destination: Destination) -> Destination:
    """Return a destination as DescribeDeliveryStream shows it, the defaults filled in."""
    if kind == "HttpEndpoint":
        return {"HttpEndpointDestinationDescription": _shown_endpoint(destination)}
    plain = _shown_s3(destination)
    if kind == "S3":
        return {"S3DestinationDescription": plain}
    extended = {**destination, **plain, "S3BackupMode": destination.get("S3BackupMode", "Disabled")}
    if (conversion := extended.get("DataFormatConversionConfiguration")) is not None:
        extended["DataFormatConversionConfiguration"] = {"Enabled": True, **conversion}
    if (backup := extended.pop("S3BackupConfiguration", None)) is not None:
        extended["S3BackupDescription"] = _shown_s3(backup)
    return {"S3DestinationDescription": plain, "ExtendedS3DestinationDescription": extended}


def _shown_s3(given: Destination) -> Destination:
    size, interval = buffered(given)
    known: Destination = {
        name: given[name] for name in ("RoleARN", "BucketARN", "Prefix", "ErrorOutputPrefix") if name in given
    }
    return {
        **known,
        "BufferingHints": {"SizeInMBs": size // MIB, "IntervalInSeconds": interval // 1000},
        "CompressionFormat": given.get("CompressionFormat", next(iter(EXTENSIONS))),
        "EncryptionConfiguration": given.get("EncryptionConfiguration", NO_ENCRYPTION),
        "CloudWatchLoggingOptions": given.get("CloudWatchLoggingOptions", {"Enabled": False}),
    }


def _shown_endpoint(given: Destination) -> Destination:
    size, interval = buffered(given)
    endpoint = {name: value for name, value in given["EndpointConfiguration"].items() if name != "AccessKey"}
    rest = {name: value for name, value in given.items() if name not in ("S3Configuration", "EndpointConfiguration")}
    return {
        "BufferingHints": {"SizeInMBs": size // MIB, "IntervalInSeconds": interval // 1000},
        "CloudWatchLoggingOptions": {"Enabled": False},
        "RequestConfiguration": {"ContentEncoding": "NONE"},
        "ProcessingConfiguration": {"Enabled": False},
        "RetryOptions": {"DurationInSeconds": DEFAULT_RETRY_FOR},
        "S3BackupMode": "FailedDataOnly",
        **rest,
        "EndpointConfiguration": endpoint,
        "S3DestinationDescription": _shown_s3(given["S3Configuration"]),
    }
