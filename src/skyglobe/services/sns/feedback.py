"""Delivery status logging: what became of deliveries, in CloudWatch Logs, in the roles a topic names for it.

Developer guide, "Amazon SNS message delivery status". A letter is posted with what is reported; SNS makes the log group
``sns/REGION/ACCOUNT/TOPIC``, and that of failures below it, itself.
"""

from __future__ import annotations

import hashlib
import json
import logging
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.outbox import Delivery, post
from skyglobe.kernel.scope import Scope
from skyglobe.services.sns import sns
from skyglobe.services.sns.log_lines import write_line
from skyglobe.services.sns.records import Message, PlatformApplication, Topic
from skyglobe.services.sns.roles import acting_in_role
from skyglobe.services.sns.rules.envelopes import timestamp

PREFIXES = {"sqs": "SQS", "http": "HTTP", "https": "HTTP", "lambda": "Lambda", "firehose": "Firehose"}
"""What the attributes of a topic begin with, by protocol; those of devices have ``Application``."""
DEFAULT_RATE = 100  # percent of successes that are logged where nothing is said

_log = logging.getLogger(__name__)


class Told(NamedTuple):
    """What is said of a message whose delivery is reported."""

    id: str
    digest: str
    """MD5 of its text."""
    at: int


class Result(NamedTuple):
    """What came of a delivery."""

    status: int
    response: str
    attempts: int | None = None

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


def failure(error: ServiceError) -> Result:
    """Return what is said of a delivery that a service refused."""
    said = {"ErrorCode": error.code, "ErrorMessage": error.message}
    return Result(error.status, json.dumps(said))


def told_of(message: Message) -> Told:
    """Return what is said of a message."""
    return Told(message.id, digest_of(message.text), message.at)


def digest_of(text: str) -> str:
    """Return the MD5 of a message's text."""
    return hashlib.md5(text.encode("utf-8", "surrogatepass")).hexdigest()


def is_wanted(topic: Topic, protocol: str) -> bool:
    """Whether a topic names a role for anything that becomes of deliveries by a protocol."""
    attributes = topic.attributes
    if not attributes:
        return False
    prefix = PREFIXES.get(protocol, "Application")
    return f"{prefix}SuccessFeedbackRoleArn" in attributes or f"{prefix}FailureFeedbackRoleArn" in attributes


def report(scope: Scope, topic: Topic, protocol: str, told: Told, destination: str, result: Result) -> None:
    """Have it logged what came of a delivery, if the topic wants that."""
    prefix = PREFIXES.get(protocol, "Application")
    group = f"sns/{scope.region}/{scope.account}/{topic.id}"
    _report(scope, topic.attributes, prefix, topic.arn, group, told, destination, result)


def report_push(scope: Scope, application: PlatformApplication, told: Told, destination: str, result: Result) -> None:
    """Have it logged what came of a push message, if the platform application wants that."""
    group = f"sns/{scope.region}/{scope.account}/app/{application.id}"
    _report(scope, application.attributes, "", "", group, told, destination, result)


def report_sms(
    scope: Scope, settings: dict[str, str], told: Told, number: str, kind: str, response: str, *, is_success: bool
) -> None:
    """Have it logged what came of a text message, if the account's settings name a role for it.

    What only a phone carrier knows is left out: no message reaches one.
    """
    role = settings.get("DeliveryStatusIAMRole")
    rate = int(settings.get("DeliveryStatusSuccessSamplingRate") or DEFAULT_RATE)
    if not role or (is_success and scope.kernel.ids.random.random() * 100 >= rate):
        return
    line = {
        "notification": {"messageId": told.id, "timestamp": _spaced(told.at)},
        "delivery": {
            "destination": number,
            "smsType": kind,
            "providerResponse": response,
            "dwellTimeMs": max(scope.now - told.at, 0),
        },
        "status": "SUCCESS" if is_success else "FAILURE",
    }
    group = f"sns/{scope.region}/{scope.account}/DirectPublishToPhoneNumber{'' if is_success else '/Failure'}"
    post(scope, "sns", "report", {"role": role, "group": group, "line": json.dumps(line), "at": scope.now})


def _spaced(at: int) -> str:
    return timestamp(at).replace("T", " ").removesuffix("Z")


def _report(
    scope: Scope,
    attributes: dict[str, str],
    prefix: str,
    topic_arn: str,
    group: str,
    told: Told,
    destination: str,
    result: Result,
) -> None:
    role = attributes.get(f"{prefix}{'Success' if result.is_success else 'Failure'}FeedbackRoleArn")
    if not role:
        return
    if result.is_success:
        rate = int(attributes.get(f"{prefix}SuccessFeedbackSampleRate") or DEFAULT_RATE)
        if scope.kernel.ids.random.random() * 100 >= rate:
            return
    line = _line(scope, topic_arn, told, destination, result)
    group = group if result.is_success else f"{group}/Failure"
    post(scope, "sns", "report", {"role": role, "group": group, "line": line, "at": scope.now})


def _line(scope: Scope, topic_arn: str, told: Told, destination: str, result: Result) -> str:
    notification = {
        "messageMD5Sum": told.digest,
        "messageId": told.id,
        **({"topicArn": topic_arn} if topic_arn else {}),
        "timestamp": _spaced(told.at),
    }
    delivery = {
        "deliveryId": scope.kernel.ids.uuid(),
        "destination": destination,
        "providerResponse": result.response,
        "dwellTimeMs": max(scope.now - told.at, 0),
        **({"attempts": result.attempts} if result.attempts is not None else {}),
        "statusCode": result.status,
    }
    status = "SUCCESS" if result.is_success else "FAILURE"
    return json.dumps({"notification": notification, "delivery": delivery, "status": status})


@sns.consumer("report")
async def log_report(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Write a line into its log group, which is made if it is not there. What the role may not do is not done."""
    stream = str(uuid5(NAMESPACE_URL, f"{delivery.region}/{payload['group']}"))
    try:
        caller = await acting_in_role(delivery, delivery.account, delivery.region, payload["role"])
        await write_line(caller, payload["group"], stream, payload["at"], payload["line"])
    except ServiceError as error:
        if error.status >= 500 and error.code != "NotImplemented":
            raise
        _log.warning("%s cannot be logged to %s: %s", payload["role"], payload["group"], error.message)
