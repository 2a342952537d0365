"""ListSubscriptions and ListSubscriptionsByTopic."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.sns import sns
from skyglobe.services.sns.access import find_subscription, get_topic
from skyglobe.services.sns.paging import page_start, paged
from skyglobe.services.sns.records import Subscription, subscribed, subscriptions


@sns.operation
def list_subscriptions(call: Call, next_token: str | None = None) -> dict[str, Any]:
    """List what the account has subscribed in this region, a hundred at a time, other accounts' topics included."""
    past = page_start(call, "subscriptions", next_token)
    return paged(call, "subscriptions", "Subscriptions", _own(call, past), lambda one: (one.arn,), _shown)


def _own(call: Call, past: Any) -> Iterator[Subscription]:
    for mark in subscribed.scan(call, past=past):
        found = find_subscription(call, mark.arn)
        if found is not None:
            yield found.subscription


@sns.operation
def list_subscriptions_by_topic(call: Call, topic_arn: str, next_token: str | None = None) -> dict[str, Any]:
    """List a topic's subscriptions, a hundred at a time."""
    scope, topic = get_topic(call, topic_arn)
    name = f"subscriptions.{topic.number}"
    found = subscriptions.scan(scope, topic.number, past=page_start(scope, name, next_token))
    return paged(scope, name, "Subscriptions", found, lambda one: (one.id,), _shown)


def _shown(subscription: Subscription) -> dict[str, str]:
    return {
        "SubscriptionArn": "PendingConfirmation" if subscription.is_pending else subscription.arn,
        "Owner": subscription.owner,
        "Protocol": subscription.protocol,
        "Endpoint": subscription.endpoint,
        "TopicArn": subscription.arn.rpartition(":")[0],
    }
