"""How an object is encrypted: decided when it is made, opened when it is read, told in every answer.

Bytes are encrypted under keys of their own (``kernel/frames.py``). An object's envelope encrypts those keys: under S3's
own key, a data key of KMS, or what a client's key is made into. So copies share bytes whatever their envelopes are,
and an object's encryption is changed without touching a byte.
"""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b, sha256
from typing import Any, NamedTuple

from skyglobe.kernel.caches import Caches
from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.frames import KEY_BYTES, NONCE_BYTES, WRAPPED_BYTES, FrameCipher, Wrapping
from skyglobe.kernel.ids import Ids
from skyglobe.services.s3 import data_keys, errors, s3
from skyglobe.services.s3.access import bucket_arn
from skyglobe.services.s3.data_keys import DataKey
from skyglobe.services.s3.guards import encrypting_of
from skyglobe.services.s3.records import Encryption, Home, Span, Upload
from skyglobe.services.s3.rules.encryption import (
    CUSTOMER,
    CUSTOMER_MEMBERS,
    DUAL,
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

BY_S3 = Encryption()
"""How nearly all objects are encrypted: under S3's own key."""
CIPHERS = 2_048
"""Of bytes read lately, about 1 KiB each: making one costs more than a small object's decryption."""
SALT_BYTES = 16
PROOF_BYTES = 16

_NOTHING: Mapping[str, Any] = {}
_BY_S3: Mapping[str, Any] = {"ServerSideEncryption": S3_KEYS}
_CUSTOMER_MEMBERS = frozenset(CUSTOMER_MEMBERS)
_SOURCE_MEMBERS = frozenset(f"CopySource{name}" for name in CUSTOMER_MEMBERS)
_NEEDS_KEY = (
    "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve "
    "the object."
)
_NOT_APPLICABLE = "The encryption parameters are not applicable to this object."


class Envelope(NamedTuple):
    """Encrypts the keys of an object's bytes."""

    encryption: Encryption
    first: Wrapping
    second: Wrapping | None
    """S3's own, for what is encrypted twice."""

    @property
    def layers(self) -> int:
        return 2 if self.second is not None else 1

    @property
    def may_copy(self) -> bool:
        """Whether plain bytes may be kept in memory: not when only the client is to have the key."""
        return self.encryption.algorithm != CUSTOMER

    def wrap(self, ids: Ids, keys: Sequence[bytes]) -> bytes:
        """Return the keys of some bytes encrypted, one for each layer."""
        wrapped = self.first.wrap(ids.token(NONCE_BYTES), keys[0])
        return wrapped if self.second is None else wrapped + self.second.wrap(ids.token(NONCE_BYTES), keys[1])

    def unwrap(self, wrapped: bytes) -> list[bytes]:
        """Return what ``wrap`` was given. Raises ``Damaged``."""
        if self.second is None:
            return [self.first.unwrap(wrapped)]
        return [self.first.unwrap(wrapped[:WRAPPED_BYTES]), self.second.unwrap(wrapped[WRAPPED_BYTES:])]

    def cipher(self, caches: Caches, span: Span) -> FrameCipher:
        """Return what decrypts some bytes; what was used lately is at hand. Raises ``Damaged``."""
        if not self.may_copy:
            return FrameCipher(self.unwrap(span.key))
        kept = caches.of("s3.ciphers", CIPHERS)
        found: FrameCipher | None = kept.get(span.key)
        if found is None:
            found = FrameCipher(self.unwrap(span.key))
            kept.keep(span.key, found)
        return found


def moved(ids: Ids, span: Span, source: Envelope, target: Envelope) -> Span:
    """Return the same bytes in another envelope, which encrypts as often. Raises ``Damaged``."""
    key = target.wrap(ids, source.unwrap(span.key))
    return Span(span.size_bytes, span.blob, span.offset, span.chunk, key)


def new_keys(ids: Ids, layers: int) -> list[bytes]:
    """Return keys for bytes about to be written."""
    first = ids.token(KEY_BYTES)
    return [first] if layers == 1 else [first, ids.token(KEY_BYTES)]


@lru_cache(maxsize=16)  # clouds in one process
def of_s3(secret: bytes) -> Envelope:
    """Return the envelope of what S3's own key protects, of the cloud with this secret."""
    key = blake2b(b"", key=secret, digest_size=KEY_BYTES, person=b"s3 objects").digest()
    return Envelope(BY_S3, Wrapping(key), None)


def for_new(call: Call, home: Home, request: dict[str, Any], key: str) -> Envelope:
    """Return how a request's object is to be encrypted: as it says, else as its bucket does.

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
        salt = call.kernel.ids.token(SALT_BYTES)
        proof = _proof(asked.customer_key, salt)
        return _of_customer(asked.customer_key, Encryption(CUSTOMER, salt=salt, proof=proof))
    algorithm = asked.algorithm or default.algorithm
    if algorithm == S3_KEYS:
        return of_s3(call.kernel.secret)
    kms_key = asked.key
    if not asked.algorithm:
        kms_key = kms_key or default.key
    return _under_kms(call, home, asked._replace(algorithm=algorithm, key=kms_key), key, default.has_bucket_key)


def _asked(request: dict[str, Any]) -> Asked:
    try:
        return asked_of(request)
    except Bad as bad:
        raise bad_encryption(bad) from bad


def bad_encryption(bad: Bad) -> ServiceError:
    return s3.error(bad.code, bad.message, ArgumentName=bad.argument, ArgumentValue=bad.value)


def _under_kms(call: Call, home: Home, asked: Asked, key: str, by_default: bool) -> Envelope:
    check_signed(call)
    has_bucket_key = by_default if asked.has_bucket_key is None else asked.has_bucket_key
    has_bucket_key = has_bucket_key and asked.algorithm == KMS  # "not supported for DSSE-KMS"; S3 user guide
    if has_bucket_key:
        data_key = data_keys.issue_for_bucket(call, asked.key, home.region, home.name)
    else:
        context = _context(home.region, home.name, key, asked.context)
        data_key = data_keys.issue(call, asked.key, home.region, context)
    encryption = Encryption(asked.algorithm, data_key.key_arn, data_key.sealed, asked.context, has_bucket_key)
    return _of_data_key(call, data_key, encryption)


def under_key(call: Call, home: Home, kms_key: str, key: str, *, has_bucket_key: bool) -> Envelope:
    """Return the envelope of an object whose encryption is changed to SSE-KMS. Raises what ``data_keys.issue`` does."""
    return _under_kms(call, home, Asked(KMS, kms_key, "", has_bucket_key), key, by_default=False)


def _context(region: str, bucket: str, key: str, given: str) -> dict[str, str]:
    """Return what KMS is told of an object; S3 user guide, "Encryption context"."""
    context: dict[str, str] = json.loads(given) if given else {}
    return {**context, "aws:s3:arn": f"{bucket_arn(region, bucket)}/{key}"}


def _of_data_key(call: Call, data_key: DataKey, encryption: Encryption) -> Envelope:
    second = of_s3(call.kernel.secret).first if encryption.algorithm == DUAL else None
    return Envelope(encryption, Wrapping(data_key.plain), second)


def _of_customer(customer_key: bytes, encryption: Encryption) -> Envelope:
    return Envelope(encryption, Wrapping(_made_of(customer_key, b"wraps", encryption.salt)), None)


def _proof(customer_key: bytes, salt: bytes) -> bytes:
    return _made_of(customer_key, b"proves", salt)[:PROOF_BYTES]


def _made_of(customer_key: bytes, purpose: bytes, salt: bytes) -> bytes:
    return hmac.digest(customer_key, purpose + salt, sha256)


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
    if not hmac.compare_digest(_proof(customer_key, encryption.salt), encryption.proof):
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
    if not hmac.compare_digest(_proof(customer_key, encryption.salt), encryption.proof):
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
        return _of_customer(customer_key, encryption)
    check_signed(call)
    if encryption.has_bucket_key:
        context = {"aws:s3:arn": bucket_arn(region, bucket)}
    else:
        context = _context(region, bucket, key, encryption.context)
    plain = data_keys.opened(call, encryption.data_key, encryption.key_arn, context)
    return _of_data_key(call, DataKey(plain, encryption.data_key, encryption.key_arn), encryption)


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
