"""Destinations: where other accounts may send their logs, and who of them may."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.resources import check_tags
from skyglobe.policy.documents import MalformedPolicy, parse_policy
from skyglobe.services.logs import logs
from skyglobe.services.logs.delivering import Target
from skyglobe.services.logs.finding import destination_arn, get_destination
from skyglobe.services.logs.paging import DEFAULT_LISTED, page
from skyglobe.services.logs.records import Destination, destinations
from skyglobe.services.logs.refusals import invalid, over_limit
from skyglobe.services.logs.subscribing import try_destination

MAX_POLICY_BYTES = 5_120  # API reference of PutDestinationPolicy
MAX_DESTINATIONS = 1_000  # of one account in one region; AWS names no bound


@logs.operation
def put_destination(
    call: Call, destination_name: str, target_arn: str, role_arn: str, tags: dict[str, str] | None = None
) -> Coroutine[Any, Any, dict[str, Any]]:
    """Create a destination, or change its target and role, once the target was reached. Its policy stays."""
    try:
        place = parse_arn(target_arn)
    except ValueError as error:
        raise invalid("targetArn is not a valid ARN.") from error
    if place.service not in ("kinesis", "firehose"):
        raise invalid("The target of a destination must be a Kinesis stream or a Firehose delivery stream.")
    check_tags(tags or {}, invalid)
    target = Target(target_arn, role_arn, destination_arn(call, destination_name), call.account, call.region)

    async def put() -> dict[str, Any]:
        await try_destination(call.kernel, target)
        return await call.transact(lambda again: _put(again, destination_name, target, tags))

    return put()


def _put(call: Call, name: str, target: Target, tags: dict[str, str] | None) -> dict[str, Any]:
    found = destinations.find(call, name)
    if found is not None:
        made = replace(found, target=target.arn, role=target.role, tags={**found.tags, **(tags or {})})
        destinations.replace(call, found, made)
        return {"destination": _shown(made)}
    if sum(1 for _ in destinations.scan(call, limit=MAX_DESTINATIONS)) >= MAX_DESTINATIONS:
        raise over_limit()
    made = Destination(
        arn=destination_arn(call, name),
        id=name,
        owner=call.account,
        created_at=call.now,
        tags=tags or {},
        target=target.arn,
        role=target.role,
    )
    destinations.insert(call, made)
    return {"destination": _shown(made)}


@logs.operation
def put_destination_policy(call: Call, destination_name: str, access_policy: str, force_update: bool = False) -> None:
    """Say who may subscribe to a destination.

    ``force_update`` affirms that senders were told of a change, which AWS asks for and cannot check either.
    """
    found = destinations.find(call, destination_name)
    if found is None:
        raise invalid("The specified destination does not exist.")
    if len(access_policy.encode("utf-8", "surrogatepass")) > MAX_POLICY_BYTES:
        raise invalid(f"The access policy must not be larger than {MAX_POLICY_BYTES} bytes.")
    try:
        parse_policy(access_policy, "resource")
    except MalformedPolicy as reason:
        raise invalid(f"The access policy is not valid: {reason}") from reason
    destinations.replace(call, found, replace(found, policy=access_policy))


@logs.operation
def delete_destination(call: Call, destination_name: str) -> None:
    """Delete a destination. What is sent to it from now on is lost after a day of trying."""
    destinations.delete(call, get_destination(call, destination_name))


@logs.operation
def describe_destinations(
    call: Call,
    destination_name_prefix: str = "",
    next_token: str | None = None,
    limit: int = DEFAULT_LISTED,
) -> dict[str, Any]:
    """List destinations by name."""
    rows = destinations.scan(call, starting=destination_name_prefix)
    listing = f"destinations:{destination_name_prefix}"
    shown, following = page(call, listing, rows, lambda one: one.id, next_token, limit)
    return {"destinations": [_shown(one) for one in shown], **following}


def _shown(one: Destination) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "destinationName": one.id,
        "targetArn": one.target,
        "roleArn": one.role,
        "arn": one.arn,
        "creationTime": one.created_at,
    }
    return {**shown, "accessPolicy": one.policy} if one.policy else shown
