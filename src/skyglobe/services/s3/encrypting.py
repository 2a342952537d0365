"""How an object is encrypted: decided when it is made, opened when it is read, told in every answer."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Final

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.ids import Ids
from skyglobe.services.s3 import data_keys, errors, s3
from skyglobe.services.s3.access import bucket_arn
from skyglobe.services.s3.envelopes import Envelope, is_customers, of_customer, of_data_key, of_s3, sealed_by_customer
from skyglobe.services.s3.guards import encrypting_of
from skyglobe.services.s3.records import Encryption, Home, Upload
from skyglobe.services.s3.rules.encryption import (
    CUSTOMER,
    CUSTOMER_MEMBERS,
    HEADER,
    KMS,
    MD5_ETAGS,
    MEMBERS,
    S3_KEYS,
    WITH_KMS,
    Asked,
    Bad,
    asked_of,
    customer_key_of,
)

_NOTHING: Final[Mapping[str, Any]] = {}
_BY_S3: Final[Mapping[str, Any]] = {"ServerSideEncryption": S3_KEYS}
_CUSTOMER_MEMBERS: Final = frozenset(CUSTOMER_MEMBERS)
_SOURCE_MEMBERS: Final = frozenset(f"CopySource{name}" for name in CUSTOMER_MEMBERS)
_NEEDS_KEY: Final = (
    "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve "
    "the object."
)
_NOT_APPLICABLE: Final = "The encryption parameters are not applicable to this object."


def for_new(
    call: Call, home: Home, request: dict[str, Any], key: str, issue: data_keys.Issue = data_keys.issue
) -> Envelope:
    """Return how a request's object is to be encrypted: as it says, else as its bucket does.

    ``issue`` gets data keys from KMS.

    Raises InvalidArgument and its kin, AccessDenied for SSE-C where it is blocked, and what ``data_keys.issue`` does.
    """
    if MEMBERS.isdisjoint(request) and (home.access is None or home.access.encrypting.algorithm == S3_KEYS):
        return of_s3(call.kernel.secret)
    default = encrypting_of(home.access)
    if _CUSTOMER_MEMBERS.isdisjoint(request):
        asked = _asked(request)
    else:
        if not default.takes_customer_keys:
            raise errors.access_denied()
        check_secure(call)
        asked = _asked(request)
    if asked.algorithm == CUSTOMER:
        return of_customer(asked.customer_key, sealed_by_customer(call.kernel.ids, asked.customer_key))
    algorithm = asked.algorithm or default.algorithm
    if algorithm == S3_KEYS:
        return of_s3(call.kernel.secret)
    kms_key = asked.key
    if not asked.algorithm:
        kms_key = kms_key or default.key
    asked = asked._replace(algorithm=algorithm, key=kms_key)
    return _under_kms(call, home, asked, key, default.has_bucket_key, issue)


def _asked(request: dict[str, Any]) -> Asked:
    try:
        return asked_of(request)
    except Bad as bad:
        raise bad_encryption(bad) from bad


def bad_encryption(bad: Bad) -> ServiceError:
    return s3.error(bad.code, bad.message, ArgumentName=bad.argument, ArgumentValue=bad.value)


def _under_kms(
    call: Call, home: Home, asked: Asked, key: str, by_default: bool, issue: data_keys.Issue = data_keys.issue
) -> Envelope:
    check_signed(call)
    has_bucket_key = by_default if asked.has_bucket_key is None else asked.has_bucket_key
    has_bucket_key = has_bucket_key and asked.algorithm == KMS  # "not supported for DSSE-KMS"; S3 user guide
    if has_bucket_key:
        data_key = data_keys.issue_for_bucket(call, asked.key, home.region, home.name, issue)
    else:
        context = _context(home.region, home.name, key, asked.context)
        data_key = issue(call, asked.key, home.region, context)
    encryption = Encryption(asked.algorithm, data_key.key_arn, data_key.sealed, asked.context, has_bucket_key)
    return of_data_key(call.kernel.secret, data_key.plain, encryption)


def under_key(call: Call, home: Home, kms_key: str, key: str, *, has_bucket_key: bool) -> Envelope:
    """Return the envelope of an object whose encryption is changed to SSE-KMS. Raises what ``data_keys.issue`` does."""
    return _under_kms(call, home, Asked(KMS, kms_key, "", has_bucket_key), key, by_default=False)


def _context(region: str, bucket: str, key: str, given: str) -> dict[str, str]:
    """Return what KMS is told of an object; S3 user guide, "Encryption context"."""
    context: dict[str, str] = json.loads(given) if given else {}
    return {**context, "aws:s3:arn": f"{bucket_arn(region, bucket)}/{key}"}


def check_secure(call: Call) -> None:
    """Raise InvalidRequest when a client sends its key in the open. Services in process have no connection."""
    if call.request.headers and not call.request.secure:
        text = (
            "Requests specifying Server Side Encryption with Customer provided keys must be made over a secure "
            "connection."
        )
        raise errors.invalid_request(text)


def check_signed(call: Call) -> None:
    """Raise InvalidArgument for requests KMS would not take: without signature, or with one of version 2."""
    request = call.request
    is_old = request.headers.get("authorization", "").startswith("AWS ") or "AWSAccessKeyId=" in request.query
    if call.principal.is_anonymous or is_old:
        text = "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4."
        raise errors.invalid_argument(text, "Authorization", "null")


# objects that are there


def check_customer_key(call: Call, encryption: Encryption | None, request: dict[str, Any], prefix: str = "") -> bytes:
    """Return the client's key when the object is encrypted with one, else nothing. For all who look at an object.

    Raises InvalidRequest when it is missing or there is nothing it could be for, AccessDenied when it is another.
    """
    is_given = not (_SOURCE_MEMBERS if prefix else _CUSTOMER_MEMBERS).isdisjoint(request)
    is_needed = encryption is not None and encryption.algorithm == CUSTOMER
    if not is_given:
        if is_needed:
            raise errors.invalid_request(_NEEDS_KEY)
        return b""
    check_secure(call)
    try:
        customer_key = customer_key_of(request, prefix)
    except Bad as bad:
        raise bad_encryption(bad) from bad
    if encryption is None or not is_needed:
        raise errors.invalid_request(_NOT_APPLICABLE)
    if not is_customers(encryption, customer_key):
        raise errors.access_denied()
    return customer_key


def for_part(call: Call, region: str, upload: Upload, request: dict[str, Any]) -> Envelope:
    """Return how a part is encrypted: as its upload was begun.

    Raises InvalidRequest for a client's key that is missing, another, or not asked for, and what ``opened`` does.
    """
    encryption = upload.details.encryption
    customer_key = _key_of_upload(call, encryption, request)
    if encryption is not None and encryption.algorithm == CUSTOMER and not customer_key:
        text = (
            "The multipart upload initiate requested encryption. Subsequent part requests must include the "
            "appropriate encryption parameters."
        )
        raise errors.invalid_request(text)
    return opened(call, region, upload.bucket, upload.key, encryption, customer_key)


def check_at_completion(call: Call, upload: Upload, request: dict[str, Any]) -> None:
    """Hold the key that comes with a completion, if one does, to that of the upload. Raises InvalidRequest."""
    _key_of_upload(call, upload.details.encryption, request)


def _key_of_upload(call: Call, encryption: Encryption | None, request: dict[str, Any]) -> bytes:
    if _CUSTOMER_MEMBERS.isdisjoint(request):
        return b""
    check_secure(call)
    try:
        customer_key = customer_key_of(request, "")
    except Bad as bad:
        raise bad_encryption(bad) from bad
    if encryption is None or encryption.algorithm != CUSTOMER:
        text = (
            "The multipart upload initiate did not request encryption. Please resend the request without sending "
            "encryption parameters."
        )
        raise errors.invalid_request(text)
    if not is_customers(encryption, customer_key):
        raise errors.invalid_request("The provided encryption parameters did not match the ones used originally.")
    return customer_key


def opened(
    call: Call, region: str, bucket: str, key: str, encryption: Encryption | None, customer_key: bytes = b""
) -> Envelope:
    """Return the envelope of an object, whose client's key has been checked.

    Raises what ``data_keys.opened`` does, InvalidArgument for callers KMS would not know.
    """
    if encryption is None or encryption.algorithm == S3_KEYS:
        return of_s3(call.kernel.secret)
    if encryption.algorithm == CUSTOMER:
        return of_customer(customer_key, encryption)
    check_signed(call)
    if encryption.has_bucket_key:
        context = {"aws:s3:arn": bucket_arn(region, bucket)}
    else:
        context = _context(region, bucket, key, encryption.context)
    plain = data_keys.opened(call, encryption.data_key, encryption.key_arn, context)
    return of_data_key(call.kernel.secret, plain, encryption)


def refuse_on_read(call: Call) -> None:
    """Raise InvalidArgument for a read that says how to encrypt; GetObject, API reference, "Encryption"."""
    asked = call.request.headers.get(HEADER)
    if asked is not None:
        text = "x-amz-server-side-encryption header is not supported for this operation."
        raise errors.invalid_argument(text, HEADER, asked)


def has_md5(encryption: Encryption | None) -> bool:
    """Whether ETags are MD5s: not with keys of KMS or the client; common response headers, "ETag"."""
    return encryption is None or encryption.algorithm in MD5_ETAGS


def etag_of(ids: Ids, encryption: Encryption | None, digest: str) -> str:
    """Return the ETag of bytes whose MD5 is ``digest``."""
    return digest if has_md5(encryption) else ids.hex("", 32)


def told(encryption: Encryption | None, request: dict[str, Any]) -> Mapping[str, Any]:
    """Return the members of an answer that tell of an object's encryption."""
    if encryption is None:
        return _NOTHING
    if encryption.algorithm == S3_KEYS:
        return _BY_S3
    if encryption.algorithm == CUSTOMER:
        digest = request.get("SSECustomerKeyMD5")  # none where the answer has no place for it
        return {"SSECustomerAlgorithm": S3_KEYS, "SSECustomerKeyMD5": digest} if digest else {}
    members: dict[str, Any] = {"ServerSideEncryption": encryption.algorithm}
    if encryption.algorithm in WITH_KMS:
        members["SSEKMSKeyId"] = encryption.key_arn
        if encryption.has_bucket_key:
            members["BucketKeyEnabled"] = True
    return members


def told_of_new(encryption: Encryption | None, request: dict[str, Any]) -> Mapping[str, Any]:
    """As ``told``, for who made the object: with its encryption context."""
    members = told(encryption, request)
    if encryption is None or not encryption.context:
        return members
    return {**members, "SSEKMSEncryptionContext": b64encode(encryption.context.encode()).decode()}
