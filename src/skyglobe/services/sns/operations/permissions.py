"""AddPermission and RemovePermission: statements of the topic's policy, by label."""

from __future__ import annotations

import re

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.sns import sns
from skyglobe.services.sns.access import get_topic, policy_of
from skyglobe.services.sns.records import topics
from skyglobe.services.sns.refusals import invalid
from skyglobe.services.sns.rules.policies import with_permission, without_permission

_ACCOUNT = re.compile(r"\d{12}")


@sns.operation
def add_permission(call: Call, topic_arn: str, label: str, aws_account_id: list[str], action_name: list[str]) -> None:
    """Allow other accounts some actions on a topic."""
    scope, topic = get_topic(call, topic_arn)
    if not label:
        raise invalid("Label")
    if not aws_account_id or not all(map(_ACCOUNT.fullmatch, aws_account_id)):
        raise invalid("AWSAccountId")
    for action in action_name:
        if action != "*" and action not in sns.model.operation_names:
            raise invalid("Policy statement action out of service scope!")
    if not action_name:
        raise invalid("ActionName")
    policy = with_permission(policy_of(topic), topic.arn, label, aws_account_id, action_name)
    topics.replace(scope, topic, replace(topic, attributes={**topic.attributes, "Policy": policy}))


@sns.operation
def remove_permission(call: Call, topic_arn: str, label: str) -> None:
    """Take back what AddPermission allowed under ``Label``. Nothing happens when there is no such statement."""
    scope, topic = get_topic(call, topic_arn)
    policy = without_permission(policy_of(topic), label)
    topics.replace(scope, topic, replace(topic, attributes={**topic.attributes, "Policy": policy}))
