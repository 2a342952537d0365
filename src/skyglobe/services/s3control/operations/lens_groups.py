"""Storage Lens groups, in the region that is called. ``lenses`` counts what they mean."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.pagination import InvalidToken, page_of
from skyglobe.services.s3control import s3control
from skyglobe.services.s3control.lens_groups import LensGroup, get_group, group_arn, groups
from skyglobe.services.s3control.refusals import invalid_request
from skyglobe.services.s3control.rules.lens_groups import MAX_GROUPS, BadGroup, check_filter
from skyglobe.services.s3control.tagging import check_count, tags_in

PAGE = 100  # groups; ListStorageLensGroups pages, AWS states no size


@s3control.operation
def create_storage_lens_group(
    call: Call, account_id: str, storage_lens_group: dict[str, Any], tags: list[dict[str, str]] | None = None
) -> None:
    """Make a group. Raises InvalidRequest, ResourceAlreadyExists, TooManyConfigurations, InvalidTag."""
    scope = call.within(account_id)
    name, chosen = storage_lens_group["Name"], _checked(storage_lens_group)
    if groups.find(scope, name) is not None:
        raise s3control.error("ResourceAlreadyExists", f"The Storage Lens group {name} already exists", status=409)
    if sum(1 for _ in groups.scan(scope, limit=MAX_GROUPS)) >= MAX_GROUPS:
        text = f"You have attempted to create more Storage Lens groups than allowed: {MAX_GROUPS}"
        raise s3control.error("TooManyConfigurations", text)
    kept = tags_in(tags or [])
    check_count(kept)
    arn = group_arn(scope, name)
    groups.insert(
        scope, LensGroup(arn=arn, id=name, owner=scope.account, created_at=call.now, tags=kept, chosen=chosen)
    )


@s3control.operation
def get_storage_lens_group(call: Call, name: str, account_id: str) -> dict[str, Any]:
    """Return a group. Raises NoSuchResource."""
    found = get_group(call.within(account_id), name)
    return {"StorageLensGroup": {"Name": found.id, "Filter": found.chosen, "StorageLensGroupArn": found.arn}}


@s3control.operation
def list_storage_lens_groups(call: Call, account_id: str, next_token: str | None = None) -> dict[str, Any]:
    """Return a page of the groups at home in the region, by name. Raises InvalidRequest."""
    scope = call.within(account_id)
    try:
        page, token = page_of(scope, "lens groups", groups.scan(scope), lambda group: group.id, next_token, PAGE)
    except InvalidToken as error:
        raise invalid_request("The NextToken is not valid") from error
    told = [{"Name": group.id, "StorageLensGroupArn": group.arn, "HomeRegion": scope.region} for group in page]
    answer: dict[str, Any] = {"StorageLensGroupList": told}
    return answer if token is None else {**answer, "NextToken": token}


@s3control.operation
def update_storage_lens_group(call: Call, name: str, account_id: str, storage_lens_group: dict[str, Any]) -> None:
    """Give a group another filter. Raises NoSuchResource, and InvalidRequest for another name too."""
    scope = call.within(account_id)
    found = get_group(scope, name)
    if storage_lens_group["Name"] != name:
        raise invalid_request("The name of a Storage Lens group cannot be changed")
    groups.replace(scope, found, replace(found, chosen=_checked(storage_lens_group)))


@s3control.operation
def delete_storage_lens_group(call: Call, name: str, account_id: str) -> None:
    """Remove a group: dashboards count it no more. Raises NoSuchResource."""
    scope = call.within(account_id)
    groups.delete(scope, get_group(scope, name))


def _checked(group: dict[str, Any]) -> dict[str, Any]:
    chosen: dict[str, Any] = group["Filter"] or {}
    try:
        check_filter(chosen)
    except BadGroup as error:
        raise invalid_request(str(error)) from error
    return chosen
