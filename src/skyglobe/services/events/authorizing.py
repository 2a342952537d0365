"""OAuth: trading a connection's client credentials for tokens, when it is made and when a token is over."""

from __future__ import annotations

import json
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.outbox import Delivery, post
from skyglobe.kernel.outgoing import NoAnswer, request
from skyglobe.kernel.scope import Scope
from skyglobe.services.events import events
from skyglobe.services.events.connecting import parameters_of, seal_text, unseal_text
from skyglobe.services.events.records import Connection, connections
from skyglobe.services.events.rules.requests import plan_token_request

ANSWERS_WITHIN = 5.0  # seconds of real time, as invocations have
RENEWED_AT = 60_000  # milliseconds before the end of a token
DEFAULT_LIFETIME_FOR = 3_600  # seconds of a token that does not say; RFC 6749 recommends that it does


class Unauthorized(Exception):
    """The authorization server gave no token; the message tells why."""


def begin_authorizing(scope: Scope, connection: Connection) -> None:
    """Have a token asked for, once this work is kept."""
    post(scope, "events", "authorize", {"name": connection.id, "number": connection.number})


@events.consumer("authorize")
async def authorize(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Ask for a connection's first token; it is AUTHORIZED with it and DEAUTHORIZED without."""

    def look(scope: Scope) -> Connection | None:
        found = connections.find(scope, payload["name"])
        is_same = found is not None and found.number == payload["number"] and found.state == "AUTHORIZING"
        return found if is_same else None

    connection = await delivery.transact(look)
    if connection is None:
        return
    try:
        await _renew(delivery, connection)
    except Unauthorized as error:
        reason = str(error)[:512]
        await delivery.transact(lambda scope: _note(scope, connection, state="DEAUTHORIZED", reason=reason))


async def token_for(delivery: Delivery, connection: Connection) -> str:
    """Return a token that is good for a while. Raises Unauthorized."""
    kernel = delivery.kernel
    if connection.token and connection.token_ends_at - kernel.clock.now() > RENEWED_AT:
        return unseal_text(kernel, connection.token)
    return await _renew(delivery, connection)


async def _renew(delivery: Delivery, connection: Connection) -> str:
    kernel = delivery.kernel
    token, lasts_for = await _ask(kernel, connection)

    def keep(scope: Scope) -> None:
        _note(
            scope,
            connection,
            state="AUTHORIZED",
            reason="",
            token=seal_text(kernel, token),
            token_ends_at=scope.now + lasts_for * 1000,
            authorized_at=scope.now,
        )

    await delivery.transact(keep)
    return token


async def _ask(kernel: Kernel, connection: Connection) -> tuple[str, int]:
    """Return a token and for how many seconds it is good. Raises Unauthorized."""
    oauth = parameters_of(kernel, connection).get("OAuthParameters")
    if not oauth:
        raise Unauthorized("The connection was deauthorized.")
    wanted = plan_token_request(oauth)
    try:
        answer = await request(wanted.method, wanted.url, wanted.headers, wanted.body, ANSWERS_WITHIN)
    except NoAnswer as error:
        raise Unauthorized(str(error)) from error
    if not 200 <= answer.status < 300:
        raise Unauthorized(f"The authorization endpoint answered {answer.status}")
    try:
        found = json.loads(answer.body)
        return str(found["access_token"]), int(found.get("expires_in", DEFAULT_LIFETIME_FOR))
    except (ValueError, KeyError, TypeError) as error:
        raise Unauthorized("The authorization endpoint's answer has no access_token") from error


def _note(scope: Scope, connection: Connection, **changes: Any) -> None:
    found = connections.find(scope, connection.id)
    if found is not None and found.number == connection.number and found.sealed == connection.sealed:
        connections.replace(scope, found, replace(found, changed_at=scope.now, **changes))
