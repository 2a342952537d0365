"""Finding what a request to S3 Control names, and turning its pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from skyglobe.kernel.call import Call
from skyglobe.kernel.pagination import InvalidToken, page_of
from skyglobe.kernel.resources import Resource
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3.points import (
    AccessPoint,
    LambdaPoint,
    MultiRegionPoint,
    lambda_points,
    multi_region_points,
    points,
)
from skyglobe.services.s3.records import Home, homes
from skyglobe.services.s3.rules.directories import is_directory_point
from skyglobe.services.s3.rules.points import parse_point
from skyglobe.services.s3control import refusals

MAX_PAGE = 1_000  # ListAccessPoints, MaxResults

R = TypeVar("R", bound=Resource)


def bare_name(name: str) -> str:
    """Return the name of an access point, which clients may spell out as its ARN."""
    named = parse_point(name)
    return named.name if named is not None else name


def get_point(call: Call, account: str, name: str) -> tuple[Scope, AccessPoint]:
    """Return an access point and the scope it lives in. Raises NoSuchAccessPoint."""
    scope = call.within(account)
    found = points.find(scope, bare_name(name))
    if found is None:
        raise refusals.no_such_point(name)
    return scope, found


def get_directory_point(call: Call, account: str, name: str) -> tuple[Scope, AccessPoint]:
    """As ``get_point``, of directory buckets. Raises InvalidRequest for those of others."""
    if not is_directory_point(bare_name(name)):
        raise refusals.invalid_request("Scope is only supported for access points attached to directory buckets.")
    return get_point(call, account, name)


def get_lambda_point(call: Call, account: str, name: str) -> tuple[Scope, LambdaPoint]:
    """Return an Object Lambda access point and the scope it lives in. Raises NoSuchAccessPoint."""
    scope = call.within(account)
    found = lambda_points.find(scope, bare_name(name))
    if found is None:
        raise refusals.no_such_point(name)
    return scope, found


def get_multi_region_point(call: Call, account: str, name: str) -> tuple[Scope, MultiRegionPoint]:
    """Return a multi-region access point by its name. Raises NoSuchMultiRegionAccessPoint."""
    scope = call.within(account)
    found = multi_region_points.find(scope, name)
    if found is None:
        raise refusals.no_such_multi_region_point(name)
    return scope, found


def get_bucket(call: Call, name: str, owner: str) -> Home:
    """Return where a bucket lives.

    Raises NoSuchBucket, AccessDenied when it is not the owner's that is named.
    """
    home = homes.find(call, call.partition, name)
    if home is None:
        raise refusals.no_such_bucket(name)
    if home.owner != owner:
        raise refusals.access_denied()
    return home


def page(
    scope: Scope, listing: str, rows: Iterable[R], token: str | None, limit: int | None
) -> tuple[list[R], dict[str, str]]:
    """Return a page of resources by name, and the member that leads to the next. Raises InvalidRequest."""
    try:
        found, following = page_of(scope, listing, rows, lambda row: row.id, token, limit or MAX_PAGE)
    except InvalidToken as error:
        raise refusals.invalid_request("The continuation token provided is incorrect") from error
    return found, {"NextToken": following} if following is not None else {}
