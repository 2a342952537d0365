"""Tags of access points, in the API's form."""

from __future__ import annotations

from skyglobe.kernel.resources import MAX_TAGS
from skyglobe.services.s3control import s3control


def tags_in(listed: list[dict[str, str]]) -> dict[str, str]:
    """Return tags by key. Raises InvalidTag for a key that stands twice or is AWS's own."""
    tags = {tag["Key"]: tag["Value"] for tag in listed}
    if len(tags) != len(listed):
        raise s3control.error("InvalidTag", "Cannot provide multiple Tags with the same key")
    if any(key.lower().startswith("aws:") for key in tags):
        raise s3control.error("InvalidTag", "System tags cannot be added/updated by requester")
    return tags


def check_count(tags: dict[str, str]) -> None:
    """Raise TooManyTags for more than a resource can have."""
    if len(tags) > MAX_TAGS:
        raise s3control.error("TooManyTags", f"Object tags cannot be greater than {MAX_TAGS}")
