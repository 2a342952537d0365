"""Intelligent-Tiering configurations of buckets: after how many days its archive tiers take objects nobody reads."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from skyglobe.kernel.call import Call
from skyglobe.services.s3 import errors, places, s3, settings
from skyglobe.services.s3.guards import document_of, keeping_of
from skyglobe.services.s3.records import Home
from skyglobe.services.s3.rules.archiving import MAX_DAYS, MIN_DAYS

MAX_CONFIGURATIONS = 1_000  # of a bucket; S3 user guide, "Using S3 Intelligent-Tiering"
MAX_ID = 64  # characters; PutBucketIntelligentTieringConfiguration
PAGE = 100  # ListBucketIntelligentTieringConfigurations


@s3.operation
def put_bucket_intelligent_tiering_configuration(call: Call, request: dict[str, Any]) -> None:
    """Add a configuration to a bucket, or replace the one of the same id. Raises MalformedXML, InvalidArgument."""
    home, _ = places.visit(call, request)
    configuration = request.get("IntelligentTieringConfiguration") or {}
    _check(request["Id"], configuration)
    kept = _kept(call, home)
    if request["Id"] not in kept and len(kept) >= MAX_CONFIGURATIONS:
        text = (
            "You are attempting to create a new configuration but have already reached the 1,000-configuration limit."
        )
        raise s3.error("TooManyConfigurations", text)
    _keep(call, home, {**kept, request["Id"]: configuration})


@s3.operation
def get_bucket_intelligent_tiering_configuration(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration. Raises NoSuchConfiguration."""
    home, _ = places.visit(call, request)
    return {"IntelligentTieringConfiguration": _get(call, home, request["Id"])}


@s3.operation
def list_bucket_intelligent_tiering_configurations(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return a page of a bucket's configurations by id. The token is the last id of the page before."""
    home, _ = places.visit(call, request)
    token = request.get("ContinuationToken", "")
    kept = _kept(call, home)
    ids = sorted(name for name in kept if name > token)
    result: dict[str, Any] = {
        "IntelligentTieringConfigurationList": [kept[name] for name in ids[:PAGE]],
        "IsTruncated": len(ids) > PAGE,
    }
    if token:
        result["ContinuationToken"] = token
    if len(ids) > PAGE:
        result["NextContinuationToken"] = ids[PAGE - 1]
    return result


@s3.operation
def delete_bucket_intelligent_tiering_configuration(call: Call, request: dict[str, Any]) -> None:
    """Remove a configuration. Raises NoSuchConfiguration."""
    home, _ = places.visit(call, request)
    _get(call, home, request["Id"])
    kept = _kept(call, home)
    del kept[request["Id"]]
    _keep(call, home, kept)


def _check(name: str, configuration: dict[str, Any]) -> None:
    tierings = configuration.get("Tierings") or []
    tiers = [tiering.get("AccessTier") for tiering in tierings]
    chosen = configuration.get("Filter") or {}
    if configuration.get("Status") not in ("Enabled", "Disabled") or configuration.get("Id") != name:
        raise errors.malformed_xml()
    both = chosen.get("And") or chosen
    tags = both.get("Tags") or ([both["Tag"]] if "Tag" in both else [])
    if any("Key" not in tag or "Value" not in tag for tag in tags):
        raise errors.malformed_xml()
    if not tiers or len(set(tiers)) < len(tiers) or not set(tiers) <= MIN_DAYS.keys() or len(chosen) > 1:
        raise errors.malformed_xml()
    if not 1 <= len(name) <= MAX_ID:
        raise errors.invalid_argument(f"The id must have 1 to {MAX_ID} characters", "id", name)
    days = {tiering["AccessTier"]: tiering.get("Days", 0) for tiering in tierings}
    for tier, after in days.items():
        if not MIN_DAYS[tier] <= after <= MAX_DAYS:
            text = f"Days for {tier} must be between {MIN_DAYS[tier]} and {MAX_DAYS}"
            raise errors.invalid_argument(text, "Days", after)
    if len(days) == 2 and days["DEEP_ARCHIVE_ACCESS"] <= days["ARCHIVE_ACCESS"]:
        text = "Days for DEEP_ARCHIVE_ACCESS must be greater than days for ARCHIVE_ACCESS"
        raise errors.invalid_argument(text, "Days", days["DEEP_ARCHIVE_ACCESS"])


def _kept(call: Call, home: Home) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(document_of(call, home.name, "tiering") or "{}")
    return kept


def _get(call: Call, home: Home, name: str) -> dict[str, Any]:
    found: dict[str, Any] | None = _kept(call, home).get(name)
    if found is None:
        raise s3.error("NoSuchConfiguration", "The specified configuration does not exist.", status=404)
    return found


def _keep(call: Call, home: Home, kept: dict[str, Any]) -> None:
    if kept:
        settings.keep_document(call, home, "tiering", json.dumps(kept))
    else:
        settings.drop_document(call, home, "tiering")
    keeping = msgspec.structs.replace(keeping_of(home.access), has_tiering=bool(kept))
    settings.change(call, home, keeping=keeping)
