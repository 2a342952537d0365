"""Topic attributes: what they may be set to, and how topics show them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from skyglobe.kernel.arns import parse_arn
from skyglobe.services.sns.records import Topic
from skyglobe.services.sns.refusals import invalid
from skyglobe.services.sns.rules.delivery_policies import check_topic_delivery_policy, effective_topic_policy
from skyglobe.services.sns.rules.policies import check_policy

MAX_DISPLAY_NAME = 100  # characters; API reference of SetTopicAttributes
MAX_ARCHIVE_DAYS = 365  # developer guide, "Amazon SNS message archiving for FIFO topic owners"
_FEEDBACK = re.compile(r"(?:HTTP|Firehose|Lambda|Application|SQS)(?:Success|Failure)Feedback(?:RoleArn|SampleRate)")
FIFO_ONLY = ("ContentBasedDeduplication", "FifoThroughputScope", "ArchivePolicy")


def plan_attributes(attributes: dict[str, str], given: dict[str, str], *, is_fifo: bool) -> dict[str, str]:
    """Return a topic's attributes after ``given`` are set. An empty value takes most of them away again.

    Raises InvalidParameter.
    """
    changed = dict(attributes)
    for name, value in given.items():
        _check(name, value, is_fifo)
        if value:
            changed[name] = value.lower() if name == "ContentBasedDeduplication" else value
        else:
            changed.pop(name, None)
    return changed


def _check(name: str, value: str, is_fifo: bool) -> None:
    if name in FIFO_ONLY and not is_fifo:
        if name == "ContentBasedDeduplication":
            raise invalid("Attributes", "Content-based deduplication can only be set for FIFO topics")
        raise invalid("Attributes", f"{name} can only be set for FIFO topics")
    check = _CHECKS.get(name)
    if check is None:
        if not _FEEDBACK.fullmatch(name) or name.endswith("FailureFeedbackSampleRate"):
            raise invalid("AttributeName")
        check = _check_role if name.endswith("RoleArn") else _check_rate
    if value or name in ("Policy", "ContentBasedDeduplication", "FifoThroughputScope"):
        check(value)


def _choice(name: str, *choices: str) -> Callable[[str], None]:
    def check(value: str) -> None:
        if value not in choices:
            raise invalid("Attributes", f"Invalid value [{value}] for {name}. Must be {' or '.join(choices)}.")

    return check


def _check_display_name(value: str) -> None:
    if len(value) > MAX_DISPLAY_NAME or any(ord(character) < 0x20 for character in value):
        raise invalid("DisplayName")


def _check_key(value: str) -> None:
    if len(value) > 2_048:  # KMS's own bound for key ids, names and ARNs
        raise invalid("KmsMasterKeyId")


def _check_deduplication(value: str) -> None:
    if value.lower() not in ("true", "false"):
        raise invalid("Attributes", f"Invalid value [{value}] for ContentBasedDeduplication. Must be true or false.")


def archive_days(text: str) -> int:
    """Return how many days an ``ArchivePolicy`` keeps messages; 0 for the empty policy. Raises InvalidParameter."""
    if not text:
        return 0
    try:
        policy = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise invalid("ArchivePolicy", "failed to parse JSON") from error
    if policy == {}:
        return 0
    days = policy.get("MessageRetentionPeriod") if isinstance(policy, dict) and len(policy) == 1 else None
    text = str(days)
    if isinstance(days, bool) or not text.isascii() or not text.isdigit() or len(text) > 3:
        raise invalid("ArchivePolicy", "MessageRetentionPeriod must be an integer number of days")
    if not 1 <= int(text) <= MAX_ARCHIVE_DAYS:
        raise invalid("ArchivePolicy", f"MessageRetentionPeriod must be between 1 and {MAX_ARCHIVE_DAYS} days")
    return int(text)


def _check_archive(value: str) -> None:
    archive_days(value)


def _check_role(value: str) -> None:
    try:
        arn = parse_arn(value)
    except ValueError as error:
        raise invalid("Attributes", f"An ARN must have at least 6 elements, not {len(value.split(':'))}") from error
    if arn.service != "iam" or not arn.resource.startswith("role/"):
        raise invalid("Attributes", f"{value} is not the ARN of a role")


def _check_rate(value: str) -> None:
    if not (value.isascii() and value.isdigit() and len(value) < 4 and int(value) <= 100):
        raise invalid("Attributes", "The sample rate must be a whole number from 0 to 100")


_CHECKS: dict[str, Callable[[str], None]] = {
    "DisplayName": _check_display_name,
    "Policy": check_policy,
    "DeliveryPolicy": check_topic_delivery_policy,
    "KmsMasterKeyId": _check_key,
    "SignatureVersion": _choice("SignatureVersion", "1", "2"),
    "TracingConfig": _choice("TracingConfig", "PassThrough", "Active"),
    "ContentBasedDeduplication": _check_deduplication,
    "FifoThroughputScope": _choice("FifoThroughputScope", "Topic", "MessageGroup"),
    "ArchivePolicy": _check_archive,
}


def is_fifo_wanted(attributes: dict[str, str]) -> bool:
    """Return whether CreateTopic is to make a FIFO topic. Raises InvalidParameter."""
    value = attributes.get("FifoTopic", "false")
    if value.lower() not in ("true", "false"):
        raise invalid("Attributes", f"Invalid value [{value}] for FifoTopic. Must be true or false.")
    return value.lower() == "true"


def shown_attributes(topic: Topic, policy: str, counts: tuple[int, int, int], archive_begins: str) -> dict[str, str]:
    """Return all attributes as GetTopicAttributes gives them; ``counts``: subscriptions confirmed, pending, deleted."""
    confirmed, pending, deleted = counts
    shown = {
        "TopicArn": topic.arn,
        "Owner": topic.owner,
        "Policy": policy,
        "DisplayName": "",
        "SubscriptionsConfirmed": str(confirmed),
        "SubscriptionsPending": str(pending),
        "SubscriptionsDeleted": str(deleted),
        "EffectiveDeliveryPolicy": effective_topic_policy(topic.attributes.get("DeliveryPolicy", "")),
        **topic.attributes,
    }
    if topic.is_fifo:
        shown["FifoTopic"] = "true"
        shown.setdefault("ContentBasedDeduplication", "false")
        shown.setdefault("FifoThroughputScope", "Topic")
        if archive_begins:
            shown["BeginningArchiveTime"] = archive_begins
    return shown
