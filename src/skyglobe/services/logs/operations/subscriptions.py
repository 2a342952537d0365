"""Subscription filters: putting, listing and deleting them."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.logs import logs
from skyglobe.services.logs.filtering import check_pattern_of_group, refuse_other_classes, refuse_unbuilt, taps_of
from skyglobe.services.logs.finding import get_group
from skyglobe.services.logs.paging import DEFAULT_LISTED, page
from skyglobe.services.logs.records import LogGroup, SubscriptionFilter, Taps, taps
from skyglobe.services.logs.refusals import not_found, over_limit
from skyglobe.services.logs.rules.deliveries import MAX_FILTERS
from skyglobe.services.logs.subscribing import check_destination, find_target, try_destination


@logs.operation
def put_subscription_filter(
    call: Call,
    log_group_name: str,
    filter_name: str,
    filter_pattern: str,
    destination_arn: str,
    role_arn: str = "",
    distribution: str = "ByLogStream",
    apply_on_transformed_logs: bool = False,
    field_selection_criteria: str = "",
    emit_system_fields: list[str] | None = None,
) -> Coroutine[Any, Any, None]:
    """Create a subscription filter, or replace the one of that name, once its destination was reached.

    Raises InvalidParameterException, LimitExceededException.
    """
    refuse_unbuilt(
        transformed=apply_on_transformed_logs, criteria=field_selection_criteria, fields=emit_system_fields or []
    )
    check_destination(call, destination_arn, role_arn)
    made = SubscriptionFilter(
        name=filter_name,
        pattern=filter_pattern,
        destination=destination_arn,
        role=role_arn,
        distribution=distribution,
        created_at=call.now,
    )
    group, _ = _room(call, log_group_name, made)
    target = find_target(call, destination_arn, role_arn, f"{group.arn}:*")

    async def subscribe() -> None:
        await try_destination(call.kernel, target)
        await call.transact(lambda again: _put(again, log_group_name, made))

    return subscribe()


def _room(call: Call, name: str, made: SubscriptionFilter) -> tuple[LogGroup, Taps]:
    """Return the group and its filters without one of this name, if there is room for it."""
    group = get_group(call, name)
    refuse_other_classes(group, "Subscription filters")
    tapped = taps_of(call, group)
    check_pattern_of_group(tapped, made.pattern, made.name)
    others = [one for one in tapped.subscriptions if one.name != made.name]
    if len(others) >= MAX_FILTERS:
        raise over_limit()
    return group, replace(tapped, subscriptions=others)


def _put(call: Call, name: str, made: SubscriptionFilter) -> None:
    _, tapped = _room(call, name, made)
    filters = sorted([*tapped.subscriptions, made], key=lambda one: one.name)
    taps.insert(call, replace(tapped, subscriptions=filters))


@logs.operation
def delete_subscription_filter(call: Call, log_group_name: str, filter_name: str) -> None:
    """Delete a subscription filter. Raises ResourceNotFoundException."""
    tapped = taps_of(call, get_group(call, log_group_name))
    others = [one for one in tapped.subscriptions if one.name != filter_name]
    if len(others) == len(tapped.subscriptions):
        raise not_found("subscription filter")
    taps.insert(call, replace(tapped, subscriptions=others))


@logs.operation
def describe_subscription_filters(
    call: Call,
    log_group_name: str,
    filter_name_prefix: str = "",
    next_token: str | None = None,
    limit: int = DEFAULT_LISTED,
) -> dict[str, Any]:
    """List a group's subscription filters by name."""
    tapped = taps_of(call, get_group(call, log_group_name))
    rows = [one for one in tapped.subscriptions if one.name.startswith(filter_name_prefix)]
    listing = f"subscriptions:{tapped.group}:{filter_name_prefix}"
    shown, following = page(call, listing, rows, lambda one: one.name, next_token, limit)
    return {"subscriptionFilters": [_shown(tapped.group_name, one) for one in shown], **following}


def _shown(group: str, one: SubscriptionFilter) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "filterName": one.name,
        "logGroupName": group,
        "filterPattern": one.pattern,
        "destinationArn": one.destination,
        "distribution": one.distribution,
        "applyOnTransformedLogs": False,
        "creationTime": one.created_at,
    }
    return {**shown, "roleArn": one.role} if one.role else shown
