"""Finding what calls name by ARN, in whatever account it lives; and what the policy engine asks about topics."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import NamedTuple

from skyglobe.kernel.arns import make_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.principals import Principal
from skyglobe.kernel.scope import Scope
from skyglobe.services.sns.records import Subscription, Topic, subscriptions, topics
from skyglobe.services.sns.refusals import invalid, no_such_subscription, no_such_topic
from skyglobe.services.sns.rules.names import parse_sns_arn

DEFAULT_ACTIONS = (
    "SNS:GetTopicAttributes",
    "SNS:SetTopicAttributes",
    "SNS:AddPermission",
    "SNS:RemovePermission",
    "SNS:DeleteTopic",
    "SNS:Subscribe",
    "SNS:ListSubscriptionsByTopic",
    "SNS:Publish",
)
"""What the policy of a new topic speaks of; developer guide, "Example cases for access control"."""


class Found(NamedTuple):
    """A topic, and the scope it lives in."""

    scope: Scope
    topic: Topic


class FoundSubscription(NamedTuple):
    """A subscription, its topic, and the scope both live in."""

    scope: Scope
    topic: Topic
    subscription: Subscription


def find_topic(call: Call, arn: str, parameter: str = "TopicArn") -> Found | None:
    """Return the topic with this ARN, None when there is none. Raises InvalidParameter for other regions' ARNs."""
    _, _, region, account, name = parse_sns_arn(arn, parameter)
    if account == call.account and region == call.region:
        scope: Scope = call
    elif region != call.region and not call.principal.is_anonymous:
        raise invalid(parameter)
    else:
        scope = call.within(account, region)
    topic = topics.find(scope, name)
    return Found(scope, topic) if topic is not None else None


def get_topic(call: Call, arn: str, parameter: str = "TopicArn") -> Found:
    """As ``find_topic``. Raises NotFound as well."""
    found = find_topic(call, arn, parameter)
    if found is None:
        raise no_such_topic()
    return found


def find_subscription(call: Call, arn: str) -> FoundSubscription | None:
    """Return the subscription with this ARN, or None. Raises InvalidParameter."""
    place = parse_sns_arn(arn, "SubscriptionArn")
    topic, _, identity = place.resource.partition(":")
    if not identity:
        elements = len(arn.split(":"))
        raise invalid("SubscriptionArn", f"An ARN must have at least 7 elements, not {elements}")
    scope = call.within(place.account, place.region)
    found = topics.find(scope, topic)
    subscription = subscriptions.find(scope, found.number, identity) if found is not None else None
    return FoundSubscription(scope, found, subscription) if found is not None and subscription is not None else None


def get_subscription(call: Call, arn: str) -> FoundSubscription:
    """As ``find_subscription``. Raises NotFound as well."""
    found = find_subscription(call, arn)
    if found is None:
        raise no_such_subscription()
    return found


def identity_of(principal: Principal) -> str:
    """Return the ARN that a caller is told and known by: of a session of a role, the role's."""
    session = principal.session
    is_of_role = principal.type == "assumed-role" and session is not None
    return (session.issuer_arn if is_of_role and session is not None else "") or principal.arn


def topic_arn(scope: Scope, name: str) -> str:
    """Return the ARN of the topic of that name where ``scope`` stands."""
    return make_arn(scope, "sns", name)


@lru_cache(maxsize=1024)
def default_policy(arn: str, owner: str) -> str:
    """Return the policy of a topic that was given none: what its owner's account and services for it may."""
    return json.dumps(
        {
            "Version": "2008-10-17",
            "Id": "__default_policy_ID",
            "Statement": [
                {
                    "Sid": "__default_statement_ID",
                    "Effect": "Allow",
                    "Principal": {"AWS": "*"},
                    "Action": list(DEFAULT_ACTIONS),
                    "Resource": arn,
                    "Condition": {"StringEquals": {"AWS:SourceOwner": owner}},
                }
            ],
        },
        separators=(",", ":"),
    )


def policy_of(topic: Topic) -> str:
    """Return a topic's access policy."""
    return topic.attributes.get("Policy") or default_policy(topic.arn, topic.owner)


def resource_policy(scope: Scope, arn: str) -> str | None:
    """Return the access policy of the topic with this ARN, for the policy engine; None for what has none."""
    fields = arn.split(":")
    if len(fields) < 6:
        return None
    topic = topics.find(scope.within(fields[4], fields[3]), fields[5])
    return policy_of(topic) if topic is not None else None
