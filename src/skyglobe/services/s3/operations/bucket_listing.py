"""Listing an account's buckets."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.pagination import InvalidToken, seal, unseal
from skyglobe.services.s3 import errors, s3
from skyglobe.services.s3.access import bucket_arn, owner_of
from skyglobe.services.s3.answers import seconds
from skyglobe.services.s3.records import Home, homes
from skyglobe.services.s3.rules.directories import is_directory

MAX_PAGE = 10_000  # ListBuckets


@s3.operation
def list_buckets(
    call: Call,
    max_buckets: int | None = None,
    continuation_token: str | None = None,
    prefix: str = "",
    bucket_region: str | None = None,
) -> dict[str, Any]:
    """Return the caller's buckets of all regions by name, a page at a time when ``max_buckets`` asks for pages."""
    limit = MAX_PAGE if max_buckets is None else max_buckets
    if not 1 <= limit <= MAX_PAGE:
        text = f"Argument max-buckets must be an integer between 1 and {MAX_PAGE}"
        raise errors.invalid_argument(text, "max-buckets", limit)
    past = _position(call, continuation_token)
    found: list[Home] = []
    more = False
    for home in homes.scan_by(call, "owner", call.partition, call.account, starting=prefix, past=past):
        if is_directory(home.name) or (bucket_region is not None and home.region != bucket_region):
            continue
        if len(found) == limit:
            more = True
            break
        found.append(home)
    result: dict[str, Any] = {"Buckets": [_described(home) for home in found], "Owner": owner_of(call.account)}
    if prefix:
        result["Prefix"] = prefix
    if more:
        result["ContinuationToken"] = seal(call.within(region="aws"), "s3.buckets", (found[-1].name,))
    return result


def _position(call: Call, token: str | None) -> tuple[Any, ...] | None:
    if token is None:
        return None
    try:
        return unseal(call.within(region="aws"), "s3.buckets", token)
    except InvalidToken as error:
        text = "The continuation token provided is incorrect"
        raise errors.invalid_argument(text, "continuation-token", token) from error


def _described(home: Home) -> dict[str, Any]:
    return {
        "Name": home.name,
        "CreationDate": seconds(home.created_at),
        "BucketRegion": home.region,
        "BucketArn": bucket_arn(home.region, home.name),
    }
