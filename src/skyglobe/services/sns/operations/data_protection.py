"""PutDataProtectionPolicy and GetDataProtectionPolicy."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.sns import sns
from skyglobe.services.sns.access import get_topic
from skyglobe.services.sns.destinations import open_destinations
from skyglobe.services.sns.records import topics
from skyglobe.services.sns.refusals import invalid
from skyglobe.services.sns.rules.protection import parse_protection


@sns.operation
def put_data_protection_policy(call: Call, resource_arn: str, data_protection_policy: str) -> None:
    """Have a topic's messages looked through. An empty policy ends it.

    Log delivery is let in where an audit sends its findings, in the caller's name. Raises AuthorizationError for that.
    """
    scope, topic = get_topic(call, resource_arn, "ResourceArn")
    if topic.is_fifo:
        raise invalid("ResourceArn", "Data protection policies are not supported on FIFO topics")
    if data_protection_policy:
        audit = parse_protection(data_protection_policy).audit
        if audit is not None:
            open_destinations(call, scope, audit)
    topics.replace(scope, topic, replace(topic, data_protection=data_protection_policy))


@sns.operation
def get_data_protection_policy(call: Call, resource_arn: str) -> dict[str, Any]:
    """Return a topic's data protection policy; nothing when it has none."""
    _, topic = get_topic(call, resource_arn, "ResourceArn")
    return {"DataProtectionPolicy": topic.data_protection} if topic.data_protection else {}
