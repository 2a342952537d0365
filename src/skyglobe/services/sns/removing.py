"""The end of subscriptions, and what has to go with them."""

from __future__ import annotations

from skyglobe.kernel.scope import Scope
from skyglobe.services.sns.counting import FILTERS, change_count, subscription_count
from skyglobe.services.sns.records import Pace, Subscribed, Subscription, paces, subscribed, subscriptions, tokens


def end_subscription(scope: Scope, subscription: Subscription) -> None:
    """Delete a subscription and all that hangs on it. ``scope`` is where its topic lives."""
    subscriptions.delete(scope, subscription)
    there = scope.within(subscription.owner)
    subscribed.delete(there, Subscribed(arn=subscription.arn))
    for token in list(tokens.scan_by(scope, "subscription", subscription.number, subscription.id)):
        tokens.delete(scope, token)
    paces.delete(scope, Pace(subscription=subscription.id, second=0, used=0))
    change_count(scope, subscription_count(subscription.number, subscription.is_pending), -1)
    if not subscription.is_pending:
        change_count(scope, f"deleted:{subscription.number}", 1)
    if "FilterPolicy" in subscription.attributes:
        change_count(scope, f"{FILTERS}:{subscription.number}", -1)
        change_count(scope, FILTERS, -1)
