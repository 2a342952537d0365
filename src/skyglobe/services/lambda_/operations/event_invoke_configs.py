"""How asynchronous invocations are tried again, how old they may get, and where what became of them goes."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.call import Call
from skyglobe.services.lambda_ import lambda_
from skyglobe.services.lambda_.finding import Found, called_function, called_whole, get_version
from skyglobe.services.lambda_.paging import page
from skyglobe.services.lambda_.records import EventInvokeConfig, event_invoke_configs
from skyglobe.services.lambda_.refusals import invalid, not_built, not_found
from skyglobe.services.lambda_.roles import check_dead_letters, check_role
from skyglobe.services.lambda_.rules.names import LATEST
from skyglobe.services.lambda_.shapes import moment

_SERVICES = ("sqs", "sns", "lambda", "events", "s3")


@lambda_.operation
def put_function_event_invoke_config(
    call: Call,
    function_name: str,
    qualifier: str | None = None,
    maximum_retry_attempts: int | None = None,
    maximum_event_age_in_seconds: int | None = None,
    destination_config: dict[str, Any] | None = None,
) -> Coroutine[Any, Any, dict[str, Any]]:
    """Configure asynchronous invocations anew: what is not named is as by default.

    Raises InvalidParameterValueException for destinations that the function's role may not send to.
    """
    found = _found(call, function_name, qualifier)
    made = EventInvokeConfig(
        function=found.function.id,
        qualifier=found.qualifier,
        modified_at=call.now,
        retries=maximum_retry_attempts,
        max_age_s=maximum_event_age_in_seconds,
        **_destinations(found, destination_config or {}),
    )
    return _check_and_put(call, function_name, qualifier, made)


@lambda_.operation
def update_function_event_invoke_config(
    call: Call,
    function_name: str,
    qualifier: str | None = None,
    maximum_retry_attempts: int | None = None,
    maximum_event_age_in_seconds: int | None = None,
    destination_config: dict[str, Any] | None = None,
) -> Coroutine[Any, Any, dict[str, Any]]:
    """Change what is named of the configuration; the rest stays."""
    found = _found(call, function_name, qualifier)
    old = _get(found)
    new = replace(
        old,
        modified_at=call.now,
        retries=old.retries if maximum_retry_attempts is None else maximum_retry_attempts,
        max_age_s=old.max_age_s if maximum_event_age_in_seconds is None else maximum_event_age_in_seconds,
        **_destinations(found, destination_config or {}),
    )
    return _check_and_put(call, function_name, qualifier, new)


async def _check_and_put(
    call: Call, function_name: str, qualifier: str | None, config: EventInvokeConfig
) -> dict[str, Any]:
    def look(now: Call) -> str:
        return get_version(called_function(now, function_name, qualifier)).role

    if config.on_success or config.on_failure:
        session = await check_role(call, call.account, await call.transact(look), config.function)
        for arn in (config.on_success, config.on_failure):
            await check_dead_letters(call, session, arn, who="function execution role")

    def put(now: Call) -> dict[str, Any]:
        found = _found(now, function_name, qualifier)
        event_invoke_configs.put(found.scope, config)
        return _shape(found, config)

    return await call.transact(put)


@lambda_.operation
def get_function_event_invoke_config(call: Call, function_name: str, qualifier: str | None = None) -> dict[str, Any]:
    """Return the configuration. Raises ResourceNotFoundException when there is none."""
    found = _found(call, function_name, qualifier)
    return _shape(found, _get(found))


@lambda_.operation
def delete_function_event_invoke_config(call: Call, function_name: str, qualifier: str | None = None) -> None:
    """Go back to the defaults. Raises ResourceNotFoundException when there is nothing to delete."""
    found = _found(call, function_name, qualifier)
    event_invoke_configs.delete(found.scope, _get(found))


@lambda_.operation
def list_function_event_invoke_configs(
    call: Call, function_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the configurations of a function and of its versions and aliases."""
    found = called_whole(call, function_name)
    rows = event_invoke_configs.scan(found.scope, found.function.id)
    kept, more = page(call, f"event invoke:{found.function.id}", rows, lambda one: one.qualifier, marker, max_items)
    return {"FunctionEventInvokeConfigs": [_shape(found, one) for one in kept], **more}


def _found(call: Call, function_name: str, qualifier: str | None) -> Found:
    found = called_function(call, function_name, qualifier)
    get_version(found)
    return found._replace(qualifier=found.qualifier or LATEST)


def _get(found: Found) -> EventInvokeConfig:
    kept = event_invoke_configs.find(found.scope, found.function.id, found.qualifier)
    if kept is None:
        raise not_found(f"The function {found.arn} doesn't have an EventInvokeConfig")
    return kept


def _destinations(found: Found, given: dict[str, Any]) -> dict[str, str]:
    """Return the fields that a ``DestinationConfig`` sets. Raises InvalidParameterValueException."""
    fields = {}
    for member, field in (("OnSuccess", "on_success"), ("OnFailure", "on_failure")):
        if member in given:
            fields[field] = _checked(found, member, given[member].get("Destination") or "")
    return fields


def _checked(found: Found, member: str, arn: str) -> str:
    if not arn:
        return ""
    try:
        place = parse_arn(arn)
    except ValueError:
        place = None
    if place is None or place.service not in _SERVICES or (place.service == "s3" and member == "OnSuccess"):
        raise invalid(f"The provided destination config DestinationConfig is invalid: {arn}")
    if place.service in ("sqs", "sns") and place.resource.endswith(".fifo"):
        raise invalid(f"FIFO queues and topics are not supported as destinations: {arn}")
    if place.service == "events" and found.scope.kernel.services.find("events") is None:
        raise not_built("Destinations on event buses need Amazon EventBridge, which is not built yet.")
    if place.service == "lambda" and place.resource.split(":")[1:2] == [found.function.id]:
        raise invalid("You can't specify the function as a destination for itself.")
    return arn


def _shape(found: Found, kept: EventInvokeConfig) -> dict[str, Any]:
    destinations = {}
    if kept.on_success:
        destinations["OnSuccess"] = {"Destination": kept.on_success}
    if kept.on_failure:
        destinations["OnFailure"] = {"Destination": kept.on_failure}
    shown: dict[str, Any] = {
        "LastModified": moment(kept.modified_at),
        "FunctionArn": f"{found.function.arn}:{kept.qualifier}",
        "DestinationConfig": destinations,
    }
    if kept.retries is not None:
        shown["MaximumRetryAttempts"] = kept.retries
    if kept.max_age_s is not None:
        shown["MaximumEventAgeInSeconds"] = kept.max_age_s
    return shown
