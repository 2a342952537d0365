"""Making subscriptions, and asking those at the other end whether they agree."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.captured import capture
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.services.sns.counting import change_count, check_subscription_quota, count_filter, subscription_count
from skyglobe.services.sns.delivering import send_to_queue
from skyglobe.services.sns.posting import confirmation, send_by_http
from skyglobe.services.sns.records import (
    Subscribed,
    Subscription,
    Token,
    Topic,
    subscribed,
    subscriptions,
    tokens,
)
from skyglobe.services.sns.rules.envelopes import subscribe_url
from skyglobe.services.sns.rules.subscription_attributes import CONFIRMED_BY_TOKEN

TOKEN_FOR = 172_800_000  # milliseconds; API reference of Subscribe: "valid for two days"
TOKEN_DIGITS = 288


def is_confirmed_at_once(subscription: Subscription) -> bool:
    """Whether nobody has to be asked: the endpoint belongs to who subscribes it, or is a phone."""
    if subscription.protocol in CONFIRMED_BY_TOKEN:
        return False
    return subscription.protocol == "sms" or parse_arn(subscription.endpoint).account == subscription.owner


def add_subscription(scope: Scope, topic: Topic, subscription: Subscription) -> Subscription:
    """Keep a new subscription; confirm it, or send for its confirmation. ``scope`` is where its topic lives."""
    check_subscription_quota(scope, topic.number, topic.is_fifo)
    if is_confirmed_at_once(subscription):
        subscription = replace(subscription, since=scope.kernel.next_order(), was_authenticated=True)
    count_filter(scope, topic.number, False, "FilterPolicy" in subscription.attributes)
    subscriptions.insert(scope, subscription)
    subscribed.insert(scope.within(subscription.owner), Subscribed(arn=subscription.arn))
    change_count(scope, subscription_count(topic.number, subscription.is_pending), 1)
    if subscription.is_pending:
        ask(scope, topic, subscription)
    return subscription


def confirm(scope: Scope, topic: Topic, subscription: Subscription, *, signed: bool, locked: bool) -> Subscription:
    """Let a subscription have what is published from now on."""
    confirmed = replace(
        subscription, since=scope.kernel.next_order(), was_authenticated=signed, is_locked=locked and signed
    )
    subscriptions.replace(scope, subscription, confirmed)
    change_count(scope, subscription_count(topic.number, True), -1)
    change_count(scope, subscription_count(topic.number, False), 1)
    return confirmed


def make_token(scope: Scope, subscription: Subscription, *, revives: bool = False) -> str:
    """Return a new token for a subscription, good for two days. One that ``revives`` makes it anew."""
    token = scope.kernel.ids.hex("", TOKEN_DIGITS)
    record = Token(
        token=token,
        number=subscription.number,
        subscription=subscription.id,
        expires_at=scope.now + TOKEN_FOR,
        revives=msgspec.msgpack.encode(subscription) if revives else b"",
    )
    tokens.insert(scope, record)
    set_timer(scope, "sns", "expire", token, record.expires_at)
    return token


def ask(scope: Scope, topic: Topic, subscription: Subscription) -> None:
    """Send a confirmation request to an endpoint."""
    token = make_token(scope, subscription)
    text = (
        f"You have chosen to subscribe to the topic {topic.arn}.\n"
        "To confirm the subscription, visit the SubscribeURL included in this message."
    )
    _tell(scope, topic, subscription, "SubscriptionConfirmation", token, text)


def tell_of_end(scope: Scope, topic: Topic, subscription: Subscription) -> None:
    """Tell an endpoint that its subscription ended, and how to have it back."""
    token = make_token(scope, subscription, revives=True)
    text = (
        f"You have chosen to deactivate subscription {subscription.arn}.\n"
        "To cancel this operation and restore the subscription, visit the SubscribeURL included in this message."
    )
    _tell(scope, topic, subscription, "UnsubscribeConfirmation", token, text)


def _tell(scope: Scope, topic: Topic, subscription: Subscription, kind: str, token: str, text: str) -> None:
    message_id, body = confirmation(scope, topic, token, kind, text)
    protocol, endpoint = subscription.protocol, subscription.endpoint
    if protocol in ("http", "https"):
        send_by_http(scope, topic, subscription, message_id, body, {}, is_raw=False, kind=kind)
    elif protocol in ("email", "email-json"):
        if protocol == "email":
            url = subscribe_url(scope.kernel.config.endpoint, topic.arn, token)
            body = f"{text.partition(chr(10))[0]}\nTo confirm this, visit the link below:\n{url}\n"
        name = topic.attributes.get("DisplayName") or "AWS Notifications"
        sender = f"{name} <no-reply@sns.amazonaws.com>"
        capture(scope, "sns", "email", endpoint, body, sender=sender, subject=f"AWS Notification - {_TITLES[kind]}")
    elif protocol == "sqs":
        params = {"MessageBody": body}
        if endpoint.endswith(".fifo"):
            params |= {"MessageGroupId": subscription.id, "MessageDeduplicationId": message_id}
        try:
            send_to_queue(scope, topic.arn, endpoint, params)
        except ServiceError:
            return  # a queue that does not let SNS in is not asked; its owner can let it in and subscribe again


_TITLES = {
    "SubscriptionConfirmation": "Subscription Confirmation",
    "UnsubscribeConfirmation": "Unsubscribe Confirmation",
}
