"""API destinations: HTTP endpoints that rules can have as targets."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from msgspec.structs import replace

from skyglobe.kernel.arns import make_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.outgoing import is_loopback
from skyglobe.services.events import events
from skyglobe.services.events.connecting import find_connection, name_in
from skyglobe.services.events.invoking import DEFAULT_PER_SECOND
from skyglobe.services.events.paging import page
from skyglobe.services.events.records import ApiDestination, api_destinations
from skyglobe.services.events.refusals import exists, invalid, no_such, over_limit

MAX_DESTINATIONS = 3_000  # of an account in a region; user guide, "Amazon EventBridge quotas"


@events.operation
def create_api_destination(
    call: Call,
    name: str,
    connection_arn: str,
    invocation_endpoint: str,
    http_method: str,
    description: str = "",
    invocation_rate_limit_per_second: int = 0,
) -> dict[str, Any]:
    """Make an endpoint a target.

    Raises ResourceNotFoundException for the connection, ResourceAlreadyExistsException, LimitExceededException.
    """
    _check_endpoint(invocation_endpoint)
    _check_connection(call, connection_arn)
    if api_destinations.find(call, name) is not None:
        raise exists("ApiDestination", name)
    if sum(1 for _ in api_destinations.scan(call, limit=MAX_DESTINATIONS)) >= MAX_DESTINATIONS:
        raise over_limit()
    made = ApiDestination(
        arn=make_arn(call, "events", f"api-destination/{name}/{call.kernel.ids.uuid()}"),
        id=name,
        owner=call.account,
        created_at=call.now,
        connection_arn=connection_arn,
        endpoint=invocation_endpoint,
        method=http_method,
        changed_at=call.now,
        description=description,
        per_second=invocation_rate_limit_per_second,
    )
    api_destinations.insert(call, made)
    return _told(call, made)


def _check_endpoint(endpoint: str) -> None:
    """Raise ValidationException for what is no HTTPS. Plain HTTP is taken on this machine, where AWS has nothing."""
    try:
        parts = urlsplit(endpoint)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if not host or (parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host))):
        raise invalid("Parameter InvocationEndpoint is not valid. Reason: it must be an HTTPS endpoint.")


def _check_connection(call: Call, arn: str) -> None:
    if find_connection(call, arn) is None:
        raise no_such("Connection", name_in(arn))


@events.operation
def update_api_destination(
    call: Call,
    name: str,
    description: str | None = None,
    connection_arn: str | None = None,
    invocation_endpoint: str | None = None,
    http_method: str | None = None,
    invocation_rate_limit_per_second: int | None = None,
) -> dict[str, Any]:
    """Change what is given. Raises ResourceNotFoundException."""
    found = _get(call, name)
    if invocation_endpoint is not None:
        _check_endpoint(invocation_endpoint)
    if connection_arn is not None:
        _check_connection(call, connection_arn)
    given = {
        "description": description,
        "connection_arn": connection_arn,
        "endpoint": invocation_endpoint,
        "method": http_method,
        "per_second": invocation_rate_limit_per_second,
    }
    changes: dict[str, Any] = {field: value for field, value in given.items() if value is not None}
    changed = replace(found, **changes, changed_at=call.now)
    api_destinations.replace(call, found, changed)
    return _told(call, changed)


@events.operation
def delete_api_destination(call: Call, name: str) -> dict[str, Any]:
    """Delete an API destination; what is on its way there fails. Raises ResourceNotFoundException."""
    api_destinations.delete(call, _get(call, name))
    return {}


@events.operation
def describe_api_destination(call: Call, name: str) -> dict[str, Any]:
    """Return an API destination. Raises ResourceNotFoundException."""
    found = _get(call, name)
    shown = _shown(call, found)
    return {**shown, "Description": found.description} if found.description else shown


@events.operation
def list_api_destinations(
    call: Call,
    name_prefix: str = "",
    connection_arn: str | None = None,
    next_token: str | None = None,
    limit: int | None = None,
) -> dict[str, Any]:
    """List API destinations by name, all or those of a connection."""

    def rows_past(past: Any) -> Any:
        found = api_destinations.scan(call, past=past, starting=name_prefix)
        return (one for one in found if connection_arn in (None, one.connection_arn))

    listing = f"destinations:{name_prefix}:{connection_arn}"
    return page(
        call,
        listing,
        "ApiDestinations",
        rows_past,
        lambda one: (one.id,),
        lambda one: _shown(call, one),
        next_token,
        limit,
    )


def _get(call: Call, name: str) -> ApiDestination:
    found = api_destinations.find(call, name)
    if found is None:
        raise no_such("ApiDestination", name)
    return found


def _told(call: Call, destination: ApiDestination) -> dict[str, Any]:
    connection = find_connection(call, destination.connection_arn)
    is_active = connection is not None and connection.state == "AUTHORIZED"
    return {
        "ApiDestinationArn": destination.arn,
        "ApiDestinationState": "ACTIVE" if is_active else "INACTIVE",
        "CreationTime": destination.created_at / 1000,
        "LastModifiedTime": destination.changed_at / 1000,
    }


def _shown(call: Call, destination: ApiDestination) -> dict[str, Any]:
    return {
        **_told(call, destination),
        "Name": destination.id,
        "ConnectionArn": destination.connection_arn,
        "InvocationEndpoint": destination.endpoint,
        "HttpMethod": destination.method,
        "InvocationRateLimitPerSecond": destination.per_second or DEFAULT_PER_SECOND,
    }
