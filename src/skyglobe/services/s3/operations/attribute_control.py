"""Attribute-based access control of a bucket: whether its tags decide who may do what."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.s3 import documents, errors, s3, settings
from skyglobe.services.s3.deciding import access_of


@s3.operation
def put_bucket_abac(call: Call, request: dict[str, Any]) -> None:
    """Let the bucket's tags decide, or no more. S3 user guide, "Enabling ABAC in general purpose buckets"."""
    home = settings.enter(call, request)
    documents.check_document(call, request)
    status = (request.get("AbacStatus") or {}).get("Status")
    if status not in ("Enabled", "Disabled"):
        raise errors.malformed_xml()
    settings.change(call, home, tags_decide=status == "Enabled")


@s3.operation
def get_bucket_abac(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Say whether the bucket's tags decide."""
    access = access_of(settings.enter(call, request))
    return {"AbacStatus": {"Status": "Enabled" if access.tags_decide else "Disabled"}}
