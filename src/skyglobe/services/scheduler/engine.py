"""What schedules do when they are due: invocations in their target's role, retries, dead letters."""

from __future__ import annotations

import json
import logging
from typing import Any

import msgspec
from msgspec.structs import replace

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.metrics import count
from skyglobe.kernel.outbox import Delivery, post
from skyglobe.kernel.retries import plan_retry
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.models import Shape
from skyglobe.services.scheduler import scheduler
from skyglobe.services.scheduler.records import Invocation, groups, schedules
from skyglobe.services.scheduler.rules.targets import fill, parse_target, request_for, shaped, stamp
from skyglobe.services.scheduler.timing import remove, reschedule

BATCH = 100  # schedules of a deleted group that go before others have their turn
SESSION_NAME = "scheduler"
_FINAL = ("NotFound", "NonExistent", "DoesNotExist", "AccessDenied", "AuthorizationError", "NotImplemented")
_log = logging.getLogger(__name__)

Payload = dict[str, Any]


@scheduler.timer("due")
def due(scope: Scope, key: str, payload: Payload) -> None:
    """Begin an invocation, and wait for the next; a schedule without one may go."""
    group, _, name = key.partition("/")
    schedule = schedules.find(scope, group, name)
    if schedule is None or schedule.number != payload["number"] or schedule.state != "ENABLED":
        return
    invocation = Invocation(
        id=scope.kernel.ids.uuid(),
        schedule_arn=schedule.arn,
        group=group,
        target=schedule.target,
        scheduled_at=payload["at"],
        began_at=scope.now,
    )
    _post(scope, invocation)
    if not reschedule(scope, schedule, payload["at"]) and schedule.is_deleted_after:
        remove(scope, schedule)


def _post(scope: Scope, invocation: Invocation) -> None:
    post(scope, "scheduler", "invoke", {"invocation": msgspec.to_builtins(invocation)})


@scheduler.timer("retry")
def retry(scope: Scope, key: str, payload: Payload) -> None:
    """Make an invocation again."""
    _post(scope, msgspec.convert(payload["invocation"], Invocation))


@scheduler.timer("clear")
def clear(scope: Scope, key: str, payload: Payload) -> None:
    """Delete some schedules of a group that is being deleted, and the group after the last of them."""
    group = groups.find(scope, key)
    if group is None or group.state != "DELETING":
        return
    found = list(schedules.scan(scope, key, limit=BATCH))
    for schedule in found:
        remove(scope, schedule)
    if len(found) == BATCH:
        set_timer(scope, "scheduler", "clear", key, scope.now)
    else:
        groups.delete(scope, group)


@scheduler.consumer("invoke")
async def invoke(delivery: Delivery, payload: Payload) -> None:
    """Make one attempt at an invocation and note what came of it."""
    invocation = msgspec.convert(payload["invocation"], Invocation)
    text = _input_of(invocation, delivery.account, delivery.region)
    error: ServiceError | None = None
    caller: ServiceCaller | None = None
    try:
        caller = await _acting(delivery, invocation.target["RoleArn"])
        await _call(delivery, caller, invocation, text)
    except ServiceError as failure:
        error = failure
    await delivery.transact(lambda scope: _conclude(scope, caller, invocation, text, error))


async def _acting(delivery: Delivery, role: str) -> ServiceCaller:
    """Return a caller in a session of a role. A cloud that is told to offer no IAM has no roles."""
    own = ServiceCaller(delivery.kernel, "scheduler", delivery.account, delivery.region)
    services = delivery.kernel.services
    if services.find("iam") is None or services.find("sts") is None:
        return own
    return await own.assuming(role, SESSION_NAME)


async def _call(delivery: Delivery, caller: ServiceCaller, invocation: Invocation, text: str) -> None:
    called = parse_target(invocation.target["Arn"])
    if called.is_universal:
        service = delivery.kernel.services.find_known(called.service)
        if service is None:
            raise ServiceError(f"The service {called.service} is not there.", code="NotImplemented", status=501)
        params = _parameters(text, service.model.operation(called.operation).input)
        await caller.call(called.service, called.operation, params)
        return
    params = request_for(called, invocation.target, text, delivery.kernel.config.endpoint)
    answer = await caller.call(called.service, called.operation, params)
    if called.service == "events" and answer["FailedEntryCount"]:
        refused = answer["Entries"][0]
        raise ServiceError(refused["ErrorMessage"], code=refused["ErrorCode"])


def _parameters(text: str, shape: Shape | None) -> dict[str, Any]:
    """Return the parameters of a universal target. What was good when it was stored can be spoiled by its context."""
    try:
        params: dict[str, Any] = shaped(json.loads(text), shape)
    except ValueError as error:
        raise ServiceError(str(error), code="ValidationException") from error
    return params


def _input_of(invocation: Invocation, account: str, region: str) -> str:
    """Return the input with its context, or the event that targets without one are given."""
    text = invocation.target.get("Input")
    if text is not None:
        return fill(text, invocation.schedule_arn, invocation.scheduled_at, invocation.id, invocation.attempts + 1)
    event = {
        "version": "0",
        "id": invocation.id,
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": account,
        "time": stamp(invocation.scheduled_at),
        "region": region,
        "resources": [invocation.schedule_arn],
        "detail": "{}",
    }
    return json.dumps(event, separators=(",", ":"))


def _conclude(
    scope: Scope, caller: ServiceCaller | None, invocation: Invocation, text: str, error: ServiceError | None
) -> None:
    _count(scope, invocation, "InvocationAttemptCount")
    if error is None:
        return
    _count(scope, invocation, "TargetErrorCount")
    exhausted = ""
    if not any(part in error.code for part in _FINAL) and (error.status >= 500 or "Throttl" in error.code):
        policy = invocation.target.get("RetryPolicy") or {}
        due_at, exhausted = plan_retry(policy, invocation.attempts, invocation.began_at, scope.now)
        if due_at:
            again = replace(invocation, attempts=invocation.attempts + 1)
            set_timer(scope, "scheduler", "retry", invocation.id, due_at, {"invocation": msgspec.to_builtins(again)})
            return
    _log.info("%s could not invoke %s: %s", invocation.schedule_arn, invocation.target["Arn"], error.message)
    _count(scope, invocation, "InvocationDroppedCount")
    _dead_letter(scope, caller, invocation, text, error, exhausted)


def _dead_letter(
    scope: Scope, caller: ServiceCaller | None, invocation: Invocation, text: str, error: ServiceError, exhausted: str
) -> None:
    """Send what was given up to the target's dead-letter queue, in its role; without one it is lost, as on AWS."""
    arn = (invocation.target.get("DeadLetterConfig") or {}).get("Arn")
    if arn is None or caller is None:
        return
    told = {
        "SCHEDULE_ARN": invocation.schedule_arn,
        "TARGET_ARN": invocation.target["Arn"],
        "EXECUTION_ID": invocation.id,
        "SCHEDULED_TIME": stamp(invocation.scheduled_at),
        "ERROR_CODE": error.code,
        "ERROR_MESSAGE": error.message or error.code,
        "RETRY_ATTEMPTS": str(invocation.attempts),
    }
    if exhausted:
        told["EXHAUSTED_RETRY_CONDITION"] = exhausted
    place = parse_arn(arn)
    params = {
        "QueueUrl": f"{scope.kernel.config.endpoint}/{place.account}/{place.resource}",
        "MessageBody": text,
        "MessageAttributes": {name: {"DataType": "String", "StringValue": value} for name, value in told.items()},
    }
    try:
        caller.call_within(scope, "sqs", "SendMessage", params)
    except ServiceError as failure:
        if failure.status >= 500:
            raise  # the queue's fault: the outbox tries again
        _log.warning("%s cannot be used as a dead-letter queue: %s", arn, failure.message)
        _count(scope, invocation, "InvocationsFailedToBeSentToDeadLetterCount")
    else:
        _count(scope, invocation, "InvocationsSentToDeadLetterCount")


def _count(scope: Scope, invocation: Invocation, name: str) -> None:
    count(scope, "AWS/Scheduler", name, (("ScheduleGroup", invocation.group),))
