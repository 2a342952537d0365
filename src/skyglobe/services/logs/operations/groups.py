"""Creating, listing and deleting log groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.late_writes import shows_all
from skyglobe.kernel.resources import check_tags
from skyglobe.kernel.scope import Scope
from skyglobe.services.logs import logs
from skyglobe.services.logs.engine import clear_group, sweep_later
from skyglobe.services.logs.finding import get_group, get_identified, group_arn
from skyglobe.services.logs.paging import DEFAULT_LISTED, page_of_scan
from skyglobe.services.logs.protecting import account_protection
from skyglobe.services.logs.quota import take_turn
from skyglobe.services.logs.records import LogGroup, counts, groups, taps, usages
from skyglobe.services.logs.refusals import invalid, not_built, over_limit
from skyglobe.services.logs.rules.names import RESERVED, is_group_name
from skyglobe.services.logs.rules.tag_filters import matches_tags
from skyglobe.services.logs.sealing import with_key

MAX_GROUPS = 1_000_000  # of one account in one region; API reference of CreateLogGroup


@logs.operation
def create_log_group(
    call: Call,
    log_group_name: str,
    kms_key_id: str | None = None,
    tags: dict[str, str] | None = None,
    log_group_class: str = "STANDARD",
    deletion_protection_enabled: bool = False,
) -> None:
    """Create a log group. Raises ResourceAlreadyExistsException, LimitExceededException."""
    take_turn(call)
    if log_group_name.lower().startswith(RESERVED):
        raise invalid("Log groups starting with AWS/ are reserved for AWS.")
    if groups.find(call, log_group_name) is not None:
        raise logs.errors.ResourceAlreadyExistsException("The specified log group already exists")
    check_tags(tags or {}, invalid)
    if counts.get(call, "groups") >= MAX_GROUPS:
        raise over_limit()
    counts.add(call, "groups", 1)
    group = LogGroup(
        arn=group_arn(call, log_group_name),
        id=log_group_name,
        owner=call.account,
        created_at=call.now,
        tags=tags or {},
        number=call.kernel.next_order(),
        kind=log_group_class,
        is_undeletable=deletion_protection_enabled,
    )
    groups.insert(call, with_key(call, group, kms_key_id) if kms_key_id is not None else group)
    sweep_later(call, group, call.now)


@logs.operation
@shows_all
def delete_log_group(call: Call, log_group_name: str) -> None:
    """Delete a log group with everything in it. Raises ValidationException when deletion protection is on."""
    take_turn(call)
    group = get_group(call, log_group_name)
    refuse_protected(group)
    counts.add(call, "groups", -1)
    groups.delete(call, group)
    clear_group(call, group)


def refuse_protected(group: LogGroup) -> None:
    """Raise ValidationException when nothing of a group may be deleted."""
    if group.is_undeletable:
        raise logs.errors.ValidationException(
            f"Deletion protection is enabled for log group {group.id}. Disable it before deleting."
        )


@logs.operation
def put_log_group_deletion_protection(call: Call, log_group_identifier: str, deletion_protection_enabled: bool) -> None:
    """Switch the protection against deletion on or off."""
    scope, group = get_identified(call, log_group_identifier)
    groups.replace(scope, group, replace(group, is_undeletable=deletion_protection_enabled))


@logs.operation
@shows_all
def describe_log_groups(
    call: Call,
    account_identifiers: list[str] | None = None,
    log_group_name_prefix: str = "",
    log_group_name_pattern: str = "",
    next_token: str | None = None,
    limit: int = DEFAULT_LISTED,
    include_linked_accounts: bool = False,
    log_group_class: str | None = None,
    log_group_identifiers: list[str] | None = None,
) -> dict[str, Any]:
    """List log groups by name: all, or those that a prefix, a part of the name, a class or a list selects."""
    take_turn(call)
    if log_group_name_prefix and log_group_name_pattern:
        raise invalid("logGroupNamePrefix and logGroupNamePattern are mutually exclusive parameters.")
    _refuse_linked(call, account_identifiers, include_linked_accounts)
    selects_otherwise = log_group_name_prefix or log_group_name_pattern or log_group_class or next_token
    if log_group_identifiers is not None and selects_otherwise:
        raise invalid("logGroupIdentifiers cannot be combined with other filters.")
    listing = f"groups:{log_group_name_prefix}:{log_group_name_pattern}:{log_group_class}"
    following: dict[str, Any] = {}
    if log_group_identifiers is not None:
        found = _identified(call, log_group_identifiers)
    else:

        def rows(past: str | None) -> Iterator[LogGroup]:
            for group in _past(call, log_group_name_prefix, past):
                if log_group_name_pattern in group.id and log_group_class in (None, group.kind):
                    yield group

        found, following = page_of_scan(call, listing, rows, next_token, limit)
    shown = [_shown(call, group, bool(log_group_name_pattern)) for group in found]
    return {"logGroups": shown, **following}


def _past(call: Call, prefix: str, past: str | None) -> Iterator[LogGroup]:
    """Yield the groups whose names start with ``prefix``, past one of them."""
    if past is None:
        yield from groups.scan(call, starting=prefix)
        return
    for group in groups.scan(call, past=(past,)):
        if not group.id.startswith(prefix):
            return
        yield group


def _identified(call: Call, identifiers: list[str]) -> list[LogGroup]:
    found: dict[str, LogGroup] = {}
    for identifier in identifiers:
        try:
            _, group = get_identified(call, identifier)
        except ServiceError as error:
            if error.code != "ResourceNotFoundException":
                raise
        else:
            found[group.id] = group
    return [group for _, group in sorted(found.items())]


def _refuse_linked(call: Call, accounts: list[str] | None, include_linked: bool) -> None:
    if include_linked or (accounts and accounts != [call.account]):
        raise not_built("cross-account observability (includeLinkedAccounts)")


def _shown(scope: Scope, group: LogGroup, is_brief: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "logGroupName": group.id,
        "creationTime": group.created_at,
        "arn": f"{group.arn}:*",
        "logGroupArn": group.arn,
        "logGroupClass": group.kind,
    }
    if is_brief:
        return shown
    filters, usage = taps.find(scope, group.number), usages.find(scope, group.number)
    shown |= {
        "metricFilterCount": len(filters.metrics) if filters is not None else 0,
        "storedBytes": usage.size if usage is not None else 0,
        "deletionProtectionEnabled": group.is_undeletable,
    }
    if group.retention_days is not None:
        shown["retentionInDays"] = group.retention_days
    if group.kms_key:
        shown["kmsKeyId"] = group.kms_key
    if group.protection:
        shown["dataProtectionStatus"] = "ACTIVATED"
    elif group.was_protected:
        shown["dataProtectionStatus"] = "DELETED"
    if account_protection(scope):
        shown["inheritedProperties"] = ["ACCOUNT_DATA_PROTECTION"]
    return shown


@logs.operation
@shows_all
def list_log_groups(
    call: Call,
    log_group_name_pattern: str = "",
    log_group_class: str | None = None,
    include_linked_accounts: bool = False,
    account_identifiers: list[str] | None = None,
    next_token: str | None = None,
    limit: int = DEFAULT_LISTED,
    data_sources: list[dict[str, str]] | None = None,
    field_index_names: list[str] | None = None,
    log_group_tags: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """List log groups by name, as far as they have one of several beginnings (``^a``) or parts, a class and tags."""
    _refuse_linked(call, account_identifiers, include_linked_accounts)
    if data_sources or field_index_names:
        raise not_built("data sources and field indexes (dataSources, fieldIndexNames)")
    listing = f"list:{log_group_name_pattern}:{log_group_class}:{log_group_tags}"

    def rows(past: str | None) -> Iterator[LogGroup]:
        return _listed(call, past, log_group_name_pattern, log_group_class, log_group_tags or [])

    found, following = page_of_scan(call, listing, rows, next_token, limit)
    shown = [{"logGroupName": group.id, "logGroupArn": group.arn, "logGroupClass": group.kind} for group in found]
    return {"logGroups": shown, **following}


def _listed(
    call: Call, past: str | None, pattern: str, kind: str | None, tags: list[dict[str, Any]]
) -> Iterator[LogGroup]:
    parts = pattern.split("|") if pattern else [""]
    assert all(is_group_name(part.removeprefix("^")) or not part for part in parts), "the model's pattern says so"
    for group in _past(call, "", past):
        is_called = any(group.id.startswith(part[1:]) if part.startswith("^") else part in group.id for part in parts)
        if is_called and kind in (None, group.kind) and matches_tags(group.tags, tags):
            yield group
