"""Data protection: what a topic's policy does to a message on its way in or out."""

from __future__ import annotations

import json
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.sns import sns
from skyglobe.services.sns.access import Found, identity_of
from skyglobe.services.sns.auditing import audit_message
from skyglobe.services.sns.records import Subscription, Topic
from skyglobe.services.sns.rules.messages import parse_structure
from skyglobe.services.sns.rules.protection import stored_protection

DENIED = "The topic's data protection policy prohibits this message from being"
"""How AWS begins, in its log of deliveries; developer guide, "Data protection policy operations"."""


def taken_text(call: Call, found: Found, message_id: str, entry: dict[str, Any]) -> str:
    """Return the text of a message as the topic takes it in: audited, then masked or redacted as the policy says.

    Of a text for each protocol, each is treated by itself. Raises AuthorizationError when the policy denies it.
    """
    scope, topic = found
    text: str = entry["Message"]
    if not topic.data_protection:
        return text
    protection, publisher = stored_protection(topic.data_protection), identity_of(call.principal)
    audit_message(scope, topic, protection, message_id, text, publisher)
    is_structured = entry.get("MessageStructure") == "json"
    texts = parse_structure(text) if is_structured else {"default": text}
    treated = {name: protection.apply(one, publisher, "Inbound") for name, one in texts.items()}
    if None in treated.values():
        raise sns.errors.AuthorizationErrorException(f"{DENIED} published to {topic.arn}")
    if treated == texts:
        return text
    return json.dumps(treated) if is_structured else treated["default"] or ""


def given_text(topic: Topic, text: str, subscription: Subscription) -> str | None:
    """Return the text of a message as the topic's policy lets a subscription have it; None when it denies it."""
    if not topic.data_protection:
        return text
    return stored_protection(topic.data_protection).apply(text, subscription.principal, "Outbound")
