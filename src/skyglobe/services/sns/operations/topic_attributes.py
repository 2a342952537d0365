"""GetTopicAttributes and SetTopicAttributes."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.sns import sns
from skyglobe.services.sns.access import get_topic, policy_of
from skyglobe.services.sns.counting import counts_of
from skyglobe.services.sns.records import topics
from skyglobe.services.sns.refusals import invalid
from skyglobe.services.sns.replaying import archive_begins, keep_archive
from skyglobe.services.sns.rules.topic_attributes import plan_attributes, shown_attributes


@sns.operation
def get_topic_attributes(call: Call, topic_arn: str) -> dict[str, Any]:
    """Return everything there is to know of a topic."""
    scope, topic = get_topic(call, topic_arn)
    counts = counts_of(scope, topic.number)
    return {"Attributes": shown_attributes(topic, policy_of(topic), counts, archive_begins(scope, topic))}


@sns.operation
def set_topic_attributes(call: Call, topic_arn: str, attribute_name: str, attribute_value: str | None = None) -> None:
    """Set one attribute. It applies at once."""
    scope, topic = get_topic(call, topic_arn)
    if attribute_name == "FifoTopic":
        raise invalid("AttributeName")
    value = attribute_value or ""
    if attribute_name == "ArchivePolicy" and value.strip() == "{}":
        value = ""
    planned = plan_attributes(topic.attributes, {attribute_name: value}, is_fifo=topic.is_fifo)
    changed = replace(topic, attributes=planned)
    topics.replace(scope, topic, changed)
    if attribute_name == "ArchivePolicy":
        keep_archive(scope, changed)
