"""TagResource, UntagResource, ListResourceTags."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.kms import kms
from skyglobe.services.kms.describing import page
from skyglobe.services.kms.finding import get_living_key, get_own_key
from skyglobe.services.kms.records import keys
from skyglobe.services.kms.tagging import checked_tags


@kms.operation
def tag_resource(call: Call, key_id: str, tags: list[dict[str, str]]) -> None:
    """Add tags to a key, or change the values of those it has."""
    scope, key, _ = get_living_key(call, key_id)
    keys.replace(scope, key, replace(key, tags=checked_tags(tags, key.tags)))


@kms.operation
def untag_resource(call: Call, key_id: str, tag_keys: list[str]) -> None:
    """Take tags from a key. Keys it does not have are no error."""
    scope, key, _ = get_living_key(call, key_id)
    kept = {name: value for name, value in key.tags.items() if name not in tag_keys}
    keys.replace(scope, key, replace(key, tags=kept))


@kms.operation
def list_resource_tags(call: Call, key_id: str, limit: int = 50, marker: str | None = None) -> dict[str, Any]:
    """List a key's tags by name."""
    _, key, _ = get_own_key(call, key_id)

    def rows(past: tuple[str, ...] | None, most: int) -> list[str]:
        return [name for name in sorted(key.tags) if past is None or name > past[0]][:most]

    found, more = page(call, f"tags:{key.id}", rows, lambda name: (name,), marker, limit)
    return {"Tags": [{"TagKey": name, "TagValue": key.tags[name]} for name in found], **more}
