"""Taking alarms' actions: notifications to topics, events to functions. Tried again until they are taken or refused."""

from __future__ import annotations

import json
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.outbox import Delivery
from skyglobe.kernel.scope import Scope
from skyglobe.services.cloudwatch import cloudwatch
from skyglobe.services.cloudwatch.history import note
from skyglobe.services.cloudwatch.records import Alarm, State, alarms
from skyglobe.services.cloudwatch.rules.notices import event_of, message_of, subject_of
from skyglobe.services.cloudwatch.rules.wording import stamp

_INVOKER = "lambda.alarms.cloudwatch"
"""The service principal that invokes functions; user guide, "Invoke a Lambda function from an alarm"."""


@cloudwatch.consumer("act")
async def take_action(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Take an action, and write down what came of it. What is refused for good is not tried again."""

    def find(scope: Scope) -> Alarm | None:
        return alarms.find(scope, payload["alarm"])

    known = await delivery.transact(find)
    if known is None:
        return
    alarm, before = replace(known, state=State(*payload["state"])), State(*payload["before"])
    arn = payload["arn"]
    failure, published = "", ""
    if not payload["is_told"]:
        try:
            published = await _send(delivery, alarm, before, arn, payload["triggers"])
        except ServiceError as error:
            if error.status >= 500:
                raise
            failure = f"{error.code}: {error}"

    def write(scope: Scope) -> None:
        _note(scope, alarm, arn, failure, published)

    await delivery.transact(write)


async def _send(delivery: Delivery, alarm: Alarm, before: State, arn: str, triggers: list[dict[str, Any]]) -> str:
    place = parse_arn(arn)
    if place.service == "lambda":
        caller = ServiceCaller(delivery.kernel, _INVOKER, delivery.account, place.region, alarm.arn)
        event = json.dumps(event_of(alarm, before, delivery.region), separators=(",", ":"))
        params = {"FunctionName": arn, "InvocationType": "Event", "Payload": event.encode()}
        await caller.call("lambda", "Invoke", params)
        return event
    caller = ServiceCaller(delivery.kernel, "cloudwatch", delivery.account, place.region, alarm.arn)
    message = message_of(alarm, before, delivery.region, triggers)
    await caller.call(
        "sns", "Publish", {"TopicArn": arn, "Message": message, "Subject": subject_of(alarm, delivery.region)}
    )
    return message


def _note(scope: Scope, alarm: Alarm, arn: str, failure: str, published: str) -> None:
    data: dict[str, Any] = {
        "actionState": "Failed" if failure else "Succeeded",
        "stateUpdateTimestamp": alarm.state.updated_at,
        "stateUpdateTime": stamp(alarm.state.updated_at),
        "notificationResource": arn,
    }
    if published:
        data["publishedMessage"] = published
    if failure:
        data["error"] = failure
    outcome = f"Failed to execute action {arn}" if failure else f"Successfully executed action {arn}"
    note(scope, alarm, "Action", outcome, data)
