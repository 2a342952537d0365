"""What every cryptographic operation begins with: the key, its state and usage, quotas, and the note of its use."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.kms import kms, refusals
from skyglobe.services.kms.finding import Found, check_enabled, get_key
from skyglobe.services.kms.granting import check_tokens
from skyglobe.services.kms.records import Key, Use, uses
from skyglobe.services.kms.rules.specs import SPECS

USE_NOTED_FOR = 3_600_000
"""Milliseconds for which the same operation with the same key is not noted again; AWS does not tell at once either."""
_FAST_REGIONS = frozenset({"us-east-1", "us-west-2", "eu-west-1"})
_MIDDLING_REGIONS = frozenset(
    {"us-east-2", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "eu-central-1", "eu-west-2"}
)


def use_key(call: Call, name: str, usage: str, tokens: list[str] | None, *, member: str = "") -> Found:
    """Return the key of a cryptographic operation, if it can be used so now.

    ``member`` names the parameter when it is not ``KeyId``. Raises NotFoundException, DisabledException,
    KMSInvalidStateException, InvalidKeyUsageException, InvalidGrantTokenException and ThrottlingException.
    """
    found = get_key(call, name)
    key = found.key
    check_tokens(call, tokens)
    take_quota(call, key.spec)
    check_enabled(key)
    if key.usage != usage:
        raise kms.errors.InvalidKeyUsageException(
            f"{key.arn} key usage is {key.usage} which is not valid for {call.operation.name}."
        )
    return found


def take_quota(call: Call, spec: str) -> None:
    """Count one request to the caller's account. Raises ThrottlingException.

    Developer guide, "Request quotas": symmetric and HMAC operations share one quota, which is larger in some Regions;
    RSA's have one, elliptic curves' another.
    """
    if not call.kernel.quotas.enforced:
        return
    group = spec.partition("_")[0]
    rate = 1_000.0
    if group in ("SYMMETRIC", "HMAC", ""):
        group = "symmetric"
        rate = 100_000.0 if call.region in _FAST_REGIONS else 20_000.0 if call.region in _MIDDLING_REGIONS else 10_000.0
    if not call.kernel.quotas.take("kms", call.principal.account, call.region, group, rate=rate):
        raise kms.error(
            "ThrottlingException",
            "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.",
        )


def check_algorithm(key: Key, algorithm: str) -> None:
    """Raise InvalidKeyUsageException when a key does not know an algorithm."""
    if algorithm not in SPECS[key.spec].algorithms(key.usage):
        raise kms.errors.InvalidKeyUsageException(
            f"Algorithm {algorithm} and key spec {key.spec} are incompatible for this operation."
        )


def finish_use(call: Call, found: Found, dry_run: bool | None) -> None:
    """Note that a key is used, unless it was only asked whether it could be. Raises DryRunOperationException then."""
    if dry_run:
        raise refusals.dry_run()
    scope, key = found.scope, found.key
    operation = call.operation.name
    known = uses.find(scope, key.id)
    if known is None or known.operation != operation or call.now - known.at >= USE_NOTED_FOR:
        use = Use(key_id=key.id, operation=operation, at=call.now, request_id=call.request_id)
        uses.put(scope, use)


def refuse_enclave(recipient: dict[str, Any] | None) -> None:
    """Raise UnsupportedOperationException for requests of Nitro enclaves, of which there are none here."""
    if recipient is not None:
        raise kms.errors.UnsupportedOperationException(
            "The Recipient parameter needs an attestation document of a Nitro enclave, which Skyglobe cannot verify."
        )
