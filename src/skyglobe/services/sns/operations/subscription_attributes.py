"""GetSubscriptionAttributes and SetSubscriptionAttributes."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.sns import sns
from skyglobe.services.sns.access import get_subscription
from skyglobe.services.sns.counting import count_filter
from skyglobe.services.sns.records import subscriptions
from skyglobe.services.sns.replaying import begin_replay, stop_replay
from skyglobe.services.sns.rules.subscription_attributes import plan_attributes, shown_attributes


@sns.operation
def get_subscription_attributes(call: Call, subscription_arn: str) -> dict[str, Any]:
    """Return everything there is to know of a subscription."""
    _, topic, subscription = get_subscription(call, subscription_arn)
    return {"Attributes": shown_attributes(subscription, topic)}


@sns.operation
def set_subscription_attributes(
    call: Call, subscription_arn: str, attribute_name: str, attribute_value: str | None = None
) -> None:
    """Set one attribute. It applies at once; a ``ReplayPolicy`` begins a replay, an empty one ends it."""
    scope, topic, subscription = get_subscription(call, subscription_arn)
    given = {attribute_name: attribute_value or ""}
    planned = plan_attributes(subscription, topic, given, subscription.owner, scope.region)
    count_filter(scope, topic.number, "FilterPolicy" in subscription.attributes, "FilterPolicy" in planned)
    changed = replace(subscription, attributes=planned)
    subscriptions.replace(scope, subscription, changed)
    if attribute_name == "ReplayPolicy":
        if attribute_value:
            begin_replay(scope, topic, changed)
        else:
            stop_replay(scope, changed)
