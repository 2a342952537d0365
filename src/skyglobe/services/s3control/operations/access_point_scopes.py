"""Access points of directory buckets: their scopes, and listing them."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3.points import AccessPoint, points
from skyglobe.services.s3.rules.directories import is_directory_point
from skyglobe.services.s3control import finding, s3control
from skyglobe.services.s3control.operations.access_points import listed
from skyglobe.services.s3control.scopes import check_scope, scope_shape


@s3control.operation
def put_access_point_scope(call: Call, account_id: str, name: str, scope: dict[str, Any]) -> None:
    """Give an access point a scope, in place of the one it had. Raises InvalidRequest, NoSuchAccessPoint."""
    there, found = finding.get_directory_point(call, account_id, name)
    prefixes, permissions = check_scope(scope)
    points.replace(there, found, replace(found, prefixes=prefixes, permissions=permissions))


@s3control.operation
def get_access_point_scope(call: Call, account_id: str, name: str) -> dict[str, Any]:
    """Return an access point's scope, which is empty where nothing narrows it down. Raises NoSuchAccessPoint."""
    _, found = finding.get_directory_point(call, account_id, name)
    return {"Scope": scope_shape(found)}


@s3control.operation
def delete_access_point_scope(call: Call, account_id: str, name: str) -> None:
    """Take an access point's scope away. Raises NoSuchAccessPoint."""
    there, found = finding.get_directory_point(call, account_id, name)
    points.replace(there, found, replace(found, prefixes=(), permissions=()))


@s3control.operation
def list_access_points_for_directory_buckets(
    call: Call,
    account_id: str,
    directory_bucket: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, Any]:
    """Return a page of the access points of an account in this region to directory buckets, all or one, by name."""
    there = call.within(account_id)
    rows = (point for point in _rows(there, directory_bucket) if is_directory_point(point.id))
    listing = f"s3control.directory_points:{directory_bucket or ''}"
    found, following = finding.page(there, listing, rows, next_token, max_results)
    return {"AccessPointList": [listed(point) for point in found], **following}


def _rows(scope: Scope, bucket: str | None) -> list[AccessPoint]:
    return list(points.scan(scope) if bucket is None else points.scan_by(scope, "bucket", bucket))
