"""Tags as IAM takes them: lists of keys and values, unique without case."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.resources import MAX_TAGS
from skyglobe.kernel.scope import Scope
from skyglobe.services.iam import iam
from skyglobe.services.iam.paging import page_of

Tags = dict[str, str]


def tags_from(given: list[dict[str, str]] | None) -> Tags:
    """Return the tags of a request as a dict. Raises InvalidInput. Lengths and characters are the model's affair."""
    tags: Tags = {}
    seen: set[str] = set()
    for tag in given or ():
        key = tag["Key"]
        if key.lower() in seen:
            raise iam.errors.InvalidInputException(
                "Duplicate tag keys found. Please note that Tag keys are case insensitive."
            )
        if key.lower().startswith("aws:"):
            raise iam.errors.InvalidInputException("Tag keys beginning with aws: are reserved for AWS internal use.")
        seen.add(key.lower())
        tags[key] = tag["Value"]
    return tags


def with_tags(known: Tags, given: list[dict[str, str]], quota: str) -> Tags:
    """Return ``known`` with the tags of a request: a key written in another case replaces the old one.

    Raises InvalidInput, and LimitExceeded naming ``quota`` (``TagsPerUser``).
    """
    added = tags_from(given)
    replaced = {key.lower() for key in added}
    merged = {key: value for key, value in known.items() if key.lower() not in replaced} | added
    if len(merged) > MAX_TAGS:
        raise iam.errors.LimitExceededException(f"Cannot exceed quota for {quota}: {MAX_TAGS}")
    return merged


def without_tags(known: Tags, keys: list[str]) -> Tags:
    """Return ``known`` without ``keys``, whatever their case. Keys that are not there are no error."""
    gone = {key.lower() for key in keys}
    return {key: value for key, value in known.items() if key.lower() not in gone}


def tag_list(tags: Tags) -> list[dict[str, str]]:
    """Return tags as the API shows them, by key."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def list_tags(scope: Scope, of: str, tags: Tags, marker: str | None, max_items: int | None) -> dict[str, Any]:
    """Return the answer of a ``List…Tags`` operation about the resource with the ARN ``of``."""
    shown, more = page_of(scope, "tags:" + of, sorted(tags.items()), lambda tag: (tag[0],), marker, max_items)
    return {"Tags": tag_list(dict(shown)), **more}
