"""Versioning and MFA Delete of buckets."""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.services.s3 import documents, errors, s3, second_factor, settings
from skyglobe.services.s3.guards import Keeping, keeping_of
from skyglobe.services.s3.records import Home
from skyglobe.services.s3.versions import ENABLED, SUSPENDED


@s3.operation
def get_bucket_versioning(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return whether a bucket keeps versions; nothing when it was never told to."""
    keeping = keeping_of(settings.enter(call, request).access)
    result = {"Status": keeping.versioning} if keeping.versioning else {}
    if keeping.mfa_delete:
        result["MFADelete"] = "Enabled"
    return result


@s3.operation
def put_bucket_versioning(call: Call, request: dict[str, Any]) -> None:
    """Enable or suspend versioning; a bucket that had it once never goes back to none.

    While MFA Delete is on, and to switch it on or off, a code of the caller's device must come along; only the owner's
    root may switch it. Raises MalformedXML, IllegalVersioningConfigurationException, AccessDenied, InvalidBucketState.
    """
    home = settings.enter(call, request)
    documents.check_document(call, request)
    if "MFA" in request:
        second_factor.check_secure(call, request["MFA"])
    asked = request.get("VersioningConfiguration") or {}
    old = keeping_of(home.access)
    new = _asked(asked, old)
    if "MFADelete" in asked and (new.mfa_delete or old.mfa_delete):
        _check_root(call, home)
    if old.mfa_delete or new.mfa_delete:
        second_factor.demand(call, request.get("MFA"))
    _check_state(old, new)
    settings.change(call, home, keeping=new)


def _asked(asked: dict[str, Any], old: Keeping) -> Keeping:
    if "Status" not in asked:
        raise _illegal("The Versioning element must be specified")
    mfa = asked.get("MFADelete", "Enabled" if old.mfa_delete else "Disabled")
    if asked["Status"] not in (ENABLED, SUSPENDED) or mfa not in ("Enabled", "Disabled"):
        raise errors.malformed_xml()
    if asked.get("MFADelete") == "Enabled" and asked["Status"] != ENABLED:
        raise _illegal("MFA Delete can be enabled only together with versioning")
    return msgspec.structs.replace(old, versioning=asked["Status"], mfa_delete=mfa == "Enabled")


def _illegal(text: str) -> ServiceError:
    return s3.error("IllegalVersioningConfigurationException", text)


def _check_root(call: Call, home: Home) -> None:
    if not call.principal.is_root or call.principal.account != home.owner:
        raise s3.error("AccessDenied", "This operation may only be performed by the bucket owner", status=403)


def _check_state(old: Keeping, new: Keeping) -> None:
    """Raise InvalidBucketState where something needs versions, or where MFA Delete and lifecycle rules would meet."""
    text = ""
    if old.has_lock and new.versioning != ENABLED:
        text = "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."
    if old.has_replication and new.versioning != ENABLED:
        text = "A replication configuration is present on this bucket, so the versioning state cannot be changed."
    if new.mfa_delete and not old.mfa_delete and old.has_lifecycle:
        text = "MFA Delete cannot be enabled on a bucket that has a lifecycle configuration."
    if text:
        raise s3.error("InvalidBucketState", text, status=409)
