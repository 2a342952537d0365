"""ListObjects and ListObjectsV2."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.pagination import InvalidToken, seal, unseal
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import archives, errors, places, s3, transforming
from skyglobe.services.s3.access import owner_of
from skyglobe.services.s3.contents import Contents, Spelling, spelling_of
from skyglobe.services.s3.directories import check_listing
from skyglobe.services.s3.records import Object, objects
from skyglobe.services.s3.rules.directories import is_directory
from skyglobe.services.s3.rules.folding import Page, Start, marker_start, read_page

MAX_PAGE = 1_000  # ListObjectsV2: "returns up to 1,000 key names"; larger wishes are not errors

_TOKENS = "s3.objects"


@s3.operation
def list_objects_v2(call: Call, request: dict[str, Any]) -> dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]:
    """Return a page of a bucket's objects in the order of their keys' UTF-8."""
    if call.via is not None and (work := transforming.find_work(call, "ListObjectsV2", request)):
        return work
    scope = places.enter(call, request)
    if is_directory(request["Bucket"]):
        check_listing(request)
    limit = page_size(request, "MaxKeys", "maxKeys")
    token = request.get("ContinuationToken")
    start_after = request.get("StartAfter", "")
    if token is not None:
        start = _start_of_token(scope, request["Bucket"], token)
    else:
        start = marker_start(start_after, request.get("Prefix", ""), request.get("Delimiter", ""))
    page = _read(scope, request, start, limit)
    if is_directory(request["Bucket"]):
        page.entries.reverse()  # the order of keys is not promised there, and nobody should count on it
    spell = spelling_of(request)
    owner = owner_of(scope.account) if request.get("FetchOwner") else None
    result = {
        **_frame(request, page, limit, spell, owner, call.now),
        "KeyCount": len(page.entries) + len(page.prefixes),
    }
    if token is not None:
        result["ContinuationToken"] = token
    if start_after:
        result["StartAfter"] = spell(start_after)
    if page.end is not None:
        position = ((page.end.past or ("",))[0], page.end.beyond)
        result["NextContinuationToken"] = seal(scope, f"{_TOKENS}:{request['Bucket']}", position)
    return result


@s3.operation
def list_objects(call: Call, request: dict[str, Any]) -> dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]:
    """Return a page of a bucket's objects, the older way: pages are continued after a marker, a key."""
    if call.via is not None and (work := transforming.find_work(call, "ListObjects", request)):
        return work
    scope = places.enter(call, request)
    limit = page_size(request, "MaxKeys", "maxKeys")
    marker, delimiter = request.get("Marker", ""), request.get("Delimiter", "")
    start = marker_start(marker, request.get("Prefix", ""), delimiter)
    page = _read(scope, request, start, limit)
    spell = spelling_of(request)
    result = {**_frame(request, page, limit, spell, owner_of(scope.account), call.now), "Marker": spell(marker)}
    if page.end is not None and delimiter:
        result["NextMarker"] = spell(page.end.beyond or (page.end.past or ("",))[0])
    return result


def page_size(request: dict[str, Any], member: str, argument: str) -> int:
    """Return how many entries a page may have. Raises InvalidArgument for a negative wish."""
    wanted: int = request.get(member, MAX_PAGE)
    if wanted < 0:
        text = f"Argument {argument} must be an integer between 0 and 2147483647"
        raise errors.invalid_argument(text, argument, wanted)
    return min(wanted, MAX_PAGE)


def common_prefixes(page: Page[Any], spell: Spelling) -> list[dict[str, str]]:
    return [{"Prefix": spell(prefix)} for prefix in page.prefixes]


def _start_of_token(scope: Scope, bucket: str, token: str) -> Start:
    try:
        past, beyond = unseal(scope, f"{_TOKENS}:{bucket}", token)
    except InvalidToken as error:
        text = "The continuation token provided is incorrect"
        raise errors.invalid_argument(text, "continuation-token", token) from error
    return Start(beyond=str(beyond)) if beyond else Start(past=(str(past),))


def _read(scope: Scope, request: dict[str, Any], start: Start, limit: int) -> Page[Object]:
    bucket, prefix = request["Bucket"], request.get("Prefix", "")

    def entries(start: Start, limit: int) -> Iterator[Object]:
        return objects.scan(scope, bucket, starting=prefix, past=start.past, beyond=start.beyond, limit=limit)

    delimiter = request.get("Delimiter", "")
    return read_page(entries, lambda found: (found.key,), prefix=prefix, delimiter=delimiter, start=start, limit=limit)


def _frame(
    request: dict[str, Any], page: Page[Object], limit: int, spell: Spelling, owner: dict[str, str] | None, now: int
) -> dict[str, Any]:
    """Return what both listings tell."""
    result: dict[str, Any] = {
        "Name": request["Bucket"],
        "Prefix": spell(request.get("Prefix", "")),
        "MaxKeys": limit,
        "IsTruncated": page.end is not None,
        "Contents": Contents(page.entries, spell, owner),
    }
    if "RestoreStatus" in request.get("OptionalObjectAttributes", ()):
        told = zip(result["Contents"], page.entries, strict=True)
        result["Contents"] = [entry | archives.restore_status(found, now) for entry, found in told]
    if request.get("Delimiter"):
        result["Delimiter"] = spell(request["Delimiter"])
    if page.prefixes:
        result["CommonPrefixes"] = common_prefixes(page, spell)
    if "EncodingType" in request:
        result["EncodingType"] = request["EncodingType"]
    return result
