"""Finding groups, streams and destinations: by name, by ARN, for whoever may."""

from __future__ import annotations

from skyglobe.kernel.arns import make_arn, parse_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.logs.records import Destination, LogGroup, LogStream, destinations, groups, streams
from skyglobe.services.logs.refusals import invalid, no_such_group, no_such_stream, not_found
from skyglobe.services.logs.rules.names import group_of_arn, is_group_name


def group_arn(scope: Scope, name: str) -> str:
    """Return the ARN of the group of that name where ``scope`` stands, without ``:*``."""
    return make_arn(scope, "logs", f"log-group:{name}")


def destination_arn(scope: Scope, name: str) -> str:
    """Return the ARN of the destination of that name where ``scope`` stands."""
    return make_arn(scope, "logs", f"destination:{name}")


def get_group(scope: Scope, name: str) -> LogGroup:
    """Return a log group. Raises ResourceNotFoundException."""
    group = groups.find(scope, name)
    if group is None:
        raise no_such_group()
    return group


def get_stream(scope: Scope, group: LogGroup, name: str) -> LogStream:
    """Return a log stream. Raises ResourceNotFoundException."""
    stream = streams.find(scope, group.number, name)
    if stream is None:
        raise no_such_stream()
    return stream


def get_identified(call: Call, identifier: str) -> tuple[Scope, LogGroup]:
    """Return a group by its name or ARN, and where it lives.

    Raises InvalidParameterException and ResourceNotFoundException.
    """
    if is_group_name(identifier):
        return call, get_group(call, identifier)
    place = group_of_arn(identifier)
    if place is None or parse_arn(identifier).region != call.region:
        raise invalid("Invalid log group identifier.")
    account, name = place
    there = call if account == call.account else call.within(account)
    return there, get_group(there, name)


def get_named(call: Call, name: str | None, identifier: str | None) -> tuple[Scope, LogGroup]:
    """Return the group of a call that takes a name or an identifier. Raises as ``get_identified``."""
    if (name is None) == (identifier is None):
        raise invalid("Exactly one of logGroupName and logGroupIdentifier must be specified.")
    if identifier is not None:
        return get_identified(call, identifier)
    assert name is not None
    return call, get_group(call, name)


def get_destination(scope: Scope, name: str) -> Destination:
    """Return a destination. Raises ResourceNotFoundException."""
    found = destinations.find(scope, name)
    if found is None:
        raise not_found("destination")
    return found


def find_destination(scope: Scope, arn: str) -> Destination | None:
    """Return the destination with this ARN, in whatever account it is; None when there is none."""
    place = parse_arn(arn)
    name = place.resource.removeprefix("destination:")
    return destinations.find(scope.within(place.account, place.region), name)
