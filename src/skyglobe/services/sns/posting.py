"""HTTP deliveries: kept until they succeed, tried again by their delivery policy, given up at its end."""

from __future__ import annotations

import json
import logging
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.outbox import post
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.services.sns.feedback import Told, digest_of
from skyglobe.services.sns.records import (
    Attributes,
    Pace,
    Sealed,
    Sending,
    Subscription,
    Topic,
    paces,
    sendings,
    subscriptions,
    topics,
)
from skyglobe.services.sns.rules.delivery_policies import DEFAULT_CONTENT_TYPE, DeliveryPolicy, effective_policy
from skyglobe.services.sns.rules.envelopes import string_to_sign, subscribe_url, timestamp, write_envelope
from skyglobe.services.sns.sealing import opened_text, sealed_text
from skyglobe.services.sns.signing import signer_of

ORDER_BITS = 20  # of an order number below the milliseconds it was given out at; ``Kernel.next_orders``

_log = logging.getLogger(__name__)


def policy_of(topic: Topic, subscription: Subscription) -> DeliveryPolicy:
    """Return the delivery policy that applies to a subscription."""
    return effective_policy(
        topic.attributes.get("DeliveryPolicy", ""), subscription.attributes.get("DeliveryPolicy", "")
    )


def send_by_http(
    scope: Scope,
    topic: Topic,
    subscription: Subscription,
    message_id: str,
    body: str,
    attributes: Attributes,
    is_raw: bool,
    kind: str = "Notification",
    like: Sealed | None = None,
) -> None:
    """Have ``body`` posted to a subscription's URL, as soon as its throttle policy allows.

    Until then it is kept encrypted as the message was that it is made of, if that was.
    """
    policy = policy_of(topic, subscription)
    sealed = sealed_text(scope, topic.id, body, like) if like is not None else None
    sending = Sending(
        number=scope.kernel.next_order(),
        topic=topic.id,
        subscription=subscription.id,
        arn=subscription.arn,
        kind=kind,
        url=subscription.endpoint,
        message_id=message_id,
        body=body if sealed is None else "",
        sealed=sealed,
        is_raw=is_raw,
        content_type=policy.content_type if kind == "Notification" else DEFAULT_CONTENT_TYPE,
        attributes=attributes,
    )
    sendings.insert(scope, sending)
    due_at = scope.now
    if policy.per_second is not None and kind == "Notification":
        due_at = _paced(scope, subscription, policy.per_second)
    schedule(scope, sending, due_at)


def schedule(scope: Scope, sending: Sending, due_at: int) -> None:
    """Have a delivery tried at ``due_at``, which may be now."""
    if due_at <= scope.now:
        post(scope, "sns", "post", {"number": sending.number})
    else:
        set_timer(scope, "sns", "post", str(sending.number), due_at)


def _paced(scope: Scope, subscription: Subscription, per_second: int) -> int:
    """Return when a delivery may go out that is not to be one too many in its second."""
    now = scope.now // 1000
    pace = paces.find(scope, subscription.id)
    second, used = (pace.second, pace.used) if pace is not None and pace.second >= now else (now, 0)
    if used >= per_second:
        second, used = second + 1, 0
    paces.put(scope, Pace(subscription=subscription.id, second=second, used=used + 1))
    return scope.now if second == now else second * 1000


def headers_of(topic_arn: str, sending: Sending) -> dict[str, str]:
    """Return the headers of a delivery; developer guide, "HTTP/S headers"."""
    headers = {
        "x-amz-sns-message-type": sending.kind,
        "x-amz-sns-message-id": sending.message_id,
        "x-amz-sns-topic-arn": topic_arn,
    }
    if sending.kind != "SubscriptionConfirmation":
        headers["x-amz-sns-subscription-arn"] = sending.arn
    if sending.is_raw:
        headers["x-amz-sns-rawdelivery"] = "true"
    headers["Content-Type"] = sending.content_type
    return headers


def find_receiver(scope: Scope, sending: Sending) -> tuple[Topic, Subscription] | None:
    """Return whom a delivery is for; None when it is nobody's any more.

    The news that a subscription ended goes out though it is gone.
    """
    topic = topics.find(scope, sending.topic)
    if topic is None:
        return None
    subscription = subscriptions.find(scope, topic.number, sending.subscription)
    if subscription is None and sending.kind == "UnsubscribeConfirmation":
        subscription = Subscription(
            arn=sending.arn,
            id=sending.subscription,
            owner=topic.owner,
            created_at=scope.now,
            number=topic.number,
            topic=topic.id,
            protocol=sending.url.partition(":")[0],
            endpoint=sending.url,
            principal="",
        )
    return (topic, subscription) if subscription is not None else None


def retry_later(scope: Scope, sending: Sending, topic: Topic, subscription: Subscription) -> bool:
    """Have a delivery tried again when its policy says; return False when it says no more."""
    policy = policy_of(topic, subscription)
    number = sending.retries + 1
    if number > policy.retries:
        return False
    tried = replace(sending, retries=number)
    sendings.replace(scope, sending, tried)
    schedule(scope, tried, scope.now + round(policy.delay(number) * 1000))
    return True


def find_body(scope: Scope, sending: Sending) -> str | None:
    """Return what is posted; None where the KMS key it is kept under does not decrypt it."""
    if sending.sealed is None:
        return sending.body
    try:
        return opened_text(scope, sending.topic, sending.sealed)
    except ServiceError as error:
        _log.warning("%s cannot be posted to %s: %s", sending.message_id, sending.url, error.message)
        return None


def undelivered(sending: Sending, body: str) -> dict[str, Any]:
    """Return a delivery as the message its dead-letter queue gets."""
    params: dict[str, Any] = {"MessageBody": body}
    if sending.is_raw and sending.attributes:
        names = ("DataType", "StringValue", "BinaryValue")
        params["MessageAttributes"] = {
            name: {part: given[part] for part in names if given.get(part) is not None}
            for name, given in sending.attributes.items()
            if not name.startswith("AWS.")
        }
    return params


def told_by(sending: Sending, body: str) -> Told:
    """Return what is said of the message that a delivery carries."""
    text = body if sending.is_raw else json.loads(body)["Message"]
    return Told(sending.message_id, digest_of(text), sending.number >> ORDER_BITS)


def confirmation(scope: Scope, topic: Topic, token: str, kind: str, text: str) -> tuple[str, str]:
    """Return the id and the signed JSON of a message that asks to confirm a subscription, or tells of its end."""
    version = topic.attributes.get("SignatureVersion", "1")
    signer = signer_of(scope)
    message_id = scope.kernel.ids.uuid()
    made: dict[str, Any] = {
        "Type": kind,
        "MessageId": message_id,
        "Token": token,
        "TopicArn": topic.arn,
        "Message": text,
        "SubscribeURL": subscribe_url(scope.kernel.config.endpoint, topic.arn, token),
        "Timestamp": timestamp(scope.now),
    }
    made["SignatureVersion"] = version
    made["Signature"] = signer.sign(string_to_sign(made), version)
    made["SigningCertURL"] = signer.certificate_url
    return message_id, write_envelope(made)


def lambda_event(topic_arn: str, subscription_arn: str, envelope: str) -> str:
    """Return the event a function is invoked with (Lambda developer guide, "Invoking with Amazon SNS")."""
    message = json.loads(envelope)
    message.setdefault("Subject", None)
    message.setdefault("MessageAttributes", {})
    for old, new in (("SigningCertURL", "SigningCertUrl"), ("UnsubscribeURL", "UnsubscribeUrl")):
        if old in message:
            message[new] = message.pop(old)
    record = {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription_arn,
        "Sns": message,
    }
    return json.dumps({"Records": [record]})
