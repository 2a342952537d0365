"""Subscription attributes: what they may be set to, protocols and their endpoints."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from skyglobe.kernel.arns import parse_arn
from skyglobe.services.sns.records import Subscription, Topic
from skyglobe.services.sns.refusals import invalid
from skyglobe.services.sns.rules.delivery_policies import (
    check_subscription_delivery_policy,
    effective_policy,
    shown_policy,
)
from skyglobe.services.sns.rules.filters import SCOPES, check_filter
from skyglobe.services.sns.rules.names import is_email, is_phone
from skyglobe.services.sns.rules.policies import dead_letter_target

PROTOCOLS = ("http", "https", "email", "email-json", "sms", "sqs", "application", "lambda", "firehose")
RAW_PROTOCOLS = ("http", "https", "sqs", "firehose")
CONFIRMED_BY_TOKEN = ("http", "https", "email", "email-json")
_SERVICES = {"sqs": "sqs", "lambda": "lambda", "firehose": "firehose", "application": "sns"}
MAX_ENDPOINT = 2_048  # characters; AWS's own error says "Invalid parameter: Endpoint" beyond


class Wanted(NamedTuple):
    """What a ``ReplayPolicy`` asks for, in milliseconds since the epoch."""

    start_at: int
    stop_at: int | None


def check_endpoint(protocol: str, endpoint: str, topic: Topic) -> None:
    """Raise InvalidParameter unless ``endpoint`` is one of ``protocol`` that ``topic`` can deliver to."""
    if protocol not in PROTOCOLS:
        raise invalid(f"Amazon SNS does not support this protocol string: {protocol}")
    if topic.is_fifo and protocol != "sqs":
        raise invalid("Invalid protocol type: " + protocol, "Please use an SQS queue to subscribe to a FIFO topic")
    if not endpoint or len(endpoint) > MAX_ENDPOINT:
        raise invalid("Endpoint")
    if protocol in ("http", "https"):
        _check_url(protocol, endpoint)
    elif protocol in ("email", "email-json"):
        if not is_email(endpoint):
            raise invalid("Email address")
    elif protocol == "sms":
        if not is_phone(endpoint):
            raise invalid(f"SMS endpoint: {endpoint}")
    else:
        _check_arn(protocol, endpoint, topic)


def _check_url(protocol: str, url: str) -> None:
    if not url.startswith(f"{protocol}://"):
        raise invalid("Endpoint must match the specified protocol")
    try:
        parts = urlsplit(url)
        is_url = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_url = False
    if not is_url or any(character <= " " or character > "~" for character in url):
        raise invalid("Endpoint")


def _check_arn(protocol: str, endpoint: str, topic: Topic) -> None:
    kind = {"sqs": "SQS", "lambda": "Lambda", "firehose": "Firehose", "application": "Application"}[protocol]
    try:
        arn = parse_arn(endpoint)
    except ValueError as error:
        raise invalid(f"{kind} endpoint ARN") from error
    if arn.service != _SERVICES[protocol] or not arn.account or not arn.region:
        raise invalid(f"{kind} endpoint ARN")
    if protocol == "sqs" and arn.resource.endswith(".fifo") and not topic.is_fifo:
        raise invalid(
            "Invalid parameter: Endpoint",
            "FIFO SQS Queues can not be subscribed to standard SNS topics",
        )


def plan_attributes(
    subscription: Subscription, topic: Topic, given: dict[str, str], account: str, region: str
) -> dict[str, str]:
    """Return a subscription's attributes after ``given`` are set; an empty value takes one away.

    ``account`` and ``region`` are where its dead-letter queue has to be. Raises InvalidParameter.
    """
    changed = dict(subscription.attributes)
    for name, value in given.items():
        _check(subscription, topic, name, value, account, region)
        if value and not (name == "FilterPolicy" and value.strip() == "{}"):
            changed[name] = value
        else:
            changed.pop(name, None)
    if "FilterPolicy" in changed and given.keys() & {"FilterPolicy", "FilterPolicyScope"}:
        check_filter(changed["FilterPolicy"], changed.get("FilterPolicyScope", SCOPES[0]))
    if subscription.protocol == "firehose" and not changed.get("SubscriptionRoleArn"):
        raise invalid("Attributes", "SubscriptionRoleArn is required for firehose subscriptions")
    return changed


def _check(subscription: Subscription, topic: Topic, name: str, value: str, account: str, region: str) -> None:
    protocol = subscription.protocol
    if name == "RawMessageDelivery":
        if value.lower() not in ("true", "false"):
            raise invalid("Attributes", f"RawMessageDelivery: Invalid value [{value}]. Must be true or false.")
        if value.lower() == "true" and protocol not in RAW_PROTOCOLS:
            raise invalid("Attributes", f"Delivery protocol [{protocol}] does not support raw message delivery.")
    elif name == "FilterPolicyScope":
        if value and value not in SCOPES:
            raise invalid(
                "Attributes", f"FilterPolicyScope: Invalid value [{value}]. Please use either {' or '.join(SCOPES)}"
            )
    elif name == "DeliveryPolicy":
        if protocol not in ("http", "https"):
            raise invalid("Attributes", f"Delivery protocol [{protocol}] does not support delivery policies.")
        if value:
            check_subscription_delivery_policy(value)
    elif name == "RedrivePolicy":
        if value:
            dead_letter_target(value, topic.is_fifo, account, region)
    elif name == "SubscriptionRoleArn":
        _check_role(protocol, value)
    elif name == "ReplayPolicy":
        if value:
            if "ArchivePolicy" not in topic.attributes:
                raise invalid("ReplayPolicy", "The topic has no archive")
            parse_replay_policy(value)
    elif name != "FilterPolicy":
        raise invalid("AttributeName")


def _check_role(protocol: str, value: str) -> None:
    if protocol != "firehose":
        raise invalid("Attributes", "SubscriptionRoleArn is only for firehose subscriptions")
    try:
        arn = parse_arn(value)
    except ValueError as error:
        raise invalid("SubscriptionRoleArn") from error
    if arn.service != "iam" or not arn.resource.startswith("role/"):
        raise invalid("SubscriptionRoleArn")


def parse_replay_policy(text: str) -> Wanted:
    """Return what a ``ReplayPolicy`` asks for. Raises InvalidParameter."""
    try:
        policy = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise invalid("ReplayPolicy", "failed to parse JSON") from error
    if not isinstance(policy, dict) or not set(policy) <= {"PointType", "StartingPoint", "EndingPoint"}:
        raise invalid("ReplayPolicy", "must have PointType, StartingPoint and, if wanted, EndingPoint")
    if policy.get("PointType") != "Timestamp":
        raise invalid("ReplayPolicy", "PointType must be Timestamp")
    start_at = _instant(policy.get("StartingPoint"), "StartingPoint")
    stop_at = _instant(policy["EndingPoint"], "EndingPoint") if "EndingPoint" in policy else None
    if stop_at is not None and stop_at <= start_at:
        raise invalid("ReplayPolicy", "EndingPoint must be later than StartingPoint")
    return Wanted(start_at, stop_at)


def _instant(value: Any, name: str) -> int:
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return round(moment.timestamp() * 1000)
    except (TypeError, ValueError, OverflowError) as error:
        raise invalid("ReplayPolicy", f"{name} must be a timestamp in ISO 8601") from error


def shown_attributes(subscription: Subscription, topic: Topic) -> dict[str, str]:
    """Return all attributes as GetSubscriptionAttributes gives them."""
    shown = {
        "SubscriptionArn": subscription.arn,
        "TopicArn": topic.arn,
        "Protocol": subscription.protocol,
        "Endpoint": subscription.endpoint,
        "Owner": subscription.owner,
        "SubscriptionPrincipal": subscription.principal,
        "ConfirmationWasAuthenticated": str(subscription.was_authenticated).lower(),
        "PendingConfirmation": str(subscription.is_pending).lower(),
        "RawMessageDelivery": "false",
        **subscription.attributes,
    }
    shown["RawMessageDelivery"] = shown["RawMessageDelivery"].lower()
    if "FilterPolicy" in shown:
        shown.setdefault("FilterPolicyScope", SCOPES[0])
    if subscription.replay is not None:
        shown["ReplayStatus"] = subscription.replay.status
    if subscription.protocol in ("http", "https"):
        policy = effective_policy(
            topic.attributes.get("DeliveryPolicy", ""), subscription.attributes.get("DeliveryPolicy", "")
        )
        shown["EffectiveDeliveryPolicy"] = shown_policy(policy)
    return shown
