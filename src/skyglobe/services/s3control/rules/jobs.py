"""Batch Operations jobs: what may be asked for, and the states they go through.

S3 user guide, "Creating an S3 Batch Operations job" and "Tracking job status and completion reports".
"""

from __future__ import annotations

import re
from typing import Any, Literal

from skyglobe.services.s3.rules.checksums import COMPOSITE, DEFAULT, FULL_OBJECT
from skyglobe.services.s3.rules.encryption import encryption_of

MAX_PRIORITY = 2_147_483_647  # JobPriority
MAX_TAGS = 50  # of a job; S3 user guide, "Controlling access and labeling jobs using tags"
KEPT_FOR = 90 * 86_400_000  # milliseconds after its end; ListJobs
FAILURES_FROM = 1_000  # tasks done before a job can fail by their failures; user guide, "Tracking job failures"
FAILING_SHARE = 0.5  # of the tasks done; same page

Status = Literal[
    "New", "Preparing", "Suspended", "Ready", "Active", "Paused", "Completing", "Failing", "Cancelling",
    "Complete", "Failed", "Cancelled",
]  # fmt: skip
RUNNABLE = frozenset(("Ready", "Active", "Paused"))
ENDING = {"Completing": "Complete", "Failing": "Failed", "Cancelling": "Cancelled"}
"""States in which the report is written, and what comes after them."""
ENDED = frozenset(ENDING.values())
GENERATED = "S3InventoryReport_CSV_20211130"
INVENTORY = "S3InventoryReport_CSV_20161130"

_BUCKET_ARN = re.compile(r"arn:[a-z-]+:s3:::([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])")
_OBJECT_ARN = re.compile(r"arn:[a-z-]+:s3:::([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(.+)", re.DOTALL)
_ROLE_ARN = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:role/.+")


class BadJob(ValueError):
    """A job S3 does not take, and why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def operation_in(asked: dict[str, Any]) -> str:
    """Return the name of the one operation asked for; empty when it is not one."""
    return next(iter(asked)) if len(asked) == 1 else ""


def bucket_of(arn: str) -> str:
    """Return the bucket an ARN names. Raises BadJob."""
    match = _BUCKET_ARN.fullmatch(arn)
    if match is None:
        raise BadJob(f"Invalid bucket ARN: {arn}")
    return match[1]


def object_of(arn: str) -> tuple[str, str]:
    """Return the bucket and key an object's ARN names. Raises BadJob."""
    match = _OBJECT_ARN.fullmatch(arn)
    if match is None:
        raise BadJob(f"Invalid object ARN: {arn}")
    return match[1], match[2]


def check_job(request: dict[str, Any]) -> None:
    """Hold CreateJob's parameters to S3's rules. Raises BadJob."""
    if not _ROLE_ARN.fullmatch(request["RoleArn"]):
        raise BadJob("Invalid role ARN")
    if ("Manifest" in request) == ("ManifestGenerator" in request):
        raise BadJob("Exactly one of Manifest and ManifestGenerator must be specified")
    if len(request["Operation"]) != 1:
        raise BadJob("Exactly one operation must be specified")
    _check_operation(operation_in(request["Operation"]), next(iter(request["Operation"].values())) or {})
    report = request["Report"]
    if report["Enabled"]:
        if "Bucket" not in report or "ReportScope" not in report or "Format" not in report:
            raise BadJob("Report must specify Bucket, Format and ReportScope when it is enabled")
        bucket_of(report["Bucket"])
    if "Manifest" in request:
        _check_manifest(request["Manifest"])
    else:
        _check_generator(request["ManifestGenerator"], operation_in(request["Operation"]))


def _check_manifest(manifest: dict[str, Any]) -> None:
    spec = manifest["Spec"]
    object_of(manifest["Location"]["ObjectArn"])
    fields = spec.get("Fields")
    if spec["Format"] == INVENTORY:
        if fields is not None:
            raise BadJob("Fields must not be specified for inventory reports")
        return
    if not fields or fields.count("Bucket") != 1 or fields.count("Key") != 1 or fields.count("VersionId") > 1:
        raise BadJob("Fields must name Bucket and Key once, and VersionId at most once")


def _check_generator(generator: dict[str, Any], operation: str) -> None:
    given = generator.get("S3JobManifestGenerator")
    if given is None:
        raise BadJob("ManifestGenerator must specify S3JobManifestGenerator")
    bucket_of(given["SourceBucket"])
    if given["EnableManifestOutput"]:
        place = given.get("ManifestOutputLocation")
        if place is None:
            raise BadJob("ManifestOutputLocation must be specified when EnableManifestOutput is true")
        bucket_of(place["Bucket"])
        if "ManifestEncryption" in place and encryption_of(place["ManifestEncryption"]) is None:
            raise BadJob("ManifestEncryption must say one of SSES3 and SSEKMS with a KeyId")
    chosen = given.get("Filter") or {}
    if operation != "S3ReplicateObject" and chosen.get("EligibleForReplication") is not None:
        raise BadJob("EligibleForReplication can only be used with S3ReplicateObject")


def _check_operation(name: str, given: dict[str, Any]) -> None:
    if name == "S3PutObjectCopy":
        if "TargetResource" not in given:
            raise BadJob("TargetResource must be specified")
        bucket_of(given["TargetResource"])
        if "CannedAccessControlList" in given and given.get("AccessControlGrants"):
            raise BadJob("Specifying both CannedAccessControlList and AccessControlGrants is not allowed")
    if name == "S3PutObjectAcl":
        policy = given.get("AccessControlPolicy") or {}
        if ("CannedAccessControlList" in policy) == ("AccessControlList" in policy):
            raise BadJob("Exactly one of CannedAccessControlList and AccessControlList must be specified")
    if name == "S3InitiateRestoreObject" and "GlacierJobTier" not in given:
        raise BadJob("GlacierJobTier must be specified")
    if name == "S3UpdateObjectEncryption" and "SSEKMS" not in (given.get("ObjectEncryption") or {}):
        raise BadJob("ObjectEncryption must specify SSEKMS")
    if name == "LambdaInvoke" and "FunctionArn" not in given:
        raise BadJob("FunctionArn must be specified")
    if name == "S3ComputeObjectChecksum" and checksum_in(given) == ("CRC64NVME", COMPOSITE):
        raise BadJob("The COMPOSITE checksum type cannot be used with the CRC64NVME checksum algorithm")


def checksum_in(given: dict[str, Any]) -> tuple[str, str]:
    """Return the algorithm and the type of the checksums a job computes."""
    return given.get("ChecksumAlgorithm", DEFAULT), given.get("ChecksumType", FULL_OBJECT)


def too_many_failed(succeeded: int, failed: int) -> bool:
    """Whether more than half of at least 1,000 tasks failed, which ends a job."""
    done = succeeded + failed
    return done >= FAILURES_FROM and failed > done * FAILING_SHARE
