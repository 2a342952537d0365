"""RenameObject: another key for an object of a directory bucket, without a copy."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.clock import Instant
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Record, Table
from skyglobe.services.s3 import errors, places, s3, versions
from skyglobe.services.s3.guards import FOR_EVER_ONE
from skyglobe.services.s3.records import Object, objects
from skyglobe.services.s3.rules.conditions import Conditions, evaluate_copy
from skyglobe.services.s3.rules.directories import is_directory
from skyglobe.services.s3.rules.sources import parse_copy_source

TOKENS_FOR = 300_000  # milliseconds a client's token is remembered, so that a repeated rename changes nothing
_FORGOTTEN = 16  # tokens that are old by now, forgotten with each rename

_DESTINATION = ("DestinationIfMatch", "DestinationIfNoneMatch", "DestinationIfModifiedSince",
    "DestinationIfUnmodifiedSince")  # fmt: skip
_SOURCE = ("SourceIfMatch", "SourceIfNoneMatch", "SourceIfModifiedSince", "SourceIfUnmodifiedSince")


class Renaming(Record, frozen=True):
    """A rename that was done, by its client's token."""

    bucket: str
    token: str
    source: str
    key: str
    at: Instant


renamings: Table[Renaming] = Table("s3.renamings", Renaming, key=("bucket", "token"), indexes={"at": ("bucket", "at")})


@s3.operation
def rename_object(call: Call, request: dict[str, Any]) -> None:
    """Give an object another key in its bucket, over what is there unless a condition says otherwise.

    Raises NoSuchKey, PreconditionFailed, InvalidRequest for sources elsewhere, IdempotencyParameterMismatch.
    """
    home, scope = places.visit_object(call, request, writes=True)
    if not is_directory(home.name):
        raise errors.not_implemented("renameObject", "Only objects of directory buckets can be renamed.")
    source = parse_copy_source(request.get("RenameSource", ""))
    if source is None or source.bucket != home.name:
        raise errors.invalid_request("The source object must be in the same directory bucket as the destination.")
    key = request["Key"]
    if key.endswith("/") or source.key.endswith("/"):
        raise errors.invalid_request("Only objects can be renamed, not directories.")
    token = request.get("ClientToken", "")
    if token and _is_repeated(scope, home.name, token, source.key, key):
        return
    found, there = objects.find(scope, home.name, source.key), objects.find(scope, home.name, key)
    if found is None:
        raise errors.no_such_key(source.key)
    _check(request, _SOURCE, found, call.now, "x-amz-rename-source-")
    _check_destination(request, there, call.now)
    if source.key != key:
        renamed = replace(found, key=key, order=call.kernel.next_order())
        objects.delete(scope, found)
        versions.publish(scope, there, renamed, FOR_EVER_ONE)
    if token:
        renamings.put(scope, Renaming(bucket=home.name, token=token, source=source.key, key=key, at=call.now))


def _check(request: dict[str, Any], names: tuple[str, ...], found: Object, now: int, prefix: str) -> None:
    conditions = Conditions(*(request.get(name) for name in names))
    outcome = evaluate_copy(conditions, found.etag, found.modified_at, now)
    if outcome:
        raise errors.precondition_failed(f"{prefix}{outcome}" if prefix else outcome)


def _check_destination(request: dict[str, Any], there: Object | None, now: int) -> None:
    if not any(name in request for name in _DESTINATION):
        return
    if there is None:
        if "DestinationIfMatch" in request:
            raise errors.precondition_failed("If-Match")
        return
    if request.get("DestinationIfNoneMatch", "").strip() == "*":
        raise errors.precondition_failed("If-None-Match")
    _check(request, _DESTINATION, there, now, "")


def _is_repeated(scope: Scope, bucket: str, token: str, source: str, key: str) -> bool:
    """Whether a client's token came with this rename before. Raises IdempotencyParameterMismatch for another one."""
    for old in list(renamings.scan_by(scope, "at", bucket, stop=(scope.now - TOKENS_FOR,), limit=_FORGOTTEN)):
        renamings.delete(scope, old)
    found = renamings.find(scope, bucket, token)
    if found is None or found.at <= scope.now - TOKENS_FOR:
        return False
    if (found.source, found.key) != (source, key):
        text = "Parameters on this idempotent request are inconsistent with parameters used in previous request(s)."
        raise s3.errors.IdempotencyParameterMismatch(text)
    return True
