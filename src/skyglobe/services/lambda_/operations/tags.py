"""Tags of functions, event source mappings and code signing configurations."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.resources import Resource, ResourceTable, check_tags
from skyglobe.services.lambda_ import lambda_
from skyglobe.services.lambda_.records import code_signings, functions, mappings
from skyglobe.services.lambda_.refusals import invalid, no_such_function, no_such_resource, not_built

_TABLES: dict[str, ResourceTable[Any]] = {
    "function": functions,
    "event-source-mapping": mappings,
    "code-signing-config": code_signings,
}


@lambda_.operation
def tag_resource(call: Call, resource: str, tags: dict[str, str]) -> None:
    """Add tags, or give them other values. Raises InvalidParameterValueException for more than fifty."""
    table, old = _get(call, resource)
    merged = {**old.tags, **tags}
    check_tags(merged, invalid)
    table.replace(call, old, replace(old, tags=merged))


@lambda_.operation
def untag_resource(call: Call, resource: str, tag_keys: list[str]) -> None:
    """Take tags off. Keys that are not there do no harm."""
    table, old = _get(call, resource)
    left = {key: value for key, value in old.tags.items() if key not in tag_keys}
    table.replace(call, old, replace(old, tags=left))


@lambda_.operation
def list_tags(call: Call, resource: str) -> dict[str, Any]:
    """Return a resource's tags."""
    return {"Tags": _get(call, resource)[1].tags}


def _get(call: Call, arn: str) -> tuple[ResourceTable[Any], Resource]:
    place = parse_arn(arn)
    kind, _, name = place.resource.partition(":")
    if kind == "capacity-provider":
        raise not_built("Capacity providers are not built yet.")
    if kind == "function" and ":" in name:
        raise invalid("Tags on function aliases and versions are not supported. Please specify a function ARN.")
    table = _TABLES[kind]
    found = table.find(call, name) if (place.account, place.region) == (call.account, call.region) else None
    if found is None:
        raise no_such_function(arn) if kind == "function" else no_such_resource()
    return table, found
