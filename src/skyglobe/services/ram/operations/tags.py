"""Tags of shares and permissions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.resources import ResourceTable, check_tags
from skyglobe.services.ram import ram
from skyglobe.services.ram.granting import get_own
from skyglobe.services.ram.records import permissions, shares
from skyglobe.services.ram.sharing import get_own_share


def merged_tags(known: dict[str, str], given: Iterable[dict[str, str]] | None) -> dict[str, str]:
    """Return the tags a share has once ``given`` are put on it. Raises InvalidParameter and TagLimitExceeded."""
    merged = known | {tag.get("key", ""): tag.get("value", "") for tag in given or ()}
    check_tags(merged, ram.errors.InvalidParameterException, ram.errors.TagLimitExceededException)
    return merged


@ram.operation
def tag_resource(
    call: Call,
    tags: list[dict[str, str]],
    resource_share_arn: str | None = None,
    resource_arn: str | None = None,
) -> dict[str, Any]:
    """Put tags on a share, or on a permission of the account's own."""
    table, tagged = _get(call, resource_share_arn or resource_arn)
    table.replace(call, tagged, replace(tagged, tags=merged_tags(tagged.tags, tags)))
    return {}


@ram.operation
def untag_resource(
    call: Call, tag_keys: list[str], resource_share_arn: str | None = None, resource_arn: str | None = None
) -> dict[str, Any]:
    """Take tags off a share or permission."""
    table, tagged = _get(call, resource_share_arn or resource_arn)
    left = {key: value for key, value in tagged.tags.items() if key not in tag_keys}
    table.replace(call, tagged, replace(tagged, tags=left))
    return {}


def _get(call: Call, arn: str | None) -> tuple[ResourceTable[Any], Any]:
    """Return what an ARN names, with the table it is kept in."""
    if arn is None:
        raise ram.errors.InvalidParameterException("You must specify the ARN of a resource share.")
    if ":permission/" in arn:
        return permissions, get_own(call, arn)
    return shares, get_own_share(call, arn)
