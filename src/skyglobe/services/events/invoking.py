"""API destinations: HTTP endpoints that are invoked in a role, with a connection's credentials, at a bounded rate."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from skyglobe.kernel.access import Need
from skyglobe.kernel.outbox import Delivery
from skyglobe.kernel.outgoing import NoAnswer, request
from skyglobe.kernel.principals import Principal
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.services.events.asking import refusal
from skyglobe.services.events.authorizing import Unauthorized, token_for
from skyglobe.services.events.connecting import find_connection, name_in, parameters_of
from skyglobe.services.events.delivering import Job, conclude
from skyglobe.services.events.records import ApiDestination, Connection, Pace, api_destinations, paces
from skyglobe.services.events.rules.failures import Failure, failure_of_status
from skyglobe.services.events.rules.requests import plan_request

ANSWERS_WITHIN = 5.0  # seconds of real time; user guide, "API destinations": the longest an endpoint may take
DEFAULT_PER_SECOND = 300  # invocations; the same

_INACTIVE = "The connection of the API destination is not authorized."


class _Ready(NamedTuple):
    """All that an invocation takes."""

    destination: ApiDestination
    connection: Connection


async def invoke(delivery: Delivery, job: Job, principal: Principal | None) -> None:
    """Make one attempt at an invocation and note what came of it."""
    found = await delivery.transact(lambda scope: _prepare(scope, job, principal))
    if found is None:
        return  # its second is yet to come
    failure = found if isinstance(found, Failure) else await _send(delivery, job, found)
    await delivery.transact(lambda scope: conclude(scope, job, failure))


def _prepare(scope: Scope, job: Job, principal: Principal | None) -> _Ready | Failure | None:
    arn = job.target.arn
    there = scope.within(job.place.account, job.place.region)
    destination = api_destinations.find(there, name_in(arn))
    if destination is None or destination.arn != arn:
        return Failure("NO_RESOURCE", f"ApiDestination {arn} does not exist.", is_final=True)
    if principal is not None:
        refused = refusal(scope, principal, Need("events:InvokeApiDestination", arn, job.place.account))
        if refused is not None:
            return Failure("NO_PERMISSIONS", refused.message, is_final=True)
    connection = find_connection(there, destination.connection_arn)
    if connection is None or connection.state != "AUTHORIZED":
        return Failure("NO_RESOURCE", _INACTIVE, is_final=True)
    due_at = _take_turn(there, destination)
    if due_at > scope.now:
        key = job.sending.key or scope.kernel.ids.uuid()
        waiting = msgspec.structs.replace(job.sending, key=key)
        set_timer(scope, "events", "retry", key, due_at, {"sending": msgspec.to_builtins(waiting)})
        return None
    return _Ready(destination, connection)


def _take_turn(scope: Scope, destination: ApiDestination) -> int:
    """Return now, or the beginning of the next second when this one's invocations were all made."""
    most = destination.per_second or DEFAULT_PER_SECOND
    second = scope.now // 1000
    pace = paces.find(scope, destination.arn)
    used = pace.used if pace is not None and pace.second == second else 0
    if used >= most:
        return (second + 1) * 1000
    paces.insert(scope, Pace(arn=destination.arn, second=second, used=used + 1))
    return scope.now


async def _send(delivery: Delivery, job: Job, ready: _Ready) -> Failure | None:
    auth: dict[str, Any] = parameters_of(delivery.kernel, ready.connection)
    destination = ready.destination
    parameters = job.target.settings.get("HttpParameters") or {}
    wanted = plan_request(destination.method, destination.endpoint, job.text, job.event, parameters, auth)
    headers = wanted.headers
    try:
        if "OAuthParameters" in auth:
            headers = {**headers, "Authorization": f"Bearer {await token_for(delivery, ready.connection)}"}
        answer = await request(wanted.method, wanted.url, headers, wanted.body, ANSWERS_WITHIN)
    except Unauthorized as error:
        return Failure("NO_PERMISSIONS", str(error), is_final=False)
    except NoAnswer as error:
        return failure_of_status(0, str(error))
    return failure_of_status(answer.status, f"The endpoint answered {answer.status}")
