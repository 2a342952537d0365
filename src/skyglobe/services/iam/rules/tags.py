"""Tags as IAM takes and shows them: lists of keys and values, whose keys differ by more than case."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from skyglobe.kernel.resources import MAX_TAGS
from skyglobe.services.iam.refusals import invalid_input, over_quota, validation_error


def merge_tags(known: dict[str, str], given: Iterable[dict[str, str]] | None) -> dict[str, str]:
    """Return the tags an entity has once ``given`` are put on it: a key replaces the one that differs in case only.

    Raises InvalidInput for keys given twice, LimitExceeded beyond 50 tags, ValidationError for reserved keys.
    """
    merged = dict(known)
    seen: set[str] = set()
    for tag in given or ():
        key = tag["Key"]
        if key.lower().startswith("aws:"):
            raise validation_error("Tag keys starting with 'aws:' are reserved for system use.")
        if key.lower() in seen:
            raise invalid_input("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
        seen.add(key.lower())
        merged = {name: value for name, value in merged.items() if name.lower() != key.lower()}
        merged[key] = tag["Value"]
    if len(merged) > MAX_TAGS:
        raise over_quota("TagsPerResource", MAX_TAGS)
    return merged


def without_tags(known: dict[str, str], keys: Iterable[str]) -> dict[str, str]:
    """Return the tags that stay when ``keys`` are taken off. Keys that are not there are no error."""
    gone = {key.lower() for key in keys}
    return {key: value for key, value in known.items() if key.lower() not in gone}


def shown_tags(tags: dict[str, str]) -> list[dict[str, Any]]:
    """Return tags as the API shows them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
