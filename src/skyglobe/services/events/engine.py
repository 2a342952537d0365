"""What happens in EventBridge after a call was answered: dispatching to rules, deliveries, retries."""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.outbox import Delivery
from skyglobe.kernel.principals import Principal
from skyglobe.kernel.scope import Scope
from skyglobe.services.events import events
from skyglobe.services.events.accepting import accept
from skyglobe.services.events.delivering import Job, begin, conclude, forward, plan_job, request_for
from skyglobe.services.events.finding import find_bus
from skyglobe.services.events.invoking import invoke
from skyglobe.services.events.log_groups import write_log
from skyglobe.services.events.records import DEFAULT_BUS, Sending, rules, targets
from skyglobe.services.events.roles import principal_in
from skyglobe.services.events.rules.entries import make_event
from skyglobe.services.events.rules.failures import Failure, failure_of, failure_of_role

Payload = dict[str, Any]


@events.consumer("happened")
def happened(scope: Scope, payload: Payload) -> None:
    """Take in what a service of this cloud told of: it goes to the default bus of its account and region."""
    bus = find_bus(scope, DEFAULT_BUS)
    assert bus is not None, "the default bus is always there"
    event = make_event(
        scope.kernel.ids.uuid(),
        scope.account,
        scope.region,
        payload["at"],
        payload["source"],
        payload["detail_type"],
        payload["resources"],
        payload["detail"],
    )
    accept(scope, bus, event)


@events.consumer("dispatch")
def dispatch(scope: Scope, payload: Payload) -> None:
    """Give an event to all targets of the rules it matched."""
    for name, number in payload["rules"]:
        rule = rules.find(scope, payload["bus"], name)
        if rule is None or rule.number != number or not rule.is_enabled:
            continue
        for target in list(targets.scan(scope, number)):
            sending = Sending(
                bus=payload["bus"],
                rule=name,
                number=number,
                target=target.id,
                event=payload["event"],
                began_at=payload["at"],
                hops=payload["hops"],
            )
            begin(scope, sending)


@events.timer("retry")
def retry(scope: Scope, key: str, payload: Payload) -> None:
    """Try a delivery whose time has come."""
    begin(scope, msgspec.convert(payload["sending"], Sending))


@events.consumer("send")
async def send(delivery: Delivery, payload: Payload) -> None:
    """Make one attempt at a delivery that takes a role or its time."""
    sending = msgspec.convert(payload["sending"], Sending)
    job = await delivery.transact(lambda scope: plan_job(scope, sending))
    if job is None:
        return
    try:
        principal = await _acting(delivery, job)
    except ServiceError as error:
        failure = failure_of_role(error)
        await delivery.transact(lambda scope: conclude(scope, job, failure))
        return
    if job.kind == "bus":
        assert principal is not None, "buses that are not forwarded to at once have a role"
        await delivery.transact(lambda scope: conclude(scope, job, forward(scope, job, principal)))
    elif job.kind == "api":
        await invoke(delivery, job, principal)
    else:
        outcome = await _call(delivery, job, principal)
        await delivery.transact(lambda scope: conclude(scope, job, outcome))


async def _acting(delivery: Delivery, job: Job) -> Principal | None:
    """Return who acts in the target's role; None where there is none."""
    if not job.role:
        return None
    return await principal_in(delivery.kernel, delivery.account, job.place.region, job.role)


async def _call(delivery: Delivery, job: Job, principal: Principal | None) -> Failure | None:
    kernel, region = delivery.kernel, job.place.region
    if principal is not None:
        caller = ServiceCaller.of(kernel, delivery.account, region, principal)
    else:
        caller = ServiceCaller(kernel, "events", delivery.account, region, job.rule.arn)
    try:
        if job.kind == "logs":
            await write_log(caller, job)
        else:
            operation, params = request_for(kernel, job)
            await caller.call(job.kind, operation, params)
    except ServiceError as error:
        return failure_of(error)
    return None
