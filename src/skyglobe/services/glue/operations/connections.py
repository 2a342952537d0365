"""Connections: how data stores outside of the catalog are reached. Kept and shown; what would connect is not built."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.arns import make_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.keys import Part
from skyglobe.kernel.resources import check_tags
from skyglobe.kernel.scope import Scope
from skyglobe.services.glue import glue
from skyglobe.services.glue.finding import catalog_of
from skyglobe.services.glue.paging import page_of_scan
from skyglobe.services.glue.records import Connection, connections, counts
from skyglobe.services.glue.refusals import (
    error_detail,
    exists,
    invalid,
    not_built,
    not_found,
    over_limit,
    refuse_unbuilt,
)
from skyglobe.services.glue.rules.connections import is_meant, without_passwords

MAX_CONNECTIONS = 1_000  # of an account in a region; General Reference, "AWS Glue endpoints and quotas"
BUILT = frozenset({"JDBC", "KAFKA", "MONGODB", "NETWORK", "MARKETPLACE", "CUSTOM"})
"""Types of the first connection schema; the others are checked by AWS against the service they lead to."""
UNBUILT = {
    "AuthenticationConfiguration": "connections of the second schema",
    "SparkProperties": "connections of the second schema",
    "AthenaProperties": "connections of the second schema",
    "PythonProperties": "connections of the second schema",
    "ValidateForComputeEnvironments": "connections of the second schema",
}
_UNKEPT = frozenset({"Name", "ValidateCredentials"})


@glue.operation
def create_connection(
    call: Call,
    connection_input: dict[str, Any],
    catalog_id: str | None = None,
    tags: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Keep a connection. Raises AlreadyExistsException and ResourceNumberLimitExceededException."""
    there = catalog_of(call, catalog_id)
    given = _checked(connection_input)
    check_tags(tags or {}, invalid)
    name = connection_input["Name"]
    if connections.find(there, name) is not None:
        raise exists("Connection")
    if counts.get(there, "connections") >= MAX_CONNECTIONS:
        raise over_limit("connections", MAX_CONNECTIONS)
    counts.add(there, "connections", 1)
    made = Connection(
        arn=make_arn(there, "glue", f"connection/{name}"),
        id=name,
        owner=there.account,
        created_at=call.now,
        tags=tags or {},
        updated_at=call.now,
        updated_by=call.principal.arn,
        given=given,
    )
    connections.insert(there, made)
    return {"CreateConnectionStatus": "READY"}


def _checked(connection_input: dict[str, Any]) -> dict[str, Any]:
    refuse_unbuilt(connection_input, UNBUILT)
    if connection_input["ConnectionType"] not in BUILT:
        raise not_built(f"connections of the type {connection_input['ConnectionType']}")
    return {name: value for name, value in connection_input.items() if name not in _UNKEPT}


def _get(scope: Scope, name: str) -> Connection:
    found = connections.find(scope, name)
    if found is None:
        raise not_found(f"Connection {name} not found.")
    return found


def _shown(connection: Connection, hides: bool) -> dict[str, Any]:
    given = connection.given
    if hides:
        given = {**given, "ConnectionProperties": without_passwords(given["ConnectionProperties"])}
    return {
        **given,
        "Name": connection.id,
        "CreationTime": connection.created_at / 1000,
        "LastUpdatedTime": connection.updated_at / 1000,
        "LastUpdatedBy": connection.updated_by,
        "Status": "READY",
        "ConnectionSchemaVersion": 1,
    }


@glue.operation(unused=("ApplyOverrideForComputeEnvironment",))
def get_connection(call: Call, name: str, catalog_id: str | None = None, hide_password: bool = False) -> dict[str, Any]:
    """Return a connection, its password too unless that is to be hidden. Raises EntityNotFoundException."""
    return {"Connection": _shown(_get(catalog_of(call, catalog_id), name), hide_password)}


@glue.operation
def get_connections(
    call: Call,
    catalog_id: str | None = None,
    filter: dict[str, Any] | None = None,
    hide_password: bool = False,
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, Any]:
    """List connections by name: all, or those of a type and with criteria."""
    there = catalog_of(call, catalog_id)

    def rows(past: tuple[Part, ...] | None) -> Iterator[Connection]:
        return (one for one in connections.scan(there, past=past) if is_meant(one.given, filter or {}))

    listing = f"connections:{filter}"
    found, following = page_of_scan(there, listing, rows, lambda one: (one.id,), next_token, max_results)
    return {"ConnectionList": [_shown(one, hide_password) for one in found], **following}


@glue.operation
def update_connection(call: Call, name: str, connection_input: dict[str, Any], catalog_id: str | None = None) -> None:
    """Put other settings in place of all that a connection had. Raises EntityNotFoundException."""
    there = catalog_of(call, catalog_id)
    old = _get(there, name)
    if connection_input["Name"] != name:
        raise invalid("Connection name cannot be changed.")
    changed = replace(old, given=_checked(connection_input), updated_at=call.now, updated_by=call.principal.arn)
    connections.replace(there, old, changed)


@glue.operation
def delete_connection(call: Call, connection_name: str, catalog_id: str | None = None) -> None:
    """Forget a connection. Raises EntityNotFoundException."""
    _delete(catalog_of(call, catalog_id), connection_name)


def _delete(scope: Scope, name: str) -> None:
    connections.delete(scope, _get(scope, name))
    counts.add(scope, "connections", -1)


@glue.operation
def batch_delete_connection(
    call: Call, connection_name_list: list[str], catalog_id: str | None = None
) -> dict[str, Any]:
    """Forget up to 25 connections, each by itself; return which were forgotten, and which could not be."""
    there = catalog_of(call, catalog_id)
    succeeded, errors = [], {}
    for name in connection_name_list:
        try:
            _delete(there, name)
            succeeded.append(name)
        except ServiceError as error:
            errors[name] = error_detail(error)
    return {"Succeeded": succeeded, "Errors": errors}
