"""GetPublicKey, DeriveSharedSecret."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.kms import kms, refusals
from skyglobe.services.kms.finding import check_enabled, get_key
from skyglobe.services.kms.granting import check_tokens
from skyglobe.services.kms.materials import current_material, private_of
from skyglobe.services.kms.rules import pairs
from skyglobe.services.kms.rules.specs import ALGORITHMS_IN, SPECS, is_pair
from skyglobe.services.kms.using import check_algorithm, finish_use, refuse_enclave, use_key


@kms.operation
def get_public_key(call: Call, key_id: str, grant_tokens: list[str] | None = None) -> dict[str, Any]:
    """Return a pair's public key (DER). The private one never leaves KMS."""
    check_tokens(call, grant_tokens)
    scope, key, _ = get_key(call, key_id)
    if not is_pair(key.spec):
        raise refusals.wrong_spec(key.arn, key.spec)
    check_enabled(key)
    told = {
        "KeyId": key.arn,
        "PublicKey": pairs.public_of(private_of(scope, current_material(scope, key))),
        "CustomerMasterKeySpec": key.spec,
        "KeySpec": key.spec,
        "KeyUsage": key.usage,
    }
    return {**told, ALGORITHMS_IN[key.usage]: list(SPECS[key.spec].algorithms(key.usage))}


@kms.operation
def derive_shared_secret(
    call: Call,
    key_id: str,
    key_agreement_algorithm: str,
    public_key: bytes,
    grant_tokens: list[str] | None = None,
    dry_run: bool | None = None,
    recipient: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the raw secret that a key's private half shares with somebody's public key (ECDH)."""
    refuse_enclave(recipient)
    found = use_key(call, key_id, "KEY_AGREEMENT", grant_tokens)
    scope, key, _ = found
    check_algorithm(key, key_agreement_algorithm)
    try:
        secret = pairs.shared_secret(private_of(scope, current_material(scope, key)), public_key)
    except pairs.Unusable as error:
        raise refusals.invalid(str(error)) from error
    finish_use(call, found, dry_run)
    return {
        "KeyId": key.arn,
        "SharedSecret": secret,
        "KeyAgreementAlgorithm": key_agreement_algorithm,
        "KeyOrigin": key.origin,
    }
