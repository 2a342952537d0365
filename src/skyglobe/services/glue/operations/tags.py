"""Tags of databases and connections, which are what of the catalog can be tagged."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.resources import Resource, ResourceTable, check_tags
from skyglobe.kernel.scope import Scope
from skyglobe.services.glue import glue
from skyglobe.services.glue.finding import get_database
from skyglobe.services.glue.records import connections, databases
from skyglobe.services.glue.refusals import invalid, not_built, not_found


@glue.operation
def tag_resource(call: Call, resource_arn: str, tags_to_add: dict[str, str]) -> None:
    """Add tags, or change the values of those there are."""
    table, there, resource = _get(call, resource_arn)
    tags = {**resource.tags, **tags_to_add}
    check_tags(tags, invalid)
    table.replace(there, resource, replace(resource, tags=tags))


@glue.operation
def untag_resource(call: Call, resource_arn: str, tags_to_remove: list[str]) -> None:
    """Take tags away. Keys that are not there are no error."""
    table, there, resource = _get(call, resource_arn)
    tags = {key: value for key, value in resource.tags.items() if key not in tags_to_remove}
    table.replace(there, resource, replace(resource, tags=tags))


@glue.operation
def get_tags(call: Call, resource_arn: str) -> dict[str, Any]:
    """Return the tags of a database or connection. Raises EntityNotFoundException."""
    return {"Tags": _get(call, resource_arn)[2].tags}


def _get(call: Call, arn: str) -> tuple[ResourceTable[Any], Scope, Resource]:
    try:
        place = parse_arn(arn)
    except ValueError as error:
        raise invalid(f"Resource ARN {arn} is not valid.") from error
    kind, _, name = place.resource.partition("/")
    if place.region != call.region or not place.account:
        raise invalid(f"Resource ARN {arn} is not valid.")
    if kind not in ("database", "connection"):
        raise not_built(f"tags of resources of the type {kind}")
    there = call if place.account == call.account else call.within(place.account)
    if kind == "database":
        return databases, there, get_database(there, name)
    found = connections.find(there, name)
    if found is None:
        raise not_found(f"Connection {name} not found.")
    return connections, there, found
