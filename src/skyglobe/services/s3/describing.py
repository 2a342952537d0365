"""What a client says about an object it makes, checked and put into the record's form."""

from __future__ import annotations

from typing import Any, Final, NoReturn

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import directories, errors, granting, locking, s3
from skyglobe.services.s3.guards import keeping_of
from skyglobe.services.s3.records import Details, Encryption, Home
from skyglobe.services.s3.rules.directories import is_directory
from skyglobe.services.s3.rules.metadata import (
    ENTITY_HEADERS,
    MAX_METADATA_BYTES,
    STORAGE_CLASSES,
    decoded_metadata,
    is_redirect,
    metadata_bytes,
    without_chunking,
)
from skyglobe.services.s3.rules.tags import BadTags, tags_of_header

_ENTITY_MEMBERS: Final = frozenset((*ENTITY_HEADERS, "WebsiteRedirectLocation"))


def refuse_member(call: Call, name: str) -> NoReturn:
    """Raise NotImplemented for a member, under the name of its header."""
    shape = call.operation.model.input
    member = shape.members[name] if shape is not None else None
    raise errors.not_implemented((member.location_name if member is not None else None) or name)


def details_for(
    call: Call, scope: Scope, home: Home, request: dict[str, Any], encryption: Encryption | None
) -> Details:
    """Return what the object is to be given in its bucket: headers, metadata, tags, list, lock and encryption.

    Raises MetadataTooLarge, InvalidTag and its kin, InvalidRedirectLocation, AccessControlListNotSupported and its kin,
    and what ``locking.lock_of_new`` does.
    """
    return Details(
        entity=entity_of(request),
        metadata=metadata_of(request),
        tags=tags_of(request),
        acl=granting.acl_of_new(call, scope, request),
        lock=locking.lock_of_new(call, request, keeping_of(home.access)),
        encryption=encryption,
    )


def entity_of(request: dict[str, Any]) -> dict[str, str]:
    """Return the entity headers a request gives its object."""
    if _ENTITY_MEMBERS.isdisjoint(request):
        return {}
    entity = {name: request[name] for name in ENTITY_HEADERS if name in request}
    if "ContentEncoding" in entity:
        encoding = without_chunking(entity.pop("ContentEncoding"))
        if encoding:
            entity["ContentEncoding"] = encoding
    redirect = request.get("WebsiteRedirectLocation")
    if redirect:
        if not is_redirect(redirect):
            text = "The website redirect location must have a prefix of 'http://' or 'https://' or '/'."
            raise s3.error("InvalidRedirectLocation", text)
        entity["WebsiteRedirectLocation"] = redirect
    return entity


def metadata_of(request: dict[str, Any]) -> dict[str, str]:
    """Return the user metadata of a request. Raises MetadataTooLarge."""
    metadata = decoded_metadata(request.get("Metadata", {}))
    size = metadata_bytes(metadata)
    if size > MAX_METADATA_BYTES:
        text = "Your metadata headers exceed the maximum allowed metadata size"
        raise s3.error("MetadataTooLarge", text, Size=size, MaxSizeAllowed=MAX_METADATA_BYTES)
    return metadata


def tags_of(request: dict[str, Any]) -> dict[str, str]:
    """Return the tags in a request's ``x-amz-tagging``. Raises S3's errors for bad ones."""
    header = request.get("Tagging")
    if not header:
        return {}
    try:
        return tags_of_header(header)
    except BadTags as error:
        raise bad_tags(error) from error


def bad_tags(error: BadTags) -> ServiceError:
    return ServiceError(error.message, code=error.code, fields={"TagKey": error.key})


def storage_class_of(request: dict[str, Any]) -> str:
    """Return the storage class asked for. Raises InvalidStorageClass."""
    if is_directory(request["Bucket"]):
        return directories.storage_class_in(request)
    wanted: str = request.get("StorageClass", "STANDARD")
    if wanted not in STORAGE_CLASSES:
        text = "The storage class you specified is not valid"
        raise s3.error("InvalidStorageClass", text, StorageClassRequested=wanted)
    return wanted
