"""CreateTopic, DeleteTopic, ListTopics."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.timers import set_timer
from skyglobe.services.sns import sns
from skyglobe.services.sns.access import find_topic, policy_of, topic_arn
from skyglobe.services.sns.counting import change_count, check_topic_quota, topic_count
from skyglobe.services.sns.destinations import open_destinations
from skyglobe.services.sns.operations.tags import check_topic_tags, tags_of
from skyglobe.services.sns.paging import page_start, paged
from skyglobe.services.sns.records import Topic, topics
from skyglobe.services.sns.refusals import invalid
from skyglobe.services.sns.rules.names import check_topic_name
from skyglobe.services.sns.rules.protection import parse_protection
from skyglobe.services.sns.rules.topic_attributes import is_fifo_wanted, plan_attributes, shown_attributes


@sns.operation
def create_topic(
    call: Call,
    name: str,
    attributes: dict[str, str] | None = None,
    tags: list[dict[str, str]] | None = None,
    data_protection_policy: str | None = None,
) -> dict[str, Any]:
    """Make a topic; the one of that name that is there will do if nothing of what is asked for differs."""
    given = dict(attributes or {})
    is_fifo = is_fifo_wanted(given)
    given.pop("FifoTopic", None)
    check_topic_name(name, is_fifo)
    wanted_tags = tags_of(tags)
    check_topic_tags(wanted_tags)
    audit = parse_protection(data_protection_policy).audit if data_protection_policy else None
    planned = plan_attributes({}, given, is_fifo=is_fifo)
    known = topics.find(call, name)
    if known is not None:
        _check_same(known, given, wanted_tags, data_protection_policy)
        return {"TopicArn": known.arn}
    check_topic_quota(call, is_fifo)
    if audit is not None:
        open_destinations(call, call, audit)
    topic = Topic(
        arn=topic_arn(call, name),
        id=name,
        owner=call.account,
        created_at=call.now,
        tags=wanted_tags,
        number=call.kernel.next_order(),
        is_fifo=is_fifo,
        attributes=planned,
        data_protection=data_protection_policy or "",
    )
    topics.insert(call, topic)
    change_count(call, topic_count(is_fifo), 1)
    return {"TopicArn": topic.arn}


def _check_same(known: Topic, given: dict[str, str], tags: dict[str, str], protection: str | None) -> None:
    """Raise InvalidParameter when what is asked for is not what is there; what is not asked for is as it is."""
    shown = shown_attributes(known, policy_of(known), (0, 0, 0), "")
    shown.setdefault("SignatureVersion", "1")
    shown.setdefault("TracingConfig", "PassThrough")
    if any(shown.get(name, "") != value for name, value in given.items()):
        raise invalid("Attributes", "Topic already exists with different attributes")
    if tags and tags != known.tags:
        raise invalid("Tags", "Topic already exists with different tags")
    if protection is not None and protection != known.data_protection:
        raise invalid("DataProtectionPolicy", "Topic already exists with different data protection policy")


@sns.operation
def delete_topic(call: Call, topic_arn: str) -> None:
    """Delete a topic with its subscriptions. Nothing happens when there is none."""
    found = find_topic(call, topic_arn)
    if found is None:
        return
    scope, topic = found
    if "ArchivePolicy" in topic.attributes:
        raise sns.errors.InvalidStateException("Cannot delete a topic with an ArchivePolicy")
    topics.delete(scope, topic)
    change_count(scope, topic_count(topic.is_fifo), -1)
    set_timer(scope, "sns", "clear", str(topic.number), scope.now)


@sns.operation
def list_topics(call: Call, next_token: str | None = None) -> dict[str, Any]:
    """List the account's topics, a hundred at a time."""
    found = topics.scan(call, past=page_start(call, "topics", next_token))
    return paged(call, "topics", "Topics", found, lambda topic: (topic.id,), lambda topic: {"TopicArn": topic.arn})
