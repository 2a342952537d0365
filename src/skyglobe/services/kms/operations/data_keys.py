"""GenerateDataKey and its kin, GenerateRandom."""

from __future__ import annotations

import asyncio
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.kms import kms, refusals
from skyglobe.services.kms.finding import Found
from skyglobe.services.kms.materials import encrypted
from skyglobe.services.kms.rules import pairs
from skyglobe.services.kms.using import check_algorithm, finish_use, refuse_enclave, take_quota, use_key

_BYTES = {"AES_256": 32, "AES_128": 16}


@kms.operation
def generate_data_key(
    call: Call,
    key_id: str,
    encryption_context: dict[str, str] | None = None,
    number_of_bytes: int | None = None,
    key_spec: str | None = None,
    grant_tokens: list[str] | None = None,
    recipient: dict[str, Any] | None = None,
    dry_run: bool | None = None,
) -> dict[str, Any]:
    """Return a new key to encrypt data with, as it is and encrypted under the KMS key."""
    refuse_enclave(recipient)
    size = _size(number_of_bytes, key_spec)
    found = _symmetric(call, key_id, grant_tokens)
    finish_use(call, found, dry_run)
    plain = call.kernel.ids.token(size)
    return {**_sealed(found, plain, encryption_context), "Plaintext": plain}


@kms.operation
def generate_data_key_without_plaintext(
    call: Call,
    key_id: str,
    encryption_context: dict[str, str] | None = None,
    key_spec: str | None = None,
    number_of_bytes: int | None = None,
    grant_tokens: list[str] | None = None,
    dry_run: bool | None = None,
) -> dict[str, Any]:
    """Return a new key to encrypt data with, encrypted under the KMS key, for whoever needs it later."""
    size = _size(number_of_bytes, key_spec)
    found = _symmetric(call, key_id, grant_tokens)
    finish_use(call, found, dry_run)
    return _sealed(found, call.kernel.ids.token(size), encryption_context)


def _size(number_of_bytes: int | None, spec: str | None) -> int:
    if (number_of_bytes is None) == (spec is None):
        raise refusals.invalid("Please specify either number of bytes or key spec.")
    return number_of_bytes if number_of_bytes is not None else _BYTES[spec or ""]


def _symmetric(call: Call, key_id: str, tokens: list[str] | None) -> Found:
    found = use_key(call, key_id, "ENCRYPT_DECRYPT", tokens)
    check_algorithm(found.key, "SYMMETRIC_DEFAULT")
    return found


def _sealed(found: Found, plain: bytes, context: dict[str, str] | None) -> dict[str, Any]:
    scope, key, _ = found
    return {"CiphertextBlob": encrypted(scope, key, plain, context), "KeyId": key.arn, "KeyMaterialId": key.material}


@kms.operation
def generate_data_key_pair(
    call: Call,
    key_id: str,
    key_pair_spec: str,
    encryption_context: dict[str, str] | None = None,
    grant_tokens: list[str] | None = None,
    recipient: dict[str, Any] | None = None,
    dry_run: bool | None = None,
) -> Any:
    """Return a new key pair, the private key as it is and encrypted under the KMS key."""
    refuse_enclave(recipient)
    return _pair(call, key_id, key_pair_spec, encryption_context, grant_tokens, dry_run, with_private=True)


@kms.operation
def generate_data_key_pair_without_plaintext(
    call: Call,
    key_id: str,
    key_pair_spec: str,
    encryption_context: dict[str, str] | None = None,
    grant_tokens: list[str] | None = None,
    dry_run: bool | None = None,
) -> Any:
    """Return a new key pair, the private key encrypted under the KMS key only."""
    return _pair(call, key_id, key_pair_spec, encryption_context, grant_tokens, dry_run, with_private=False)


async def _pair(
    call: Call,
    key_id: str,
    spec: str,
    context: dict[str, str] | None,
    tokens: list[str] | None,
    dry_run: bool | None,
    *,
    with_private: bool,
) -> dict[str, Any]:
    def begin(call: Call) -> None:
        if spec == "SM2":
            raise kms.errors.UnsupportedOperationException("KeyPairSpec SM2 is not supported in this Region.")
        finish_use(call, _symmetric(call, key_id, tokens), dry_run)

    def end(call: Call) -> dict[str, Any]:
        sealed = _sealed(_symmetric(call, key_id, tokens), private, context)
        answer = {
            "PrivateKeyCiphertextBlob": sealed["CiphertextBlob"],
            "PublicKey": pairs.public_of(pairs.load(private)),
            "KeyId": sealed["KeyId"],
            "KeyPairSpec": spec,
            "KeyMaterialId": sealed["KeyMaterialId"],
        }
        return {**answer, "PrivateKeyPlaintext": private} if with_private else answer

    await call.transact(begin)
    private = await asyncio.to_thread(pairs.generate, spec, call.kernel.ids.token)
    return await call.transact(end)


@kms.operation
def generate_random(
    call: Call,
    number_of_bytes: int | None = None,
    custom_key_store_id: str | None = None,
    recipient: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return up to 1,024 random bytes."""
    refuse_enclave(recipient)
    if custom_key_store_id is not None:
        raise kms.errors.CustomKeyStoreNotFoundException(f"Custom key store {custom_key_store_id} does not exist.")
    if number_of_bytes is None:
        raise refusals.invalid("NumberOfBytes is required.")
    take_quota(call, "")
    return {"Plaintext": call.kernel.ids.token(number_of_bytes)}
