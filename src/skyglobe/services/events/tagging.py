"""Tags as EventBridge's API has them: lists of keys and values."""

from __future__ import annotations


def tags_in(tags: list[dict[str, str]] | None) -> dict[str, str]:
    """Return a list of tags as a dict."""
    return {tag["Key"]: tag["Value"] for tag in tags or ()}
