"""Tags of keys, as KMS writes them."""

from __future__ import annotations

from skyglobe.kernel.resources import MAX_TAGS, check_tags
from skyglobe.services.kms import kms


def checked_tags(tags: list[dict[str, str]] | None, held: dict[str, str] | None = None) -> dict[str, str]:
    """Return the tags a key has with ``tags`` added. Raises TagException and LimitExceededException."""
    given = {tag["TagKey"]: tag["TagValue"] for tag in tags or ()}
    if len(given) != len(tags or ()):
        raise kms.errors.TagException("Duplicate tag keys found.")
    check_tags(given, kms.errors.TagException)
    merged = {**(held or {}), **given}
    if len(merged) > MAX_TAGS:
        raise kms.errors.LimitExceededException(f"A KMS key can have at most {MAX_TAGS} tags.")
    return merged
