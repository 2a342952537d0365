"""What arrives at subscribers: the JSON around a message, and what of it is signed.

After "Parsing Amazon SNS message formats" and "Verifying the signatures of Amazon SNS messages" in the developer
guide. AWS writes one member a line with a space on both sides of the colon, and so does this.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from skyglobe.services.sns.records import Attributes

_quoted: Final = json.JSONEncoder(ensure_ascii=False).encode

SIGNED: Final = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
"""The members of each kind of message that its signature covers, in order; same page."""


def timestamp(at: int) -> str:
    """Return an instant as AWS writes it here: ``2026-11-27T11:05:13.123Z``."""
    return f"{datetime.fromtimestamp(at // 1000, UTC).isoformat()[:19]}.{at % 1000:03d}Z"


def string_to_sign(envelope: dict[str, Any]) -> bytes:
    """Return what a message's signature covers: names and values, a line each; a missing subject is left out."""
    names = SIGNED[envelope["Type"]]
    return "".join(f"{name}\n{envelope[name]}\n" for name in names if name in envelope).encode("utf-8", "surrogatepass")


def write_envelope(envelope: dict[str, Any]) -> str:
    """Return an envelope as text."""
    lines = [f"  {_quoted(name)} : {_value(value)}" for name, value in envelope.items()]
    return "{\n" + ",\n".join(lines) + "\n}"


def _value(value: Any) -> str:
    if not isinstance(value, dict):
        return _quoted(value)
    inner = ",".join(
        f'\n    {_quoted(name)} : {{"Type":{_quoted(one["Type"])},"Value":{_quoted(one["Value"])}}}'
        for name, one in value.items()
    )
    return f"{{{inner}\n  }}"


def shown_attributes(attributes: Attributes) -> dict[str, dict[str, str]]:
    """Return message attributes as envelopes show them."""
    return {name: {"Type": attribute["DataType"], "Value": _shown(attribute)} for name, attribute in attributes.items()}


def _shown(attribute: dict[str, Any]) -> str:
    binary = attribute.get("BinaryValue")
    return base64.b64encode(binary).decode() if binary else str(attribute["StringValue"])


def unsubscribe_url(endpoint: str, subscription_arn: str) -> str:
    """Return the link that ends a subscription."""
    return f"{endpoint}/?Action=Unsubscribe&SubscriptionArn={subscription_arn}"


def subscribe_url(endpoint: str, topic_arn: str, token: str) -> str:
    """Return the link that confirms a subscription."""
    return f"{endpoint}/?Action=ConfirmSubscription&TopicArn={quote(topic_arn, safe=':')}&Token={token}"
