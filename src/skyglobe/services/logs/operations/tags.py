"""Tags of groups and destinations, over both of the APIs for them."""

from __future__ import annotations

from msgspec.structs import replace

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.resources import check_tags
from skyglobe.kernel.scope import Scope
from skyglobe.services.logs import logs
from skyglobe.services.logs.finding import find_destination, get_group
from skyglobe.services.logs.records import Destination, LogGroup, destinations, groups
from skyglobe.services.logs.refusals import invalid, no_such_group, not_found
from skyglobe.services.logs.rules.names import group_of_arn

Tagged = LogGroup | Destination


@logs.operation
def tag_resource(call: Call, resource_arn: str, tags: dict[str, str]) -> None:
    """Add tags, or change the values of those there are."""
    scope, resource = _get(call, resource_arn)
    _put(scope, resource, {**resource.tags, **tags})


@logs.operation
def untag_resource(call: Call, resource_arn: str, tag_keys: list[str]) -> None:
    """Take tags away. Keys that are not there are no error."""
    scope, resource = _get(call, resource_arn)
    _put(scope, resource, {key: value for key, value in resource.tags.items() if key not in tag_keys})


@logs.operation
def list_tags_for_resource(call: Call, resource_arn: str) -> dict[str, dict[str, str]]:
    """Return the tags of a group or destination."""
    _, resource = _get(call, resource_arn)
    return {"tags": resource.tags}


@logs.operation
def tag_log_group(call: Call, log_group_name: str, tags: dict[str, str]) -> None:
    """Add tags to a group, or change the values of those it has."""
    group = get_group(call, log_group_name)
    _put(call, group, {**group.tags, **tags})


@logs.operation
def untag_log_group(call: Call, log_group_name: str, tags: list[str]) -> None:
    """Take tags from a group. Keys it does not have are no error."""
    group = get_group(call, log_group_name)
    _put(call, group, {key: value for key, value in group.tags.items() if key not in tags})


@logs.operation
def list_tags_log_group(call: Call, log_group_name: str) -> dict[str, dict[str, str]]:
    """Return a group's tags."""
    return {"tags": get_group(call, log_group_name).tags}


def _get(call: Call, arn: str) -> tuple[Scope, Tagged]:
    """Return what an ARN names, without ``:*``. Raises InvalidParameterException, ResourceNotFoundException."""
    try:
        place = parse_arn(arn)
    except ValueError as error:
        raise invalid("Invalid resource ARN.") from error
    if place.service != "logs" or place.region != call.region or arn.endswith(":*"):
        raise invalid("Invalid resource ARN.")
    there = call if place.account == call.account else call.within(place.account)
    if place.resource.startswith("destination:"):
        destination = find_destination(call, arn)
        if destination is None:
            raise not_found("destination")
        return there, destination
    named = group_of_arn(arn)
    group = groups.find(there, named[1]) if named is not None else None
    if group is None:
        raise no_such_group()
    return there, group


def _put(scope: Scope, resource: Tagged, tags: dict[str, str]) -> None:
    check_tags(tags, invalid, _too_many)
    if isinstance(resource, LogGroup):
        groups.replace(scope, resource, replace(resource, tags=tags))
    else:
        destinations.replace(scope, resource, replace(resource, tags=tags))


def _too_many(text: str) -> ServiceError:
    return logs.errors.TooManyTagsException(text)
