"""Tags as Organizations takes them."""

from __future__ import annotations

from collections.abc import Iterable

from skyglobe.kernel.resources import MAX_TAGS
from skyglobe.services.organizations.refusals import invalid_input, violates


def merged_tags(known: dict[str, str], given: Iterable[dict[str, str]] | None) -> dict[str, str]:
    """Return the tags a resource has once ``given`` are put on it.

    Raises InvalidInputException for reserved keys and keys given twice, ConstraintViolationException beyond 50 tags.
    """
    seen: set[str] = set()
    for tag in given or ():
        key = tag["Key"]
        if key.lower().startswith("aws:"):
            text = "You provided a tag key that begins with the reserved prefix aws:."
            raise invalid_input("INVALID_SYSTEM_TAGS_PARAMETER", text)
        if key in seen:
            raise invalid_input("DUPLICATE_TAG_KEY", "You provided duplicate tag keys in the request.")
        seen.add(key)
    merged = known | {tag["Key"]: tag["Value"] for tag in given or ()}
    if len(merged) > MAX_TAGS:
        raise violates("MAX_TAG_LIMIT_EXCEEDED", "You have exceeded the number of tags allowed on this resource.")
    return merged
