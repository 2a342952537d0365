"""Public access blocks of buckets. What they block is refused where it is asked for, or left out of decisions."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.s3 import documents, errors, s3, settings
from skyglobe.services.s3.deciding import access_of
from skyglobe.services.s3.guards import Blocks


@s3.operation
def put_public_access_block(call: Call, request: dict[str, Any]) -> None:
    """Set all four settings of a bucket; those that are not named are off."""
    home = settings.enter(call, request)
    documents.check_document(call, request)
    configuration = request.get("PublicAccessBlockConfiguration")
    if configuration is None:
        raise errors.malformed_xml()
    settings.change(call, home, blocks=blocks_in(configuration))


@s3.operation
def get_public_access_block(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a bucket. Raises NoSuchPublicAccessBlockConfiguration once they were deleted."""
    home = settings.enter(call, request)
    blocks = access_of(home).blocks
    if blocks is None:
        text = "The public access block configuration was not found"
        raise s3.error("NoSuchPublicAccessBlockConfiguration", text, status=404, BucketName=home.name)
    return {"PublicAccessBlockConfiguration": configuration_of(blocks)}


@s3.operation
def delete_public_access_block(call: Call, request: dict[str, Any]) -> None:
    """Remove the settings of a bucket: those of its account are left."""
    settings.change(call, settings.enter(call, request), blocks=None)


def blocks_in(configuration: dict[str, Any]) -> Blocks:
    """Return the settings of a PublicAccessBlockConfiguration."""
    return Blocks(
        bool(configuration.get("BlockPublicAcls")),
        bool(configuration.get("IgnorePublicAcls")),
        bool(configuration.get("BlockPublicPolicy")),
        bool(configuration.get("RestrictPublicBuckets")),
    )


def configuration_of(blocks: Blocks) -> dict[str, bool]:
    return {
        "BlockPublicAcls": blocks.acls,
        "IgnorePublicAcls": blocks.ignored_acls,
        "BlockPublicPolicy": blocks.policy,
        "RestrictPublicBuckets": blocks.restricted,
    }
