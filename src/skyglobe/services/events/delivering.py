"""One event to one target: what it is given, by whom, and what becomes of it when it is not taken."""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

import msgspec

from skyglobe.kernel.arns import Arn, parse_arn
from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.outbox import post
from skyglobe.kernel.principals import Principal, root_of
from skyglobe.kernel.retries import plan_retry
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.services.events.accepting import accept
from skyglobe.services.events.asking import refusal_of_event
from skyglobe.services.events.counting import count_for
from skyglobe.services.events.finding import find_bus
from skyglobe.services.events.records import Rule, Sending, Target, rules, targets
from skyglobe.services.events.rules.entries import Document, instant
from skyglobe.services.events.rules.failures import Failure, failure_of
from skyglobe.services.events.rules.inputs import input_of
from skyglobe.services.events.rules.paths import ABSENT, follow
from skyglobe.services.events.rules.targets import WITH_ROLE, BadTarget, ForeignTarget, parse_target

MAX_HOPS = 1  # buses an event comes through; user guide, "Sending events between event buses"
_WITHIN = frozenset({"sqs", "sns", "bus"})
"""Kinds that are delivered to in the transaction that takes the event out of the outbox, where no role is needed."""
_log = logging.getLogger(__name__)


class Job(NamedTuple):
    """A delivery with all that it takes."""

    sending: Sending
    rule: Rule
    target: Target
    kind: str
    place: Arn
    event: Document

    @property
    def role(self) -> str:
        """The role to act in; empty where the target's own policy lets EventBridge in."""
        if self.target.role or self.kind not in WITH_ROLE | {"bus"}:
            return self.target.role
        return self.rule.role

    @property
    def is_within(self) -> bool:
        return self.kind in _WITHIN and not self.role

    @property
    def text(self) -> str:
        """What the target is given."""
        ingested_at = instant(self.sending.began_at)
        return input_of(self.target.settings, self.event, self.sending.event, self.rule.arn, self.rule.id, ingested_at)


def plan_job(scope: Scope, sending: Sending) -> Job | None:
    """Return what is to be done for a delivery; None when its rule or target is gone."""
    rule = rules.find(scope, sending.bus, sending.rule)
    if rule is None or rule.number != sending.number:
        return None
    target = targets.find(scope, rule.number, sending.target)
    if target is None:
        return None
    try:
        kind, place = parse_target(target.arn)
    except (BadTarget, ForeignTarget):
        return None  # never stored
    return Job(sending, rule, target, kind, place, msgspec.json.decode(sending.event))


def begin(scope: Scope, sending: Sending) -> None:
    """Deliver as part of this work where that can be, else have it done by a letter of its own."""
    job = plan_job(scope, sending)
    if job is None:
        return
    if job.is_within:
        conclude(scope, job, deliver_within(scope, job))
    else:
        post(scope, "events", "send", {"sending": msgspec.to_builtins(sending)})


def deliver_within(scope: Scope, job: Job) -> Failure | None:
    """Deliver to a queue, a topic or a bus as part of this work; return why not."""
    if job.kind == "bus":
        return forward(scope, job, root_of(scope.account))
    caller = ServiceCaller(scope.kernel, "events", scope.account, job.place.region, job.rule.arn)
    operation, params = request_for(scope.kernel, job)
    try:
        caller.call_within(scope, job.kind, operation, params)
    except ServiceError as error:
        return failure_of(error)
    return None


def request_for(kernel: Kernel, job: Job) -> tuple[str, dict[str, Any]]:
    """Return the operation that delivers to a target of a service, and its parameters."""
    arn, text = job.target.arn, job.text
    data = text.encode("utf-8", "surrogatepass")
    if job.kind == "sqs":
        params = {"QueueUrl": f"{kernel.config.endpoint}/{job.place.account}/{job.place.resource}", "MessageBody": text}
        group = (job.target.settings.get("SqsParameters") or {}).get("MessageGroupId")
        return "SendMessage", {**params, "MessageGroupId": group} if group else params
    if job.kind == "sns":
        return "Publish", {"TopicArn": arn, "Message": text}
    if job.kind == "lambda":
        return "Invoke", {"FunctionName": arn, "InvocationType": "Event", "Payload": data}
    if job.kind == "kinesis":
        return "PutRecord", {"StreamARN": arn, "Data": data, "PartitionKey": _partition_key(job)}
    name = job.place.resource.removeprefix("deliverystream/")
    return "PutRecord", {"DeliveryStreamName": name, "Record": {"Data": data}}


def _partition_key(job: Job) -> str:
    """Return what a path says, the event's id where there is none; API reference of KinesisParameters."""
    path = (job.target.settings.get("KinesisParameters") or {}).get("PartitionKeyPath")
    found = follow(path, job.event) if path else ABSENT
    if found is ABSENT or found in ("", None):
        return str(job.event["id"])
    return (found if isinstance(found, str) else msgspec.json.encode(found).decode())[:256]


def forward(scope: Scope, job: Job, principal: Principal) -> Failure | None:
    """Put an event on another bus as it is, if ``principal`` may; return why not.

    Events are passed on once: a bus that was handed an event hands it to no third one.
    """
    place, event = job.place, job.event
    if job.sending.hops >= MAX_HOPS:
        code = "THIRD_REGION_HOP_DETECTED" if place.region != scope.region else "THIRD_ACCOUNT_HOP_DETECTED"
        return Failure(code, "The event was sent from another event bus already.", is_final=True)
    there = scope.within(place.account, place.region)
    name = place.resource.removeprefix("event-bus/")
    bus = find_bus(there, name)
    if bus is None:
        return Failure("NO_RESOURCE", f"Event bus {name} does not exist.", is_final=True)
    refused = refusal_of_event(scope, principal, bus.arn, place.account, event)
    if refused is not None:
        return Failure("NO_PERMISSIONS", refused.message, is_final=True)
    accept(there, bus, event, hops=job.sending.hops + 1, text=job.sending.event)
    return None


def conclude(scope: Scope, job: Job, failure: Failure | None) -> None:
    """Note what became of an attempt: done, to be tried again later, or given up and told the dead-letter queue."""
    bus, rule = job.rule.bus, job.rule.id
    if failure is None:
        count_for(scope, bus, rule, "Invocations", "SuccessfulInvocationAttempts")
        return
    sending = job.sending
    exhausted = ""
    if not failure.is_final:
        policy = job.target.settings.get("RetryPolicy") or {}
        due_at, exhausted = plan_retry(policy, sending.attempts, sending.began_at, scope.now)
        if due_at:
            count_for(scope, bus, rule, "RetryInvocationAttempts")
            _try_later(scope, sending, due_at)
            return
    count_for(scope, bus, rule, "Invocations", "FailedInvocations")
    _log.info("%s could not be delivered to %s: %s", job.rule.arn, job.target.arn, failure.message)
    _dead_letter(scope, job, failure, exhausted)


def _try_later(scope: Scope, sending: Sending, due_at: int) -> None:
    key = sending.key or scope.kernel.ids.uuid()
    again = msgspec.structs.replace(sending, attempts=sending.attempts + 1, key=key)
    set_timer(scope, "events", "retry", key, due_at, {"sending": msgspec.to_builtins(again)})


def _dead_letter(scope: Scope, job: Job, failure: Failure, exhausted: str) -> None:
    """Send what was given up to the target's dead-letter queue; without one it is lost, as on AWS."""
    arn = (job.target.settings.get("DeadLetterConfig") or {}).get("Arn")
    if arn is None:
        return
    told = {
        "RULE_ARN": job.rule.arn,
        "TARGET_ARN": job.target.arn,
        "ERROR_CODE": failure.code,
        "ERROR_MESSAGE": failure.message or failure.code,
    }
    if exhausted:
        told |= {"EXHAUSTED_RETRY_CONDITION": exhausted, "RETRY_ATTEMPTS": str(job.sending.attempts)}
    place = parse_arn(arn)
    params = {
        "QueueUrl": f"{scope.kernel.config.endpoint}/{place.account}/{place.resource}",
        "MessageBody": job.sending.event,
        "MessageAttributes": {name: {"DataType": "String", "StringValue": text} for name, text in told.items()},
    }
    caller = ServiceCaller(scope.kernel, "events", scope.account, place.region, job.rule.arn)
    try:
        caller.call_within(scope, "sqs", "SendMessage", params)
    except ServiceError as error:
        if error.status >= 500:
            raise  # the queue's fault: the outbox tries again
        _log.warning("%s cannot be used as a dead-letter queue: %s", arn, error.message)
        count_for(scope, job.rule.bus, job.rule.id, "InvocationsFailedToBeSentToDlq")
    else:
        count_for(scope, job.rule.bus, job.rule.id, "InvocationsSentToDlq")
