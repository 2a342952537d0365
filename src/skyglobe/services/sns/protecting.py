"""Data protection: what a topic's policy does to a message on its way in or out."""

from __future__ import annotations

from skyglobe.services.sns.records import Topic
from skyglobe.services.sns.refusals import invalid
from skyglobe.services.sns.rules.protection import stored_protection


def protected_text(topic: Topic, text: str, principal: str, direction: str) -> str:
    """Return a message's text as the topic's policy lets it pass: masked or redacted where it says so.

    ``principal`` is the ARN of the publisher, or of who subscribed. Raises InvalidParameter when it is denied.
    """
    if not topic.data_protection:
        return text
    protected = stored_protection(topic.data_protection).apply(text, principal, direction)
    if protected is None:
        raise invalid("Message", "The message contains data that the topic's data protection policy denies")
    return protected
