"""Data keys under KMS keys: where S3 asks KMS for one, and to have one decrypted. The only place that knows how.

There is no KMS yet. The one key that AWS manages for S3 in each account and region (``aws/s3``) follows from the
cloud's secret; for every other key S3 answers what it answers when KMS does not know it. What KMS will be asked is
already here: the key's policy, the caller's own policies (``kms:GenerateDataKey``, ``kms:Decrypt``) and the
encryption context.
"""

from __future__ import annotations

import json
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from skyglobe.kernel.access import Need
from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import Damaged, ServiceError
from skyglobe.kernel.frames import KEY_BYTES, NONCE_BYTES, Wrapping
from skyglobe.services.s3.access import bucket_arn

ALIAS = "alias/aws/s3"
BUCKET_KEY_FOR = 300_000
"""Milliseconds for which S3 uses a bucket key before it asks for another: AWS says no more than that it is short."""
BUCKET_KEYS = 1_024  # in use


class DataKey(NamedTuple):
    """A key to encrypt with, and itself encrypted under a KMS key."""

    plain: bytes
    sealed: bytes
    key_arn: str


def issue(call: Call, key: str, region: str, context: dict[str, str]) -> DataKey:
    """Return a new data key under the KMS key that ``key`` names; empty for the one AWS manages.

    Raises KMS.NotFoundException, and AccessDenied when the caller may not use the key.
    """
    arn = _resolved(call, key, region)
    _check_may(call, "GenerateDataKey", arn, context)
    plain = call.kernel.ids.token(KEY_BYTES)
    sealed = _managed(call, arn).wrap(call.kernel.ids.token(NONCE_BYTES), plain, _canonical(context))
    return DataKey(plain, sealed, arn)


def issue_for_bucket(call: Call, key: str, region: str, bucket: str) -> DataKey:
    """Return a bucket key: one for all that a caller writes to a bucket within five minutes.

    S3 user guide, "Reducing the cost of SSE-KMS with Amazon S3 Bucket Keys". Raises what ``issue`` does.
    """
    kept = call.kernel.caches.of("s3.bucket_keys", BUCKET_KEYS)
    asked = (call.kernel.secret, call.principal.arn, bucket, key, region, call.now // BUCKET_KEY_FOR)
    found: DataKey | None = kept.get(asked)
    if found is None:
        found = issue(call, key, region, {"aws:s3:arn": bucket_arn(region, bucket)})
        kept.keep(asked, found)
    return found


def opened(call: Call, sealed: bytes, key_arn: str, context: dict[str, str]) -> bytes:
    """Return a data key decrypted. Raises AccessDenied when the caller may not use its KMS key."""
    _check_may(call, "Decrypt", key_arn, context)
    try:
        return _managed(call, key_arn).unwrap(sealed, _canonical(context))
    except Damaged as error:
        raise ServiceError("The ciphertext is invalid.", code="KMS.InvalidCiphertextException") from error


def check_known(call: Call, key: str, region: str) -> str:
    """Return the ARN of the KMS key that ``key`` names. Raises KMS.NotFoundException."""
    return _resolved(call, key, region)


def _resolved(call: Call, key: str, region: str) -> str:
    """Aliases and ids are looked up in the account of who asks; ServerSideEncryptionByDefault, API reference."""
    base = f"arn:{call.partition}:kms:{region}:{call.principal.account}"
    name = key or ALIAS
    if not name.startswith("arn:"):
        name = f"{base}:{name}" if name.startswith("alias/") else f"{base}:key/{name}"
    elif name.split(":")[3:4] != [region]:
        raise _not_found(f"Invalid arn {name.split(':')[3] if name.count(':') > 3 else name}")
    account, _, resource = name.partition(":kms:")[2].partition(":")[2].partition(":")
    managed = f"arn:{call.partition}:kms:{region}:{account}:key/{_key_id(call.kernel.secret, account, region)}"
    if resource == ALIAS or name == managed:
        return managed
    if resource.startswith("alias/"):
        raise _not_found(f"Alias {name} is not found.")
    raise _not_found(f"Key '{name}' does not exist")


def _not_found(text: str) -> ServiceError:
    return ServiceError(text, code="KMS.NotFoundException", status=400)


def _check_may(call: Call, action: str, arn: str, context: dict[str, str]) -> None:
    """Ask as KMS does: the key's policy, and the caller's own. A service acts for the account it works for."""
    principal = call.principal
    _, _, _, region, account, _ = arn.split(":")
    if principal.type == "service" and principal.account == account:
        return
    told: dict[str, str | list[str]] = {
        "kms:viaservice": f"s3.{region}.amazonaws.com",
        "kms:calleraccount": principal.account,
        "kms:encryptioncontextkeys": list(context),
        **{f"kms:encryptioncontext:{key.lower()}": value for key, value in context.items()},
    }
    refusal = call.refusal(Need(f"kms:{action}", arn, account, told, _policy(account)))
    if refusal is not None:
        raise refusal


@lru_cache(maxsize=256)  # accounts in use
def _policy(account: str) -> str:
    """Return the policy of a key that AWS manages for S3, as far as it is about S3: all of its account may use it."""
    allowed = {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
        "Resource": "*",
        "Condition": {"StringEquals": {"kms:CallerAccount": account}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [allowed]})


@lru_cache(maxsize=256)
def _key_id(secret: bytes, account: str, region: str) -> str:
    text = blake2b(f"{account} {region}".encode(), key=secret, digest_size=16, person=b"aws/s3 id").hexdigest()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _managed(call: Call, arn: str) -> Wrapping:
    return _wrapping(call.kernel.secret, arn)


@lru_cache(maxsize=256)
def _wrapping(secret: bytes, arn: str) -> Wrapping:
    return Wrapping(blake2b(arn.encode(), key=secret, digest_size=KEY_BYTES, person=b"aws/s3").digest())


def _canonical(context: dict[str, str]) -> bytes:
    return json.dumps(context, sort_keys=True).encode()
