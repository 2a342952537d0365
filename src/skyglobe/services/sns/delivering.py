"""From one message to what each subscription is given of it, and what happens when one cannot take it."""

from __future__ import annotations

import json
import logging
from typing import Any, Final

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.captured import capture
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.outbox import post
from skyglobe.kernel.scope import Scope
from skyglobe.services.sns.feedback import Result, Told, failure, is_wanted, report, told_of
from skyglobe.services.sns.metering import count_delivered, count_failed, count_filtered
from skyglobe.services.sns.posting import send_by_http
from skyglobe.services.sns.protecting import DENIED, given_text
from skyglobe.services.sns.publishing import sequence_number
from skyglobe.services.sns.records import Attributes, Message, Subscription, Topic
from skyglobe.services.sns.rules.envelopes import (
    shown_attributes,
    string_to_sign,
    timestamp,
    unsubscribe_url,
    write_envelope,
)
from skyglobe.services.sns.rules.filters import SCOPES, accepts
from skyglobe.services.sns.rules.messages import parse_structure
from skyglobe.services.sns.rules.sms import sms_text
from skyglobe.services.sns.sealing import payload_of
from skyglobe.services.sns.signing import signer_of
from skyglobe.services.sns.texting import send_sms, send_to_device

MAX_QUEUE_ATTRIBUTES: Final = 10  # of a message; SQS quotas. One with more cannot be delivered raw
_HERE: Final = "\x7f"  # where the ARN goes in an envelope: no URL has it
_log = logging.getLogger(__name__)


class Fanning:
    """One message being given to its topic's subscriptions. What is the same for several is worked out once."""

    def __init__(self, scope: Scope, topic: Topic, message: Message, *, is_replay: bool = False) -> None:
        self.scope = scope
        self.topic = topic
        self.message = message
        self._is_replay = is_replay
        self._texts = parse_structure(message.text) if message.is_structured else None
        self._envelopes: dict[str, tuple[str, str]] = {}
        self._callers: dict[str, ServiceCaller] = {}
        self._known: Told | None = None

    def text_for(self, subscription: Subscription) -> str | None:
        """Return the message's text for a subscription's protocol, None where the topic's data protection denies it."""
        texts = self._texts
        text = self.message.text if texts is None else texts.get(subscription.protocol, texts["default"])
        return given_text(self.topic, text, subscription)

    def is_for(self, subscription: Subscription) -> bool:
        """Whether a subscription was there in time, and its filter lets the message through."""
        if subscription.since is None or self.message.order <= subscription.since:
            return False
        replay = subscription.replay
        if replay is not None and replay.status == "In progress" and replay.stop_at is None:
            return False  # a replay without end delivers what is new as well, in order
        return self.passes_filter(subscription)

    def passes_filter(self, subscription: Subscription) -> bool:
        policy = subscription.attributes.get("FilterPolicy")
        if policy is None:
            return True
        scope = subscription.attributes.get("FilterPolicyScope", SCOPES[0])
        is_accepted = accepts(policy, scope, self.message.attributes, self.message.text)
        if not is_accepted:
            has_attributes = bool(self.message.attributes)
            count_filtered(self.scope, self.topic, subscription, has_attributes=has_attributes)
        return is_accepted

    def deliver(self, subscription: Subscription) -> None:
        """Give the message to one subscription, or see to it that it will be."""
        protocol = subscription.protocol
        text = self.text_for(subscription)
        if text is None:
            self._deny(subscription)
        elif protocol == "sqs":
            self._to_queue(subscription, text)
        elif protocol in ("http", "https"):
            is_raw = subscription.is_raw
            body = text if is_raw else self.envelope(subscription, text)
            message = self.message
            send_by_http(
                self.scope, self.topic, subscription, message.id, body, message.attributes, is_raw, like=message.sealed
            )
        elif protocol in ("email", "email-json"):
            self._by_mail(subscription, text)
            count_delivered(self.scope, self.topic)
        elif protocol == "sms":
            count_delivered(self.scope, self.topic)
            send_sms(self.scope, subscription.endpoint, sms_text(text), self.message.attributes, self._told)
        elif protocol == "application":
            count_delivered(self.scope, self.topic)
            result = send_to_device(self.scope, subscription.endpoint, text, self._texts or {}, self._told)
            if is_wanted(self.topic, protocol):
                report(self.scope, self.topic, protocol, self._told, subscription.endpoint, result)
        else:
            body = text if subscription.is_raw else self.envelope(subscription, text)
            payload: dict[str, Any] = {
                "topic": self.topic.id,
                "subscription": subscription.id,
                **payload_of(self.scope, self.message, body),
                "id": self.message.id,
            }
            if is_wanted(self.topic, protocol):
                told = self._told
                payload |= {"digest": told.digest, "at": told.at}
            post(self.scope, "sns", f"call_{protocol}", payload)

    def _deny(self, subscription: Subscription) -> None:
        """Tell that data protection kept the message back: it is for no dead-letter queue either."""
        count_failed(self.scope, self.topic, is_redriven=False)
        if is_wanted(self.topic, subscription.protocol):
            result = Result(403, f"{DENIED} delivered to {subscription.arn}", 1)
            report(self.scope, self.topic, subscription.protocol, self._told, subscription.endpoint, result)

    def envelope(self, subscription: Subscription, text: str) -> str:
        """Return the signed JSON around the message; only the link that ends the subscription is its own."""
        around = self._envelopes.get(text)
        if around is None:
            around = self._envelopes[text] = self._write(text)
        return around[0] + subscription.arn + around[1]

    def _write(self, text: str) -> tuple[str, str]:
        """Return what comes before and after the subscription's ARN in an envelope."""
        message, topic = self.message, self.topic
        version = topic.attributes.get("SignatureVersion", "1")
        made: dict[str, Any] = {"Type": "Notification", "MessageId": message.id}
        if topic.is_fifo:
            made["SequenceNumber"] = sequence_number(message.order)
        made["TopicArn"] = topic.arn
        if message.subject is not None:
            made["Subject"] = message.subject
        made["Message"] = text
        made["Timestamp"] = timestamp(message.at)
        if not topic.is_fifo:  # those of FIFO topics carry none; developer guide, "FIFO topics code example"
            signer = signer_of(self.scope)
            signature = signer.sign(string_to_sign(made), version)
            made["SignatureVersion"] = version
            made["Signature"] = signature
            made["SigningCertURL"] = signer.certificate_url
        made["UnsubscribeURL"] = unsubscribe_url(self.scope.kernel.config.endpoint, _HERE)
        if message.attributes:
            made["MessageAttributes"] = shown_attributes(message.attributes)
        if self._is_replay:
            made["Replayed"] = "true"
        last = ("UnsubscribeURL", "MessageAttributes", "Replayed")
        before = {name: value for name, value in made.items() if name not in last}
        after = {name: made[name] for name in last if name in made}
        head, _, tail = write_envelope(after).removeprefix("{").partition(_HERE)
        return write_envelope(before).removesuffix("\n}") + "," + head, tail

    def _to_queue(self, subscription: Subscription, text: str) -> None:
        message = self.message
        params: dict[str, Any] = {"MessageBody": text}
        if subscription.is_raw:
            attributes = {name: given for name, given in message.attributes.items() if not name.startswith("AWS.")}
            if self._is_replay:
                attributes["Replayed"] = {"DataType": "String", "StringValue": "true"}
            if attributes:
                params["MessageAttributes"] = {name: plain_attribute(given) for name, given in attributes.items()}
        else:
            params["MessageBody"] = self.envelope(subscription, text)
        is_fifo = subscription.endpoint.endswith(".fifo")
        if is_fifo or (message.group is not None and not self.topic.is_fifo):
            params["MessageGroupId"] = message.group
        if is_fifo:
            params["MessageDeduplicationId"] = (
                f"{message.deduplication}-replay-{subscription.replay.number}"[:128]
                if self._is_replay and subscription.replay is not None
                else message.deduplication
            )
        if message.trace is not None:
            trace = {"DataType": "String", "StringValue": message.trace}
            params["MessageSystemAttributes"] = {"AWSTraceHeader": trace}
        try:
            answer = self._send(subscription.endpoint, params)
        except ServiceError as error:
            if error.status >= 500 or error.code == "RequestThrottled":
                raise  # the queue's fault, not the subscription's: the outbox tries again
            dead_letter(self.scope, self.topic, subscription, params, error.code, error.message)
            if is_wanted(self.topic, "sqs"):
                report(self.scope, self.topic, "sqs", self._told, subscription.endpoint, failure(error))
        else:
            count_delivered(self.scope, self.topic)
            if is_wanted(self.topic, "sqs"):
                result = Result(200, json.dumps({"sqsMessageId": answer["MessageId"]}))
                report(self.scope, self.topic, "sqs", self._told, subscription.endpoint, result)

    @property
    def _told(self) -> Told:
        if self._known is None:
            self._known = told_of(self.message)
        return self._known

    def _send(self, queue_arn: str, params: dict[str, Any]) -> Any:
        return send_to_queue(self.scope, self.topic.arn, queue_arn, params, self._callers)

    def _by_mail(self, subscription: Subscription, text: str) -> None:
        name = self.topic.attributes.get("DisplayName") or "AWS Notifications"
        if subscription.protocol == "email-json":
            body = self.envelope(subscription, text)
        else:
            link = unsubscribe_url(self.scope.kernel.config.endpoint, subscription.arn)
            body = (
                f"{text}\n\n--\nIf you wish to stop receiving notifications from this topic, "
                f"please click or visit the link below to unsubscribe:\n{link}\n"
            )
        subject = self.message.subject or "AWS Notification Message"
        sender = f"{name} <no-reply@sns.amazonaws.com>"
        capture(self.scope, "sns", "email", subscription.endpoint, body, sender=sender, subject=subject)


def plain_attribute(attribute: dict[str, Any]) -> dict[str, Any]:
    """Return a message attribute without what SQS has no members for."""
    names = ("DataType", "StringValue", "BinaryValue")
    return {name: attribute[name] for name in names if attribute.get(name) is not None}


def send_to_queue(
    scope: Scope,
    source_arn: str,
    queue_arn: str,
    params: dict[str, Any],
    callers: dict[str, ServiceCaller] | None = None,
) -> Any:
    """Send a message to a queue as SNS, for a topic, as part of this work. Returns and raises what SQS says."""
    place = parse_arn(queue_arn)
    caller = callers.get(place.region) if callers is not None else None
    if caller is None:
        caller = ServiceCaller(scope.kernel, "sns", scope.account, place.region, source_arn)
        if callers is not None:
            callers[place.region] = caller
    url = f"{scope.kernel.config.endpoint}/{place.account}/{place.resource}"
    return caller.call_within(scope, "sqs", "SendMessage", {"QueueUrl": url, **params})


def dead_letter(
    scope: Scope, topic: Topic, subscription: Subscription, params: dict[str, Any], code: str, message: str
) -> None:
    """Put what could not be delivered into the subscription's dead-letter queue; without one it is lost, as on AWS."""
    policy = subscription.attributes.get("RedrivePolicy")
    count_failed(scope, topic, is_redriven=policy is not None)
    if policy is None:
        _log.info("%s could not be delivered to %s: %s", topic.arn, subscription.endpoint, message)
        return
    queue_arn = json.loads(policy)["deadLetterTargetArn"]
    why = {"RequestID": scope.kernel.ids.uuid(), "ErrorCode": code, "ErrorMessage": message or code}
    attributes: Attributes = {name: {"DataType": "String", "StringValue": text} for name, text in why.items()}
    room = MAX_QUEUE_ATTRIBUTES - len(attributes)
    kept = dict(list((params.get("MessageAttributes") or {}).items())[:room])
    params = {**params, "MessageAttributes": {**kept, **attributes}}
    if queue_arn.endswith(".fifo") and "MessageGroupId" not in params:
        params = {**params, "MessageGroupId": subscription.id, "MessageDeduplicationId": why["RequestID"]}
    try:
        send_to_queue(scope, topic.arn, queue_arn, params)
    except ServiceError as error:
        if error.status >= 500 or error.code == "RequestThrottled":
            raise
        _log.warning("%s cannot be used as a dead-letter queue: %s", queue_arn, error.message)
