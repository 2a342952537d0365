"""What each call to SNS needs to be allowed, after the service authorization reference of Amazon SNS."""

from __future__ import annotations

from typing import Any, Final

from skyglobe.kernel.access import Need
from skyglobe.kernel.arns import Arn, parse_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.services.sns import sns
from skyglobe.services.sns.access import find_subscription, resource_policy, topic_arn
from skyglobe.services.sns.records import topics
from skyglobe.services.sns.rules.protection import parse_protection

_ARNS: Final = ("TopicArn", "ResourceArn", "SubscriptionArn", "TargetArn", "PlatformApplicationArn", "EndpointArn")

_LOG_DELIVERY: Final = (
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
)

sns.resource_policies(resource_policy)


@sns.needs
def find_needs(call: Call, operation: str, params: dict[str, Any]) -> list[Need]:
    """List what a call needs. Batches need the action of their single form; subscriptions are their topic's."""
    action = f"sns:{operation.removesuffix('Batch')}"
    if operation == "CreateTopic":
        arn = topic_arn(call, params.get("Name", ""))
        needs = [Need(action, arn, call.account), *_of_audit(params, call.account)]
        return [*needs, Need("sns:TagResource", arn, call.account)] if params.get("Tags") else needs
    name = next((name for name in _ARNS if params.get(name)), None)
    if name is None:
        return [Need(action, "*", call.account)]
    arn = params[name]
    try:
        place = parse_arn(arn)
    except ValueError:
        return [Need(action, "*", call.account)]
    owner = place.account or call.account
    if name == "SubscriptionArn":
        found = find_subscription(call, arn)
        if found is not None and found.subscription.owner == call.account:
            owner = call.account  # whoever subscribed to another account's topic may end that
        arn = arn.rpartition(":")[0]
    elif operation == "ConfirmSubscription":
        owner = call.account  # the token says the rest: endpoints need not be the topic's owner's
    need = Need(action, arn, owner, _context(operation, params), _policy_at_hand(call, place, name))
    return [need, *_of_audit(params, owner)] if operation == "PutDataProtectionPolicy" else [need]


def _of_audit(params: dict[str, Any], owner: str) -> list[Need]:
    """Return what an audit needs that tells its findings to somebody.

    Developer guide, "Required permissions when specifying log destinations".
    What is done to each destination is asked for where it is done: ``destinations``.
    """
    document = params.get("DataProtectionPolicy")
    if not document:
        return []
    try:
        audit = parse_protection(document).audit
    except ServiceError:
        return []  # the operation itself refuses it, whoever asks
    return [Need(name, "*", owner) for name in _LOG_DELIVERY] if audit is not None and audit.destinations else []


def _policy_at_hand(call: Call, place: Arn, parameter: str) -> str | None:
    """Return a topic's policy where that spares the engine a question: one that was not set lets in services only."""
    if parameter not in ("TopicArn", "TargetArn") or call.principal.type == "service" or "/" in place.resource:
        return None
    topic = topics.find(call.within(place.account, place.region), place.resource)
    return topic.attributes.get("Policy", "") if topic is not None else ""


def _context(operation: str, params: dict[str, Any]) -> dict[str, str | list[str]]:
    """The condition keys of Subscribe."""
    if operation != "Subscribe":
        return {}
    return {"sns:endpoint": params.get("Endpoint", ""), "sns:protocol": params.get("Protocol", "")}
