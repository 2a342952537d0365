"""What topics count for CloudWatch. Developer guide, "Monitoring Amazon SNS topics using CloudWatch"."""

from __future__ import annotations

from skyglobe.kernel.metric_points import Dimensions
from skyglobe.kernel.metrics import count
from skyglobe.kernel.scope import Scope
from skyglobe.services.sns.records import Subscription, Topic

NAMESPACE = "AWS/SNS"
_FILTERED = "NumberOfNotificationsFilteredOut"


def _dimensions(topic: Topic) -> Dimensions:
    return (("TopicName", topic.id),)


def count_published(scope: Scope, topic: Topic, size: int) -> None:
    """Count a message of ``size`` bytes that a topic took."""
    count(scope, NAMESPACE, "NumberOfMessagesPublished", _dimensions(topic))
    count(scope, NAMESPACE, "PublishSize", _dimensions(topic), float(size))


def count_delivered(scope: Scope, topic: Topic) -> None:
    """Count a notification that a subscriber took."""
    count(scope, NAMESPACE, "NumberOfNotificationsDelivered", _dimensions(topic))


def count_failed(scope: Scope, topic: Topic, *, is_redriven: bool) -> None:
    """Count a notification that was given up, and whether it went to a dead-letter queue."""
    count(scope, NAMESPACE, "NumberOfNotificationsFailed", _dimensions(topic))
    if is_redriven:
        count(scope, NAMESPACE, "NumberOfNotificationsRedrivenToDlq", _dimensions(topic))


def count_audited(scope: Scope, topic: Topic, *, has_findings: bool) -> None:
    """Count a message that an audit looked through; guide, "Data protection policy operations", "Audit metrics"."""
    count(scope, NAMESPACE, "MessagesWithFindings" if has_findings else "MessagesWithNoFindings", _dimensions(topic))


def count_filtered(scope: Scope, topic: Topic, subscription: Subscription, *, has_attributes: bool) -> None:
    """Count a notification that a subscription's filter kept back, and by what."""
    count(scope, NAMESPACE, _FILTERED, _dimensions(topic))
    if subscription.attributes.get("FilterPolicyScope") == "MessageBody":
        count(scope, NAMESPACE, f"{_FILTERED}-MessageBody", _dimensions(topic))
        return
    reason = "MessageAttributes" if has_attributes else "NoMessageAttributes"
    count(scope, NAMESPACE, f"{_FILTERED}-{reason}", _dimensions(topic))
