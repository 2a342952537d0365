"""Connections: how endpoints let EventBridge in."""

from __future__ import annotations

import json
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.arns import make_arn
from skyglobe.kernel.call import Call
from skyglobe.services.events import events
from skyglobe.services.events.authorizing import begin_authorizing
from skyglobe.services.events.connecting import parameters_of, seal_text, without_secrets
from skyglobe.services.events.paging import page
from skyglobe.services.events.records import Connection, connections
from skyglobe.services.events.refusals import exists, invalid, no_such, not_built, over_limit

MAX_CONNECTIONS = 3_000  # of an account in a region; user guide, "Amazon EventBridge quotas"
_MEMBERS = {
    "BASIC": "BasicAuthParameters",
    "API_KEY": "ApiKeyAuthParameters",
    "OAUTH_CLIENT_CREDENTIALS": "OAuthParameters",
}
"""Where the parameters of a type of authorization are."""


@events.operation
def create_connection(
    call: Call,
    name: str,
    authorization_type: str,
    auth_parameters: dict[str, Any],
    description: str = "",
    invocation_connectivity_parameters: dict[str, Any] | None = None,
    kms_key_identifier: str | None = None,
) -> dict[str, Any]:
    """Keep how an endpoint lets EventBridge in; for OAuth, a token is asked for at once.

    Raises ResourceAlreadyExistsException, LimitExceededException, ValidationException.
    """
    _refuse_unbuilt(invocation_connectivity_parameters, kms_key_identifier, auth_parameters)
    _check(authorization_type, auth_parameters)
    if connections.find(call, name) is not None:
        raise exists("Connection", name)
    if sum(1 for _ in connections.scan(call, limit=MAX_CONNECTIONS)) >= MAX_CONNECTIONS:
        raise over_limit()
    made = Connection(
        arn=make_arn(call, "events", f"connection/{name}/{call.kernel.ids.uuid()}"),
        id=name,
        owner=call.account,
        created_at=call.now,
        number=call.kernel.next_order(),
        kind=authorization_type,
        shown=without_secrets(auth_parameters),
        sealed=seal_text(call.kernel, json.dumps(auth_parameters)),
        description=description,
        changed_at=call.now,
        **_authorized(call, authorization_type),
    )
    connections.insert(call, made)
    if made.state == "AUTHORIZING":
        begin_authorizing(call, made)
    return {name: value for name, value in _told(made).items() if name != "LastAuthorizedTime"}


def _refuse_unbuilt(connectivity: dict[str, Any] | None, key: str | None, auth: dict[str, Any]) -> None:
    if connectivity or auth.get("ConnectivityParameters"):
        raise not_built("private endpoints of connections (ConnectivityParameters)")
    if key:
        raise not_built("encryption with keys of customers (KmsKeyIdentifier)")


def _check(kind: str, auth: dict[str, Any]) -> None:
    wanted = _MEMBERS[kind]
    if auth.get(wanted) is None:
        raise invalid(f"Parameter AuthParameters is not valid. Reason: {wanted} is required for {kind}.")
    for member in _MEMBERS.values():
        if member != wanted and auth.get(member) is not None:
            raise invalid(f"Parameter AuthParameters is not valid. Reason: {member} is not for {kind}.")


def _authorized(call: Call, kind: str) -> dict[str, Any]:
    if kind == "OAUTH_CLIENT_CREDENTIALS":
        return {"state": "AUTHORIZING", "token": "", "token_ends_at": 0}
    return {"state": "AUTHORIZED", "authorized_at": call.now}


@events.operation
def update_connection(
    call: Call,
    name: str,
    description: str | None = None,
    authorization_type: str | None = None,
    auth_parameters: dict[str, Any] | None = None,
    invocation_connectivity_parameters: dict[str, Any] | None = None,
    kms_key_identifier: str | None = None,
) -> dict[str, Any]:
    """Change a connection: what is given replaces what was, and lets it in anew. Raises ResourceNotFoundException."""
    found = _get(call, name)
    _refuse_unbuilt(invocation_connectivity_parameters, kms_key_identifier, auth_parameters or {})
    kind = authorization_type or found.kind
    known = parameters_of(call.kernel, found)
    if kind != found.kind:
        known = {member: value for member, value in known.items() if member == "InvocationHttpParameters"}
    merged = _merged(known, auth_parameters or {})
    changed = replace(found, description=found.description if description is None else description, changed_at=call.now)
    if auth_parameters is not None or kind != found.kind:
        _check(kind, merged)
        changed = replace(
            changed,
            kind=kind,
            shown=without_secrets(merged),
            sealed=seal_text(call.kernel, json.dumps(merged)),
            reason="",
            **_authorized(call, kind),
        )
    connections.replace(call, found, changed)
    if changed.state == "AUTHORIZING":
        begin_authorizing(call, changed)
    return _told(changed)


def _merged(known: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    merged = dict(known)
    for name, value in given.items():
        before = merged.get(name)
        merged[name] = _merged(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return merged


@events.operation
def deauthorize_connection(call: Call, name: str) -> dict[str, Any]:
    """Forget a connection's secrets: it has to be updated before it works again. Raises ResourceNotFoundException."""
    found = _get(call, name)
    changed = replace(found, state="DEAUTHORIZED", sealed="", token="", token_ends_at=0, changed_at=call.now)
    connections.replace(call, found, changed)
    return _told(changed)


@events.operation
def delete_connection(call: Call, name: str) -> dict[str, Any]:
    """Delete a connection: API destinations that use it become inactive. Raises ResourceNotFoundException."""
    found = _get(call, name)
    connections.delete(call, found)
    return _told(replace(found, state="DELETING", changed_at=call.now))


@events.operation
def describe_connection(call: Call, name: str) -> dict[str, Any]:
    """Return a connection without its secrets. Raises ResourceNotFoundException."""
    found = _get(call, name)
    shown = {**_shown(found), "AuthParameters": found.shown}
    return {**shown, "Description": found.description} if found.description else shown


@events.operation
def list_connections(
    call: Call,
    name_prefix: str = "",
    connection_state: str | None = None,
    next_token: str | None = None,
    limit: int | None = None,
) -> dict[str, Any]:
    """List connections by name."""

    def rows_past(past: Any) -> Any:
        found = connections.scan(call, past=past, starting=name_prefix)
        return (one for one in found if connection_state in (None, one.state))

    listing = f"connections:{name_prefix}:{connection_state}"
    return page(call, listing, "Connections", rows_past, lambda one: (one.id,), _shown, next_token, limit)


def _get(call: Call, name: str) -> Connection:
    found = connections.find(call, name)
    if found is None:
        raise no_such("Connection", name)
    return found


def _told(connection: Connection) -> dict[str, Any]:
    told: dict[str, Any] = {
        "ConnectionArn": connection.arn,
        "ConnectionState": connection.state,
        "CreationTime": connection.created_at / 1000,
        "LastModifiedTime": connection.changed_at / 1000,
    }
    if connection.authorized_at:
        told["LastAuthorizedTime"] = connection.authorized_at / 1000
    return told


def _shown(connection: Connection) -> dict[str, Any]:
    shown = {**_told(connection), "Name": connection.id, "AuthorizationType": connection.kind}
    return {**shown, "StateReason": connection.reason} if connection.reason else shown
