"""Tags of rules and event buses."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.resources import check_tags
from skyglobe.services.events import events
from skyglobe.services.events.finding import find_bus
from skyglobe.services.events.records import DEFAULT_BUS, EventBus, Rule, buses, rules
from skyglobe.services.events.refusals import invalid, managed, no_such_bus, no_such_rule
from skyglobe.services.events.tagging import tags_in


@events.operation
def tag_resource(call: Call, resource_arn: str, tags: list[dict[str, str]]) -> dict[str, Any]:
    """Add tags, or change the values of those there are."""
    resource = _get(call, resource_arn)
    _put(call, resource, {**resource.tags, **tags_in(tags)})
    return {}


@events.operation
def untag_resource(call: Call, resource_arn: str, tag_keys: list[str]) -> dict[str, Any]:
    """Take tags away. Keys that are not there are no error."""
    resource = _get(call, resource_arn)
    _put(call, resource, {key: value for key, value in resource.tags.items() if key not in tag_keys})
    return {}


@events.operation
def list_tags_for_resource(call: Call, resource_arn: str) -> dict[str, Any]:
    """Return the tags of a rule or a bus."""
    tags = _get(call, resource_arn).tags
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def _get(call: Call, arn: str) -> Rule | EventBus:
    """Return what an ARN names. Raises ValidationException, ResourceNotFoundException."""
    try:
        place = parse_arn(arn)
    except ValueError as error:
        raise invalid("Parameter ResourceARN is not valid. Reason: Provided Arn is not in correct format.") from error
    kind, _, name = place.resource.partition("/")
    if place.service != "events" or (place.account, place.region) != (call.account, call.region):
        raise invalid("Parameter ResourceARN is not valid. Reason: Provided Arn is not in correct format.")
    if kind == "event-bus":
        bus = find_bus(call, name)
        if bus is None:
            raise no_such_bus(name)
        return bus
    if kind != "rule":
        raise invalid(f"Resources of the type {kind} cannot be tagged.")
    bus_name, _, rule_name = name.rpartition("/")
    rule = rules.find(call, bus_name or DEFAULT_BUS, rule_name)
    if rule is None:
        raise no_such_rule(rule_name, bus_name or DEFAULT_BUS)
    return rule


def _put(call: Call, resource: Rule | EventBus, tags: dict[str, str]) -> None:
    check_tags(tags, invalid)
    if isinstance(resource, EventBus):
        buses.put(call, replace(resource, tags=tags))
        return
    if resource.managed_by and call.principal.type != "service":
        raise managed(resource.id)
    rules.replace(call, resource, replace(resource, tags=tags))
