"""How many there are: topics, subscriptions, filter policies, and the quotas on them.

The topic quotas are AWS's to raise and bind in quota mode only, as its throughput quotas do; filter policies have
theirs always, since too many of them are a mistake everywhere.
"""

from __future__ import annotations

from skyglobe.kernel.scope import Scope
from skyglobe.services.sns import sns
from skyglobe.services.sns.records import counts
from skyglobe.services.sns.rules.filters import MAX_FOR_ACCOUNT, MAX_FOR_TOPIC

MAX_TOPICS = 100_000  # standard ones of an account; API reference of CreateTopic
MAX_FIFO_TOPICS = 1_000  # same page
MAX_SUBSCRIPTIONS = 12_500_000  # of a standard topic; SNS quotas
MAX_FIFO_SUBSCRIPTIONS = 100  # of a FIFO topic; SNS quotas
FILTERS = "filters"


def change_count(scope: Scope, key: str, amount: int) -> None:
    """Add to a count."""
    counts.add(scope, key, amount)


def topic_count(is_fifo: bool) -> str:
    """Return the key under which an account's topics of a kind are counted."""
    return "topics:fifo" if is_fifo else "topics:standard"


def subscription_count(number: int, is_pending: bool) -> str:
    """Return the key under which a topic's subscriptions of a state are counted."""
    return f"pending:{number}" if is_pending else f"confirmed:{number}"


def check_topic_quota(scope: Scope, is_fifo: bool) -> None:
    """Raise TopicLimitExceeded when there are as many topics as an account may have."""
    limit = MAX_FIFO_TOPICS if is_fifo else MAX_TOPICS
    if scope.kernel.quotas.enforced and counts.get(scope, topic_count(is_fifo)) >= limit:
        raise sns.errors.TopicLimitExceededException("Topic limit exceeded")


def check_subscription_quota(scope: Scope, number: int, is_fifo: bool) -> None:
    """Raise SubscriptionLimitExceeded when a topic has as many subscriptions as it may."""
    limit = MAX_FIFO_SUBSCRIPTIONS if is_fifo else MAX_SUBSCRIPTIONS
    if scope.kernel.quotas.enforced and sum(counts_of(scope, number)[:2]) >= limit:
        raise sns.errors.SubscriptionLimitExceededException("Subscription limit exceeded")


def count_filter(scope: Scope, number: int, before: bool, after: bool) -> None:
    """Note that a subscription got or lost its filter policy. Raises FilterPolicyLimitExceeded."""
    if before == after:
        return
    key = f"{FILTERS}:{number}"
    if after and (counts.get(scope, key) >= MAX_FOR_TOPIC or counts.get(scope, FILTERS) >= MAX_FOR_ACCOUNT):
        raise sns.errors.FilterPolicyLimitExceededException("Filter policy limit exceeded")
    for name in (key, FILTERS):
        change_count(scope, name, 1 if after else -1)


def counts_of(scope: Scope, number: int) -> tuple[int, int, int]:
    """Return how many subscriptions of a topic are confirmed, pending, deleted."""
    return (
        counts.get(scope, subscription_count(number, False)),
        counts.get(scope, subscription_count(number, True)),
        counts.get(scope, f"deleted:{number}"),
    )


def forget_counts(scope: Scope, number: int) -> None:
    """Drop the counts of a topic that is gone."""
    for key in (f"deleted:{number}", f"confirmed:{number}", f"pending:{number}", f"{FILTERS}:{number}"):
        counts.drop(scope, key)
