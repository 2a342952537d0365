"""Data keys under KMS keys: where S3 asks KMS for one, and to have one decrypted. The only place that knows how.

S3 calls KMS in the name of whoever calls S3, through itself (``kms:ViaService``): the key's policy, the caller's own
policies (``kms:GenerateDataKey``, ``kms:Decrypt``) and the encryption context decide there.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import blake2b

from skyglobe.kernel.call import Call
from skyglobe.kernel.data_keys import DataKey, KeyUser
from skyglobe.kernel.errors import Damaged, ServiceError
from skyglobe.kernel.frames import KEY_BYTES, WRAPPED_BYTES, Wrapping
from skyglobe.services.s3 import errors
from skyglobe.services.s3.access import bucket_arn

ALIAS = "alias/aws/s3"
BUCKET_KEY_FOR = 300_000
"""Milliseconds for which S3 uses a bucket key before it asks for another: AWS says no more than that it is short."""
BUCKET_KEYS = 1_024  # in use


def issue(call: Call, key: str, region: str, context: dict[str, str]) -> DataKey:
    """Return a new data key under the KMS key that ``key`` names; empty for the one AWS manages.

    Aliases and ids are looked up in the account of who asks; ServerSideEncryptionByDefault, API reference. Raises
    KMS.NotFoundException and its kin, and AccessDenied when the caller may not use the key.
    """
    asked = {"KeyId": key or ALIAS, "NumberOfBytes": KEY_BYTES, "EncryptionContext": context}
    made = _kms.ask(call, "GenerateDataKey", asked, region)
    return DataKey(made["Plaintext"], made["CiphertextBlob"], made["KeyId"])


def issue_for_replica(call: Call, key: str, region: str, context: dict[str, str]) -> DataKey:
    """As ``issue``, for replicas: S3 makes the key itself, and replication's role needs ``kms:Encrypt`` only.

    S3 user guide, "Replicating encrypted objects".
    """
    plain = call.kernel.ids.token(KEY_BYTES)
    asked = {"KeyId": key or ALIAS, "Plaintext": plain, "EncryptionContext": context}
    made = _kms.ask(call, "Encrypt", asked, region)
    return DataKey(plain, made["CiphertextBlob"], made["KeyId"])


Issue = Callable[[Call, str, str, dict[str, str]], DataKey]


def issue_for_bucket(call: Call, key: str, region: str, bucket: str, issue: Issue = issue) -> DataKey:
    """Return a bucket key: one for all that a caller writes to a bucket within five minutes.

    S3 user guide, "Reducing the cost of SSE-KMS with Amazon S3 Bucket Keys". Raises what ``issue`` does.
    """
    kept = call.kernel.caches.of("s3.bucket_keys", BUCKET_KEYS)
    asked = (call.kernel.secret, call.principal.arn, bucket, key, region, call.now // BUCKET_KEY_FOR)
    found: DataKey | None = kept.get(asked)
    if found is None:
        made = found = issue(call, key, region, {"aws:s3:arn": bucket_arn(region, bucket)})
        # Not before the KMS key itself is there for good: AWS's own is made when it is first used.
        call.after_commit(lambda: kept.keep(asked, made))
    return found


def opened(call: Call, sealed: bytes, key_arn: str, context: dict[str, str]) -> bytes:
    """Return a data key decrypted. Raises KMS.DisabledException and its kin, AccessDenied for who may not."""
    if len(sealed) == WRAPPED_BYTES:
        return _inherited(call, sealed, key_arn, context)
    asked = {"CiphertextBlob": sealed, "KeyId": key_arn, "EncryptionContext": context}
    plain: bytes = _kms.ask(call, "Decrypt", asked, key_arn.split(":")[3])["Plaintext"]
    return plain


def _as_of_s3(error: ServiceError) -> ServiceError:
    """Return an error of KMS as S3 passes it on; S3 API reference, "Error responses"."""
    if error.code == "AccessDeniedException":
        return ServiceError(error.message, code="AccessDenied", status=403)
    if error.code == "ThrottlingException":
        return ServiceError(error.message, code=error.code, status=400)
    if error.status >= 500:
        return error
    return ServiceError(error.message, code=f"KMS.{error.code}", status=400)


_kms = KeyUser("s3", _as_of_s3)


def _inherited(call: Call, sealed: bytes, key_arn: str, context: dict[str, str]) -> bytes:
    """Open what was sealed before there was KMS: under a key of the account's that follows from the cloud's secret."""
    if call.principal.account != key_arn.split(":")[4]:
        raise errors.access_denied()
    key = blake2b(key_arn.encode(), key=call.kernel.secret, digest_size=KEY_BYTES, person=b"aws/s3").digest()
    try:
        return Wrapping(key).unwrap(sealed, json.dumps(context, sort_keys=True).encode())
    except Damaged as error:
        raise ServiceError("The ciphertext is invalid.", code="KMS.InvalidCiphertextException") from error
