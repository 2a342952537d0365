"""Tags of buckets and of objects: read, replaced and removed as a set."""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import describing, documents, errors, events, finding, places, replicating, s3, versions
from skyglobe.services.s3.guards import keeping_of
from skyglobe.services.s3.records import Bucket, Home, Object, buckets, details_of, pack_details
from skyglobe.services.s3.rules.tags import BUCKET, OBJECT, BadTags, Subject, tags_of_set


@s3.operation
def get_object_tagging(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return an object's tags; an empty set when it has none."""
    home, scope = places.visit_object(call, request, writes=False)
    found = finding.get_object(call, scope, request)
    return {"TagSet": _tag_set(details_of(found).tags), **versions.told(keeping_of(home.access), found)}


@s3.operation
def put_object_tagging(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Replace an object's tags. The object itself does not change."""
    home, scope = places.visit_object(call, request, writes=True)
    documents.check_document(call, request)
    tags = _given(request, OBJECT)
    found = _replace(scope, home, finding.get_object(call, scope, request), tags)
    events.emit(scope, home, "ObjectTagging:Put", call, found.key, found=found, version_id=found.version)
    return dict(versions.told(keeping_of(home.access), found))


@s3.operation
def delete_object_tagging(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Remove an object's tags."""
    home, scope = places.visit_object(call, request, writes=True)
    found = _replace(scope, home, finding.get_object(call, scope, request), {})
    events.emit(scope, home, "ObjectTagging:Delete", call, found.key, found=found, version_id=found.version)
    return dict(versions.told(keeping_of(home.access), found))


@s3.operation
def get_bucket_tagging(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return a bucket's tags. Raises NoSuchTagSet when it has none."""
    bucket = _get_bucket(places.enter(call, request), request)
    if not bucket.tags:
        raise s3.error("NoSuchTagSet", "The TagSet does not exist", status=404, BucketName=bucket.id)
    return {"TagSet": _tag_set(bucket.tags)}


@s3.operation
def put_bucket_tagging(call: Call, request: dict[str, Any]) -> None:
    """Replace a bucket's tags. Raises MethodNotAllowed where they decide about access."""
    scope = _enter_bucket(call, request)
    documents.check_document(call, request)
    tags = _given(request, BUCKET)
    old = _get_bucket(scope, request)
    buckets.replace(scope, old, msgspec.structs.replace(old, tags=tags))


@s3.operation
def delete_bucket_tagging(call: Call, request: dict[str, Any]) -> None:
    """Remove a bucket's tags. Raises MethodNotAllowed where they decide about access."""
    scope = _enter_bucket(call, request)
    old = _get_bucket(scope, request)
    buckets.replace(scope, old, msgspec.structs.replace(old, tags={}))


def _enter_bucket(call: Call, request: dict[str, Any]) -> Scope:
    """Enter a bucket whose tags are no more than tags: others are tagged by TagResource, under its own permission."""
    home, scope = places.visit(call, request)
    if home.access is not None and home.access.tags_decide:
        text = "The specified method is not allowed against this resource."
        raise s3.error("MethodNotAllowed", text, status=405, Method=call.request.method, ResourceType="TAGGING")
    return scope


def _get_bucket(scope: Scope, request: dict[str, Any]) -> Bucket:
    bucket = buckets.find(scope, request["Bucket"])
    if bucket is None:
        raise errors.no_such_bucket(request["Bucket"])
    return bucket


def _given(request: dict[str, Any], subject: Subject) -> dict[str, str]:
    tagging = request.get("Tagging")
    if tagging is None or "TagSet" not in tagging:
        raise errors.malformed_xml()
    try:
        return tags_of_set(tagging["TagSet"], subject)
    except BadTags as error:
        raise describing.bad_tags(error) from error


def _replace(scope: Scope, home: Home, found: Object, tags: dict[str, str]) -> Object:
    details = replicating.changed(scope, home, found, msgspec.structs.replace(details_of(found), tags=tags))
    changed = msgspec.structs.replace(found, details=pack_details(details))
    versions.replace(scope, found, changed)
    return changed


def _tag_set(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
