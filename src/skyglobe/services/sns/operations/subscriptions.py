"""Subscribe and Unsubscribe."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.sns import sns
from skyglobe.services.sns.access import Found, find_subscription, get_topic, identity_of
from skyglobe.services.sns.records import Subscription, subscriptions
from skyglobe.services.sns.refusals import invalid, not_built
from skyglobe.services.sns.removing import end_subscription
from skyglobe.services.sns.replaying import begin_replay
from skyglobe.services.sns.rules.subscription_attributes import CONFIRMED_BY_TOKEN, check_endpoint, plan_attributes
from skyglobe.services.sns.subscribing import add_subscription, ask, tell_of_end
from skyglobe.services.sns.texting import find_endpoint

PENDING = "pending confirmation"
_OTHERS = {"lambda": "Lambda", "firehose": "Data Firehose"}


@sns.operation
def subscribe(
    call: Call,
    topic_arn: str,
    protocol: str,
    endpoint: str | None = None,
    attributes: dict[str, str] | None = None,
    return_subscription_arn: bool = False,
) -> dict[str, Any]:
    """Have an endpoint told of what a topic publishes, once it is confirmed where that is needed."""
    found = get_topic(call, topic_arn)
    endpoint = endpoint or ""
    check_endpoint(protocol, endpoint, found.topic)
    _check_receiver(call, protocol, endpoint)
    subscription = _draft(call, found, protocol, endpoint, attributes or {})
    known = next(subscriptions.scan_by(found.scope, "endpoint", found.topic.number, protocol, endpoint, limit=1), None)
    if known is not None:
        _check_same(known, subscription, attributes or {})
        if known.is_pending:
            ask(found.scope, found.topic, known)
        subscription = known
    else:
        subscription = add_subscription(found.scope, found.topic, subscription)
        if "ReplayPolicy" in subscription.attributes:
            subscription = begin_replay(found.scope, found.topic, subscription)
    if subscription.is_pending and not return_subscription_arn:
        return {"SubscriptionArn": PENDING}
    return {"SubscriptionArn": subscription.arn}


def _check_receiver(call: Call, protocol: str, endpoint: str) -> None:
    """Refuse subscriptions of what cannot be delivered to here, rather than keep what would tell nobody."""
    if protocol in _OTHERS and call.kernel.services.find(protocol) is None:
        raise not_built(f"subscriptions of {_OTHERS[protocol]}")
    if protocol == "application" and find_endpoint(call, endpoint) is None:
        raise invalid("Endpoint", f"Endpoint does not exist for endpoint arn{endpoint}")


def _draft(call: Call, found: Found, protocol: str, endpoint: str, attributes: dict[str, str]) -> Subscription:
    topic = found.topic
    identity = call.kernel.ids.uuid()
    subscription = Subscription(
        arn=f"{topic.arn}:{identity}",
        id=identity,
        owner=call.account,
        created_at=call.now,
        number=topic.number,
        topic=topic.id,
        protocol=protocol,
        endpoint=endpoint,
        principal=identity_of(call.principal),
    )
    planned = plan_attributes(subscription, topic, attributes, call.account, call.region)
    return replace(subscription, attributes=planned)


def _check_same(known: Subscription, wanted: Subscription, given: dict[str, str]) -> None:
    if any(known.attributes.get(name) != wanted.attributes.get(name) for name in given):
        raise invalid("Attributes", "Subscription already exists with different attributes")


@sns.operation
def unsubscribe(call: Call, subscription_arn: str) -> None:
    """End a subscription. One that is gone already is no error.

    Whoever has the link may end it unsigned, unless it was confirmed with AuthenticateOnUnsubscribe; the endpoint is
    told then, and can have it back. Raises AuthorizationError.
    """
    found = find_subscription(call, subscription_arn)
    if found is None:
        return
    scope, topic, subscription = found
    if call.principal.is_anonymous and subscription.is_locked:
        raise sns.errors.AuthorizationErrorException("This subscription can only be ended by its owners")
    if subscription.is_pending and call.account != topic.owner:
        raise invalid("SubscriptionArn", "This subscription is not confirmed yet")
    end_subscription(scope, subscription)
    if not subscription.is_pending and subscription.protocol in CONFIRMED_BY_TOKEN and call.principal.is_anonymous:
        tell_of_end(scope, topic, subscription)
