"""Server access logs of buckets: where they go."""

from __future__ import annotations

import json
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.services.s3 import deciding, documents, errors, s3, settings
from skyglobe.services.s3.guards import document_of
from skyglobe.services.s3.records import Home, homes
from skyglobe.services.s3.rules.acls import LOG_DELIVERY
from skyglobe.services.s3.rules.logging_targets import DATE_SOURCES, target_of


@s3.operation
def get_bucket_logging(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return where a bucket's log goes; nothing when it has none."""
    home = settings.enter(call, request)
    text = document_of(call, home.name, "logging")
    return {"LoggingEnabled": json.loads(text)} if text else {}


@s3.operation
def put_bucket_logging(call: Call, request: dict[str, Any]) -> None:
    """Have requests to a bucket logged, or no more.

    Raises InvalidTargetBucketForLogging, CrossLocationLoggingProhibitted, MalformedXML, and NotImplemented for
    TargetGrants.
    """
    home = settings.enter(call, request)
    documents.check_document(call, request)
    enabled = (request.get("BucketLoggingStatus") or {}).get("LoggingEnabled")
    if enabled is None:
        settings.drop_document(call, home, "logging")
        settings.change(call, home, logs=False)
        return
    _check(call, home, enabled)
    kept = {"TargetPrefix": "", **enabled}
    settings.keep_document(call, home, "logging", json.dumps(kept))
    settings.change(call, settings.enter(call, request), logs=True)


def _check(call: Call, home: Home, enabled: dict[str, Any]) -> None:
    target = target_of(enabled)
    form = enabled.get("TargetObjectKeyFormat") or {}
    if not target.bucket or len(form) > 1 or (target.partition and target.partition not in DATE_SOURCES):
        raise errors.malformed_xml()
    if enabled.get("TargetGrants"):
        raise errors.not_implemented("TargetGrants", "Grants on the files of access logs are not built yet.")
    there = homes.find(call, call.partition, target.bucket)
    if there is None:
        raise _invalid("The target bucket for logging does not exist", target.bucket)
    if there.owner != home.owner:
        raise _invalid("The owner for the bucket to be logged and the target bucket must be the same.", target.bucket)
    if there.region != home.region:
        text = "Cross S3 location logging not allowed. "
        fields = {"SourceBucketLocation": home.region, "TargetBucketLocation": there.region}
        raise s3.error("CrossLocationLoggingProhibitted", text, status=403, **fields)
    access = deciding.access_of(there)
    if access.requester_pays:
        raise _invalid("The target bucket for logging cannot have Requester Pays enabled", target.bucket)
    given = {grant.permission for grant in deciding.grants_of(there) if grant.grantee == LOG_DELIVERY}
    if access.takes_acls and not access.has_policy and not ({"WRITE", "READ_ACP"} <= given or "FULL_CONTROL" in given):
        text = "You must give the log-delivery group WRITE and READ_ACP permissions to the target bucket"
        raise _invalid(text, target.bucket)


def _invalid(text: str, bucket: str) -> ServiceError:
    return s3.error("InvalidTargetBucketForLogging", text, TargetBucket=bucket)
