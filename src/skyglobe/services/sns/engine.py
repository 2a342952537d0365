"""What happens in SNS after a call was answered: fan-out, deliveries, retries, forgetting."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.outbox import Delivery
from skyglobe.kernel.outbox import post as post_letter
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.services.sns import http_client, sns
from skyglobe.services.sns.counting import forget_counts
from skyglobe.services.sns.delivering import Fanning, dead_letter
from skyglobe.services.sns.feedback import Result, Told, failure, is_wanted, report
from skyglobe.services.sns.http_client import Outcome
from skyglobe.services.sns.metering import count_delivered, count_failed
from skyglobe.services.sns.posting import (
    find_body,
    find_receiver,
    headers_of,
    lambda_event,
    retry_later,
    told_by,
    undelivered,
)
from skyglobe.services.sns.publishing import SPAN_FOR, send_to_all
from skyglobe.services.sns.records import (
    Message,
    OptOut,
    Sending,
    Topic,
    archive,
    deduplications,
    opt_outs,
    sendings,
    subscriptions,
    tokens,
    topics,
)
from skyglobe.services.sns.removing import end_subscription
from skyglobe.services.sns.roles import acting_in_role
from skyglobe.services.sns.rules.sms import STOP_WORDS
from skyglobe.services.sns.sealing import opened_message, opened_payload

CHUNK = 100  # subscriptions served in one transaction
BATCH = 100  # records a timer deals with before others have their turn


@sns.consumer("fan_out")
def fan_out(scope: Scope, payload: dict[str, Any]) -> None:
    """Give a message to the next subscriptions of its topic, all in one transaction with the end of this letter."""
    message = msgspec.convert(payload["message"], Message)
    topic = topics.find(scope, message.topic)
    if topic is None or topic.number != message.number:
        return
    past = (payload["past"],) if payload["past"] else None
    found = list(subscriptions.scan(scope, topic.number, past=past, limit=CHUNK))
    fanning = Fanning(scope, topic, opened_message(scope, message))
    for subscription in found:
        if fanning.is_for(subscription):
            fanning.deliver(subscription)
    if len(found) == CHUNK:
        send_to_all(scope, topic, message, past=found[-1].id)


@sns.timer("post")
def post_again(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Have a delivery tried whose time has come."""
    post_letter(scope, "sns", "post", {"number": int(key)})


@sns.consumer("post")
async def post(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Post one delivery to its subscriber and note what came of it."""
    number = payload["number"]

    def look(scope: Scope) -> tuple[Sending, dict[str, str], str | None] | None:
        sending = sendings.find(scope, number)
        if sending is None:
            return None
        receiver = find_receiver(scope, sending)
        if receiver is None:
            sendings.delete(scope, sending)
            return None
        return sending, headers_of(receiver[0].arn, sending), find_body(scope, sending)

    found = await delivery.transact(look)
    if found is None:
        return
    sending, headers, body = found
    if body is None:
        outcome = Outcome(0, "The message cannot be decrypted with the topic's KMS key")
    else:
        outcome = await http_client.post(sending.url, headers, body.encode("utf-8", "surrogatepass"))
    await delivery.transact(lambda scope: _note(scope, sending, outcome))


def _note(scope: Scope, tried: Sending, outcome: Outcome) -> None:
    sending = sendings.find(scope, tried.number)
    if sending is None or sending.retries != tried.retries:
        return
    receiver = find_receiver(scope, sending)
    if receiver is not None and outcome.is_success:
        _report(scope, receiver[0], sending, outcome)
        if sending.kind == "Notification":
            count_delivered(scope, receiver[0])
    elif receiver is not None:
        topic, subscription = receiver
        if not outcome.is_permanent and retry_later(scope, sending, topic, subscription):
            return
        if sending.kind == "Notification":
            body = find_body(scope, sending)
            if body is None:
                count_failed(scope, topic, is_redriven=False)
            else:
                code = str(outcome.status or "ConnectionFailure")
                dead_letter(scope, topic, subscription, undelivered(sending, body), code, outcome.reason)
            _report(scope, topic, sending, outcome)
    sendings.delete(scope, sending)


def _report(scope: Scope, topic: Topic, sending: Sending, outcome: Outcome) -> None:
    """Have it logged what became of a message at last."""
    if sending.kind == "Notification" and is_wanted(topic, "http"):
        result = Result(outcome.status, outcome.reason or "OK", sending.retries + 1)
        body = find_body(scope, sending)
        if body is not None:
            report(scope, topic, "http", told_by(sending, body), sending.url, result)


@sns.consumer("call_lambda")
async def call_lambda(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Invoke a subscribed function."""
    await _call(delivery, payload, "lambda")


@sns.consumer("call_firehose")
async def call_firehose(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Put a message into a subscribed delivery stream."""
    await _call(delivery, payload, "firehose")


async def _call(delivery: Delivery, payload: dict[str, Any], service: str) -> None:
    def look(scope: Scope) -> Any:
        topic = topics.find(scope, payload["topic"])
        subscription = subscriptions.find(scope, topic.number, payload["subscription"]) if topic is not None else None
        if topic is None or subscription is None:
            return None
        return topic, subscription, opened_payload(scope, payload)

    found = await delivery.transact(look)
    if found is None:
        return
    topic, subscription, body = found
    _, _, _, region, owner, _ = subscription.endpoint.split(":", 5)
    try:
        if service == "lambda":
            caller = ServiceCaller(delivery.kernel, "sns", delivery.account, region, topic.arn)
            event = lambda_event(topic.arn, subscription.arn, body)
            params = {"FunctionName": subscription.endpoint, "InvocationType": "Event", "Payload": event.encode()}
            await caller.call("lambda", "Invoke", params)
            result = Result(202, "{}")
        else:
            caller = await acting_in_role(delivery, owner, region, subscription.attributes["SubscriptionRoleArn"])
            name = subscription.endpoint.rpartition("/")[2]
            record = {"Data": (body + "\n").encode()}
            answer = await caller.call("firehose", "PutRecord", {"DeliveryStreamName": name, "Record": record})
            result = Result(200, json.dumps({"firehoseRecordId": answer["RecordId"]}))
        await delivery.transact(lambda scope: count_delivered(scope, topic))
    except ServiceError as error:
        if error.status >= 500 and error.code != "NotImplemented":
            raise
        code, text = error.code, error.message
        params = {"MessageBody": body}
        await delivery.transact(lambda scope: dead_letter(scope, topic, subscription, params, code, text))
        result = failure(error)
    if is_wanted(topic, service):
        told = Told(payload["id"], payload.get("digest", ""), payload.get("at", 0))
        await delivery.transact(lambda scope: report(scope, topic, service, told, subscription.endpoint, result))


@sns.timer("expire")
def expire(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Forget a token that nobody used, and the subscription that waited for it."""
    token = tokens.find(scope, key)
    if token is None:
        return
    tokens.delete(scope, token)
    subscription = subscriptions.find(scope, token.number, token.subscription)
    if subscription is not None and subscription.is_pending:
        end_subscription(scope, subscription)


@sns.timer("forget")
def forget(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Forget a topic's deduplication ids of spans that are over."""
    number = int(key)
    stop = (scope.now // SPAN_FOR - 1,)
    old = list(deduplications.scan(scope, number, stop=stop, limit=BATCH))
    for deduplication in old:
        deduplications.delete(scope, deduplication)
    first = next(iter(deduplications.scan(scope, number, limit=1)), None)
    if first is not None:
        due_at = scope.now if len(old) == BATCH else (first.span + 2) * SPAN_FOR
        set_timer(scope, "sns", "forget", key, max(due_at, scope.now))


@sns.timer("clear")
def clear(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Delete the subscriptions and the archive of a topic that is gone."""
    number = int(key)
    old_subscriptions = list(subscriptions.scan(scope, number, limit=BATCH))
    for subscription in old_subscriptions:
        end_subscription(scope, subscription)
    old_messages = list(archive.scan(scope, number, limit=BATCH))
    for archived in old_messages:
        archive.delete(scope, archived)
    if len(old_subscriptions) == BATCH or len(old_messages) == BATCH:
        set_timer(scope, "sns", "clear", key, scope.now)
    else:
        forget_counts(scope, number)


@sns.consumer("reply")
def reply(scope: Scope, payload: dict[str, Any]) -> None:
    """Take a text message from a phone: a word that means stop opts it out."""
    if payload["text"].strip().upper() in STOP_WORDS:
        opt_outs.put(scope, OptOut(number=payload["number"], is_out=True))
