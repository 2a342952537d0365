"""Publish: to a topic, to a device, to a phone."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.sns import sns
from skyglobe.services.sns.access import get_topic
from skyglobe.services.sns.feedback import Told, digest_of
from skyglobe.services.sns.publishing import check_message
from skyglobe.services.sns.publishing import publish as publish_to
from skyglobe.services.sns.records import Attributes
from skyglobe.services.sns.refusals import invalid
from skyglobe.services.sns.rules.messages import (
    check_attributes,
    check_size,
    check_text,
    parse_structure,
    size_of,
)
from skyglobe.services.sns.rules.names import check_subject, is_phone
from skyglobe.services.sns.rules.sms import sms_text
from skyglobe.services.sns.sealing import data_key_for
from skyglobe.services.sns.texting import (
    find_endpoint,
    is_application_enabled,
    is_opted_out,
    is_verified,
    send_sms,
    send_to_device,
)


@sns.operation
def publish(
    call: Call,
    message: str,
    topic_arn: str | None = None,
    target_arn: str | None = None,
    phone_number: str | None = None,
    subject: str | None = None,
    message_structure: str | None = None,
    message_attributes: dict[str, Any] | None = None,
    message_deduplication_id: str | None = None,
    message_group_id: str | None = None,
) -> dict[str, Any]:
    """Send a message to all subscriptions of a topic, to one device, or to one phone."""
    targets = [target for target in (topic_arn, target_arn, phone_number) if target]
    if not targets:
        raise invalid("TopicArn or TargetArn", "no value for required parameter")
    if len(targets) > 1:
        raise invalid("Only one of TopicArn, TargetArn and PhoneNumber may be given")
    entry = {
        "Message": message,
        "Subject": subject,
        "MessageStructure": message_structure,
        "MessageAttributes": message_attributes,
        "MessageDeduplicationId": message_deduplication_id,
        "MessageGroupId": message_group_id,
    }
    if phone_number:
        return _to_phone(call, phone_number, entry)
    if target_arn and ":endpoint/" in target_arn:
        return _to_device(call, target_arn, entry)
    found = get_topic(call, targets[0], "TopicArn" if topic_arn else "TargetArn")
    check_message(found.topic, entry)
    return publish_to(call, found, entry, data_key_for(call, found))


def _check(entry: dict[str, Any]) -> Attributes:
    check_text(entry["Message"])
    attributes = check_attributes(entry["MessageAttributes"])
    check_size(size_of(entry["Message"], attributes))
    if entry["Subject"] is not None:
        check_subject(entry["Subject"])
    return attributes


def _texts(entry: dict[str, Any]) -> dict[str, str]:
    if entry["MessageStructure"] not in (None, "", "json"):
        raise invalid("MessageStructure")
    if entry["MessageStructure"] == "json":
        return parse_structure(entry["Message"])
    return {"default": entry["Message"]}


def _to_phone(call: Call, number: str, entry: dict[str, Any]) -> dict[str, Any]:
    if not is_phone(number):
        raise invalid("PhoneNumber", f"{number} is not valid to publish to")
    attributes = _check(entry)
    texts = _texts(entry)
    if is_opted_out(call, number):
        raise sns.errors.OptedOutException("Phone number is opted out")
    if not is_verified(call, number):
        raise invalid("PhoneNumber", "The account is in the SMS sandbox and the phone number is not verified")
    told = Told(call.kernel.ids.uuid(), digest_of(entry["Message"]), call.now)
    send_sms(call, number, sms_text(texts.get("sms", texts["default"])), attributes, told)
    return {"MessageId": told.id}


def _to_device(call: Call, arn: str, entry: dict[str, Any]) -> dict[str, Any]:
    endpoint = find_endpoint(call, arn)
    if endpoint is None:
        raise invalid("TargetArn", "No endpoint found for the target arn specified")
    _check(entry)
    texts = _texts(entry)
    if not endpoint.is_enabled:
        raise sns.errors.EndpointDisabledException("Endpoint is disabled")
    if not is_application_enabled(call, endpoint):
        raise sns.errors.PlatformApplicationDisabledException("Platform application is disabled")
    told = Told(call.kernel.ids.uuid(), digest_of(entry["Message"]), call.now)
    send_to_device(call, arn, texts["default"], texts, told)
    return {"MessageId": told.id}
