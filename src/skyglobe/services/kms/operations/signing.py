"""Sign, Verify."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.kms import kms, refusals
from skyglobe.services.kms.finding import Found
from skyglobe.services.kms.materials import current_material, private_of
from skyglobe.services.kms.rules import pairs
from skyglobe.services.kms.using import check_algorithm, finish_use, use_key

MAX_RAW_BYTES = 4_096  # API reference of Sign


@kms.operation
def sign(
    call: Call,
    key_id: str,
    message: bytes,
    signing_algorithm: str,
    message_type: str = "RAW",
    grant_tokens: list[str] | None = None,
    dry_run: bool | None = None,
) -> dict[str, Any]:
    """Sign a message, or the digest of one, with a private key."""
    found = _key_for(call, key_id, signing_algorithm, message, message_type, grant_tokens)
    finish_use(call, found, dry_run)
    private = private_of(found.scope, current_material(found.scope, found.key))
    try:
        signature = pairs.sign(private, signing_algorithm, message, message_type)
    except pairs.Unusable as error:
        raise refusals.invalid(str(error)) from error
    return {"KeyId": found.key.arn, "Signature": signature, "SigningAlgorithm": signing_algorithm}


@kms.operation
def verify(
    call: Call,
    key_id: str,
    message: bytes,
    signature: bytes,
    signing_algorithm: str,
    message_type: str = "RAW",
    grant_tokens: list[str] | None = None,
    dry_run: bool | None = None,
) -> dict[str, Any]:
    """Say that a signature is this key's. Raises KMSInvalidSignatureException when it is not."""
    found = _key_for(call, key_id, signing_algorithm, message, message_type, grant_tokens)
    private = private_of(found.scope, current_material(found.scope, found.key))
    try:
        is_valid = pairs.verify(private, signing_algorithm, message, message_type, signature)
    except pairs.Unusable as error:
        raise refusals.invalid(str(error)) from error
    if not is_valid:
        raise kms.errors.KMSInvalidSignatureException
    finish_use(call, found, dry_run)
    return {"KeyId": found.key.arn, "SignatureValid": True, "SigningAlgorithm": signing_algorithm}


def _key_for(call: Call, key_id: str, algorithm: str, message: bytes, kind: str, tokens: list[str] | None) -> Found:
    found = use_key(call, key_id, "SIGN_VERIFY", tokens)
    check_algorithm(found.key, algorithm)
    _check_kind(algorithm, kind)
    if kind == "RAW" and len(message) > MAX_RAW_BYTES:
        raise refusals.invalid(f"A message of MessageType RAW can have at most {MAX_RAW_BYTES} bytes.")
    return found


def _check_kind(algorithm: str, kind: str) -> None:
    """API reference of Sign, MessageType: representatives are for ML-DSA, digests for what signs digests.

    ED25519_PH_SHA_512 takes digests only, and hashes them once more.
    """
    is_lattice = algorithm == "ML_DSA_SHAKE_256"
    fits = {
        "RAW": algorithm != "ED25519_PH_SHA_512",
        "DIGEST": not is_lattice and algorithm != "ED25519_SHA_512",
        "EXTERNAL_MU": is_lattice,
    }[kind]
    if not fits:
        raise refusals.invalid(f"MessageType {kind} is not valid for SigningAlgorithm {algorithm}.")
