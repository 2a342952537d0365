"""ConfirmSubscription: by a signed call, or by the link that came with the token."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import cancel_timer
from skyglobe.services.sns import sns
from skyglobe.services.sns.access import get_topic
from skyglobe.services.sns.counting import change_count, check_subscription_quota, count_filter, subscription_count
from skyglobe.services.sns.records import (
    Subscribed,
    Subscription,
    Token,
    Topic,
    subscribed,
    subscriptions,
    tokens,
)
from skyglobe.services.sns.refusals import invalid
from skyglobe.services.sns.subscribing import confirm


@sns.operation
def confirm_subscription(
    call: Call, topic_arn: str, token: str, authenticate_on_unsubscribe: str | None = None
) -> dict[str, Any]:
    """Let an endpoint have what the topic publishes from now on. The token may be shown again while it is good."""
    scope, topic = get_topic(call, topic_arn)
    known = tokens.find(scope, token) if len(token) < 1_000 else None
    if known is None or known.number != topic.number or known.expires_at <= scope.now:
        raise invalid("Token")
    subscription = subscriptions.find(scope, topic.number, known.subscription)
    if subscription is None and known.revives:
        subscription = _revive(scope, topic, known)
    elif subscription is None:
        raise invalid("Token")
    elif subscription.is_pending:
        wants_lock = (authenticate_on_unsubscribe or "").lower() == "true"
        subscription = confirm(scope, topic, subscription, signed=not call.principal.is_anonymous, locked=wants_lock)
    return {"SubscriptionArn": subscription.arn}


def _revive(scope: Scope, topic: Topic, token: Token) -> Subscription:
    """Make a subscription that was ended by its link again."""
    old = msgspec.msgpack.decode(token.revives, type=Subscription)
    there = subscriptions.scan_by(scope, "endpoint", topic.number, old.protocol, old.endpoint, limit=1)
    again = next(there, None)
    if again is not None:
        return again
    check_subscription_quota(scope, topic.number, topic.is_fifo)
    count_filter(scope, topic.number, False, "FilterPolicy" in old.attributes)
    subscription = replace(old, since=scope.kernel.next_order())
    subscriptions.insert(scope, subscription)
    subscribed.insert(scope.within(subscription.owner), Subscribed(arn=subscription.arn))
    change_count(scope, subscription_count(topic.number, False), 1)
    tokens.delete(scope, token)
    cancel_timer(scope, "sns", "expire", token.token)
    return subscription
