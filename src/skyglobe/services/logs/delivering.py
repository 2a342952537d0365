"""Sending subscribers their events: to functions, streams and delivery streams, here or in another account.

A delivery is a job that can be repeated, and is for a day when its destination refuses it.
"""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.outbox import Delivery, post
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.services.logs import logs
from skyglobe.services.logs.finding import find_destination
from skyglobe.services.logs.rules.deliveries import RETRIED_FOR, compressed, function_payload, retry_after

SESSION_NAME = "CloudWatchLogs"

_log = logging.getLogger(__name__)

Payload = dict[str, Any]


class Target(NamedTuple):
    """Where to send, in whose name."""

    arn: str
    role: str
    source: str
    """ARN of what the events come from, as policies name it: ``aws:SourceArn``."""
    account: str
    region: str


@logs.consumer("deliver")
async def deliver(delivery: Delivery, payload: Payload) -> None:
    """Send one document. Whoever refuses it is asked again later."""
    kernel = delivery.kernel
    try:
        target = await delivery.transact(lambda scope: target_of(scope, payload))
        await send(kernel, target, payload["document"], payload["key"])
    except ServiceError as error:
        _log.warning("log events cannot be delivered to %s: %s", payload["destination"], error)
        await delivery.transact(lambda scope: _retry_later(scope, payload))


def target_of(scope: Scope, payload: Payload) -> Target:
    """Return where a delivery goes: its destination may stand for a stream of another account.

    Raises ResourceNotFoundException when the destination is gone.
    """
    arn, role = payload["destination"], payload["role"]
    place = parse_arn(arn)
    if place.service != "logs":
        return Target(arn, role, payload["source"], scope.account, scope.region)
    found = find_destination(scope, arn)
    if found is None:
        raise logs.errors.ResourceNotFoundException("The specified destination does not exist.")
    return Target(found.target, found.role, payload["source"], found.owner, place.region)


async def send(kernel: Kernel, target: Target, document: dict[str, Any], key: str) -> None:
    """Hand a document to a function, stream or delivery stream. Raises its ServiceError, or STS's."""
    place = parse_arn(target.arn)
    if place.service == "lambda":
        request = {"FunctionName": target.arn, "InvocationType": "Event", "Payload": function_payload(document)}
        await invoke(kernel, target, request)
        return
    caller = await acting_as(kernel, target)
    data = compressed(document)
    if place.service == "kinesis":
        await caller.call("kinesis", "PutRecord", {"StreamARN": target.arn, "Data": data, "PartitionKey": key})
    else:
        name = place.resource.removeprefix("deliverystream/")
        await caller.call("firehose", "PutRecord", {"DeliveryStreamName": name, "Record": {"Data": data}})


async def invoke(kernel: Kernel, target: Target, request: dict[str, Any]) -> None:
    """Invoke a function as CloudWatch Logs, under the name its policy knows it by: the region's or the service's."""
    place = parse_arn(target.arn)
    own = ServiceCaller(kernel, "logs", target.account, place.region, target.source)
    try:
        await own.call("lambda", "Invoke", request)
    except ServiceError as error:
        if not error.code.startswith("AccessDenied"):
            raise
        regional = ServiceCaller(kernel, f"logs.{place.region}", target.account, place.region, target.source)
        await regional.call("lambda", "Invoke", request)


async def acting_as(kernel: Kernel, target: Target) -> ServiceCaller:
    """Return a caller in a session of the target's role, which must let the service or the region's service in.

    Raises STS's ``ServiceError``. In a cloud that is told to offer no IAM there are no roles: there it acts for itself.
    """
    place = parse_arn(target.arn)
    own = ServiceCaller(kernel, "logs", target.account, place.region, target.source)
    if kernel.services.find("iam") is None or kernel.services.find("sts") is None:
        return ServiceCaller(kernel, "logs", target.account, place.region)
    try:
        return await own.assuming(target.role, SESSION_NAME)
    except ServiceError as error:
        if not error.code.startswith("AccessDenied"):
            raise
        regional = ServiceCaller(kernel, f"logs.{place.region}", target.account, place.region, target.source)
        return await regional.assuming(target.role, SESSION_NAME)


def _retry_later(scope: Scope, payload: Payload) -> None:
    """Set a timer for another attempt; after a day the events are given up, as on AWS."""
    attempts = payload["attempts"] + 1
    due_at = scope.now + retry_after(attempts)
    if due_at - payload["began_at"] <= RETRIED_FOR:
        key = scope.kernel.ids.uuid()
        set_timer(scope, "logs", "retry", key, due_at, {**payload, "attempts": attempts})


@logs.timer("retry")
def retry(scope: Scope, key: str, payload: Payload) -> None:
    """Try a delivery again."""
    post(scope, "logs", "deliver", payload)
