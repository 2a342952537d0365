"""How a bucket encrypts by default, and changing how an object is encrypted."""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import (
    documents,
    encrypting,
    errors,
    finding,
    locking,
    places,
    s3,
    settings,
    versions,
)
from skyglobe.services.s3.encrypting import bad_encryption
from skyglobe.services.s3.envelopes import Envelope, moved
from skyglobe.services.s3.guards import WITH_S3_KEYS, Encrypting, encrypting_of
from skyglobe.services.s3.records import Object, Span, details_of, pack_details, parts
from skyglobe.services.s3.rules.encryption import CUSTOMER, DUAL, KMS_KEY_ARN, Bad, default_of


@s3.operation
def put_bucket_encryption(call: Call, request: dict[str, Any]) -> None:
    """Say how new objects are encrypted whose requests do not, and whether clients may bring keys.

    A configuration that does not speak of blocked types leaves them as they are. Keys are not looked up: S3 does that
    when it uses them. Raises MalformedXML, InvalidArgument.
    """
    home = settings.enter(call, request)
    documents.check_document(call, request)
    try:
        default = default_of(request.get("ServerSideEncryptionConfiguration"))
    except Bad as bad:
        raise errors.malformed_xml() if bad.code == "MalformedXML" else bad_encryption(bad) from bad
    before = encrypting_of(home.access)
    takes = before.takes_customer_keys if default.takes_customer_keys is None else default.takes_customer_keys
    settings.change(call, home, encrypting=Encrypting(default.algorithm, default.key, default.has_bucket_key, takes))


@s3.operation
def get_bucket_encryption(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return how new objects are encrypted; a bucket that was never told uses S3's keys."""
    found = encrypting_of(settings.enter(call, request).access)
    default = {"SSEAlgorithm": found.algorithm}
    if found.key:
        default["KMSMasterKeyID"] = found.key
    rule = {
        "ApplyServerSideEncryptionByDefault": default,
        "BucketKeyEnabled": found.has_bucket_key,
        "BlockedEncryptionTypes": {"EncryptionType": ["NONE" if found.takes_customer_keys else CUSTOMER]},
    }
    return {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}


@s3.operation
def delete_bucket_encryption(call: Call, request: dict[str, Any]) -> None:
    """Have new objects encrypted with S3's keys again; DeleteBucketEncryption, API reference."""
    settings.change(call, settings.enter(call, request), encrypting=WITH_S3_KEYS)


@s3.operation
def update_object_encryption(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Put an object under another KMS key, from S3's own or from KMS's, without touching its bytes.

    Raises InvalidRequest for what cannot be changed or changed to, AccessDenied for locked objects and keys of other
    accounts, KMS.NotFoundException. UpdateObjectEncryption, API reference.
    """
    home, scope = places.visit_object(call, request, writes=True)
    documents.check_document(call, request)
    encrypting.check_signed(call)
    wanted = _wanted(request.get("ObjectEncryption") or {})
    arn = wanted["KMSKeyArn"]
    if arn.split(":")[4] != home.owner:
        text = (
            "The AWS KMS key in the request must be owned by the same account as the bucket. Modify the request to "
            "specify a KMS key from the same account, and then try again."
        )
        raise s3.error("AccessDenied", text, status=403)
    found = finding.get_object(call, scope, request)
    details = details_of(found)
    _check_source(found)
    locking.check_encryption(details.lock, call.now)
    source = encrypting.opened(call, home.region, found.bucket, found.key, details.encryption)
    has_bucket_key = bool(wanted.get("BucketKeyEnabled", False))
    target = encrypting.under_key(call, home, arn, found.key, has_bucket_key=has_bucket_key)
    spans = details.spans
    if spans is not None:
        spans = _moved(scope, spans, source, target)
    else:
        _move_parts(scope, details.upload, source, target)
    changed = msgspec.structs.replace(details, spans=spans, encryption=target.encryption)
    versions.replace(scope, found, msgspec.structs.replace(found, details=pack_details(changed)))
    return {}


def _wanted(asked: dict[str, Any]) -> dict[str, Any]:
    wanted: dict[str, Any] | None = asked.get("SSEKMS")
    if wanted is None:
        raise _refusal(
            "Requests that modify an object encryption configuration require a valid new encryption type. Valid values "
            "are SSEKMS. Modify the request to specify SSE-KMS for the updated encryption type, and then try again."
        )
    arn = wanted.get("KMSKeyArn")
    if not arn:
        raise _refusal(
            "Requests that modify an object's encryption type to SSE-KMS require an AWS KMS key Amazon Resource Name "
            "(ARN). Modify the request to specify a KMS key ARN, and then try again."
        )
    if KMS_KEY_ARN.fullmatch(arn) is None:
        raise _refusal(
            "Requests that modify an object's encryption type to SSE-KMS require a valid AWS KMS key Amazon Resource "
            "Name (ARN). Confirm that you have a correctly formatted KMS key ARN in your request, and then try again."
        )
    return wanted


def _check_source(found: Object) -> None:
    encryption = details_of(found).encryption
    if encryption is None:
        raise _refusal(
            "The UpdateObjectEncryption operation doesn't supported unencrypted source objects. Only source objects "
            "encrypted with SSE-S3 or SSE-KMS are supported."
        )
    if encryption.algorithm in (CUSTOMER, DUAL):
        raise _refusal(
            "The UpdateObjectEncryption operation doesn't support source objects with the encryption type DSSE-KMS or "
            "SSE-C. Only source objects encrypted with SSE-S3 or SSE-KMS are supported."
        )


def _refusal(text: str) -> ServiceError:
    return errors.invalid_request(text)


def _moved(scope: Scope, spans: list[Span], source: Envelope, target: Envelope) -> list[Span]:
    return [moved(scope.kernel.ids, span, source, target) for span in spans]


def _move_parts(scope: Scope, upload: str, source: Envelope, target: Envelope) -> None:
    for part in list(parts.scan(scope, upload)):
        moved = msgspec.structs.replace(part, spans=_moved(scope, part.spans, source, target))
        parts.replace(scope, part, moved)
