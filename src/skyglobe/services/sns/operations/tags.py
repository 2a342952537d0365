"""TagResource, UntagResource, ListTagsForResource."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.resources import check_tags
from skyglobe.services.sns import sns
from skyglobe.services.sns.access import Found, find_topic
from skyglobe.services.sns.records import topics
from skyglobe.services.sns.refusals import invalid


def tags_of(tags: list[dict[str, str]] | None) -> dict[str, str]:
    """Return a list of tags as a map. Raises InvalidParameter for a key that comes twice."""
    made = {tag["Key"]: tag["Value"] for tag in tags or ()}
    if len(made) != len(tags or ()):
        raise invalid("Tags", "Duplicated keys are not allowed.")
    return made


def check_topic_tags(tags: dict[str, str]) -> None:
    """Raise InvalidParameter and TagLimitExceeded for tags that AWS does not take."""
    check_tags(tags, lambda text: invalid("Tags", text), sns.errors.TagLimitExceededException)
    for key in tags:
        if key.lower().startswith("aws:"):
            raise invalid("Tags", "aws: prefixed tag keys are reserved.")


def _tagged(call: Call, arn: str) -> Found:
    found = find_topic(call, arn, "ResourceArn")
    if found is None:
        raise sns.errors.ResourceNotFoundException("Resource does not exist")
    return found


@sns.operation
def tag_resource(call: Call, resource_arn: str, tags: list[dict[str, str]]) -> None:
    """Add tags to a topic, or change the values of those it has."""
    scope, topic = _tagged(call, resource_arn)
    merged = {**topic.tags, **tags_of(tags)}
    check_topic_tags(merged)
    topics.replace(scope, topic, replace(topic, tags=merged))


@sns.operation
def untag_resource(call: Call, resource_arn: str, tag_keys: list[str]) -> None:
    """Take tags from a topic. Keys it does not have are no error."""
    scope, topic = _tagged(call, resource_arn)
    kept = {key: value for key, value in topic.tags.items() if key not in tag_keys}
    topics.replace(scope, topic, replace(topic, tags=kept))


@sns.operation
def list_tags_for_resource(call: Call, resource_arn: str) -> dict[str, Any]:
    """Return a topic's tags."""
    _, topic = _tagged(call, resource_arn)
    return {"Tags": [{"Key": key, "Value": value} for key, value in topic.tags.items()]}
