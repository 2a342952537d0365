"""Encrypt, Decrypt, ReEncrypt."""

from __future__ import annotations

from typing import Any, NamedTuple, NoReturn

from skyglobe.kernel.arns import make_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import Damaged
from skyglobe.kernel.scope import Scope
from skyglobe.services.kms import kms, refusals
from skyglobe.services.kms.finding import Found, find_key, get_key
from skyglobe.services.kms.materials import cipher_of, current_material, encrypted, private_of
from skyglobe.services.kms.records import Key, materials
from skyglobe.services.kms.rules import pairs
from skyglobe.services.kms.rules.ciphertexts import bound, parse_ciphertext
from skyglobe.services.kms.rules.specs import largest_plaintext
from skyglobe.services.kms.using import check_algorithm, finish_use, refuse_enclave, use_key

_USAGE = "ENCRYPT_DECRYPT"
_SYMMETRIC = "SYMMETRIC_DEFAULT"


class Opened(NamedTuple):
    """What a ciphertext held, and what it was under."""

    plain: bytes
    material: str
    """Empty for keys that are pairs."""


@kms.operation
def encrypt(
    call: Call,
    key_id: str,
    plaintext: bytes,
    encryption_context: dict[str, str] | None = None,
    grant_tokens: list[str] | None = None,
    encryption_algorithm: str = _SYMMETRIC,
    dry_run: bool | None = None,
) -> dict[str, Any]:
    """Encrypt up to 4,096 bytes, bound to the encryption context; with RSA keys as many as the padding leaves."""
    found = use_key(call, key_id, _USAGE, grant_tokens)
    _check_fits(found.key, encryption_algorithm, plaintext, encryption_context)
    finish_use(call, found, dry_run)
    return {
        "CiphertextBlob": _enciphered(found, encryption_algorithm, plaintext, encryption_context),
        "KeyId": found.key.arn,
        "EncryptionAlgorithm": encryption_algorithm,
    }


def _check_fits(key: Key, algorithm: str, plain: bytes, context: dict[str, str] | None) -> None:
    check_algorithm(key, algorithm)
    if context and not key.is_symmetric:
        raise refusals.invalid("An EncryptionContext is valid only with symmetric encryption KMS keys.")
    most = largest_plaintext(key.spec, algorithm)
    if len(plain) > most:
        raise refusals.invalid(
            f"Algorithm {algorithm} and key spec {key.spec} cannot encrypt data larger than {most} bytes."
        )


def _enciphered(found: Found, algorithm: str, plain: bytes, context: dict[str, str] | None) -> bytes:
    scope, key, _ = found
    if key.is_symmetric:
        return encrypted(scope, key, plain, context)
    return pairs.encrypt(private_of(scope, current_material(scope, key)), algorithm, plain)


@kms.operation
def decrypt(
    call: Call,
    ciphertext_blob: bytes | None = None,
    encryption_context: dict[str, str] | None = None,
    grant_tokens: list[str] | None = None,
    key_id: str | None = None,
    encryption_algorithm: str = _SYMMETRIC,
    recipient: dict[str, Any] | None = None,
    dry_run: bool | None = None,
    dry_run_modifiers: list[str] | None = None,
) -> dict[str, Any]:
    """Decrypt what a key encrypted; symmetric ciphertexts name their key themselves."""
    refuse_enclave(recipient)
    if _is_ignoring(ciphertext_blob, dry_run, dry_run_modifiers):
        _would_do(call, key_id, grant_tokens)
    assert ciphertext_blob is not None, "checked just now"
    found = _key_for(call, ciphertext_blob, key_id, encryption_algorithm, grant_tokens)
    opened = _deciphered(found, encryption_algorithm, ciphertext_blob, encryption_context)
    finish_use(call, found, dry_run)
    answer = {"KeyId": found.key.arn, "Plaintext": opened.plain, "EncryptionAlgorithm": encryption_algorithm}
    return {**answer, "KeyMaterialId": opened.material} if opened.material else answer


def _is_ignoring(blob: bytes | None, dry_run: bool | None, modifiers: list[str] | None) -> bool:
    """Return whether only permissions are asked for, without a ciphertext; API reference of Decrypt."""
    if modifiers and not dry_run:
        raise refusals.invalid("DryRunModifiers can be specified only with DryRun.")
    if blob is None and not modifiers:
        raise refusals.invalid("CiphertextBlob is required unless DryRunModifiers has IGNORE_CIPHERTEXT.")
    return bool(modifiers)


def _would_do(call: Call, key_id: str | None, tokens: list[str] | None) -> NoReturn:
    if key_id is None:
        raise refusals.invalid("KeyId is required when the ciphertext is ignored.")
    use_key(call, key_id, _USAGE, tokens)
    raise refusals.dry_run()


def _key_for(call: Call, blob: bytes, name: str | None, algorithm: str, tokens: list[str] | None) -> Found:
    """Return the key to decrypt with. Raises IncorrectKeyException when another is named than the ciphertext's."""
    if algorithm != _SYMMETRIC:
        if name is None:
            raise refusals.invalid("KeyId is required when decrypting with an asymmetric KMS key.")
        found = use_key(call, name, _USAGE, tokens)
        check_algorithm(found.key, algorithm)
        return found
    read = parse_ciphertext(blob)
    if read is None:
        if name is not None:
            check_algorithm(get_key(call, name).key, algorithm)
        raise kms.errors.InvalidCiphertextException
    there: Scope = call if read.account == call.account else call.within(read.account)
    arn = make_arn(there, "kms", f"key/{read.key_id}")
    if name is not None:
        named = get_key(call, name)
        check_algorithm(named.key, algorithm)
        if named.key.arn != arn:
            raise kms.errors.IncorrectKeyException(
                "The key ID in the request does not identify a CMK that can perform this operation."
            )
    elif find_key(call, arn) is None:
        raise refusals.unknown_ciphertext_key()
    return use_key(call, arn, _USAGE, tokens)


def _deciphered(found: Found, algorithm: str, blob: bytes, context: dict[str, str] | None) -> Opened:
    """Raises InvalidCiphertextException for what was altered, or is bound to another encryption context."""
    scope, key, _ = found
    if algorithm != _SYMMETRIC:
        plain = pairs.decrypt(private_of(scope, current_material(scope, key)), algorithm, blob)
        if plain is None:
            raise kms.errors.InvalidCiphertextException
        return Opened(plain, "")
    read = parse_ciphertext(blob)
    assert read is not None, "it told its key"
    material = materials.find(scope, key.id, read.material)
    if material is None or not material.is_there:
        raise kms.errors.InvalidCiphertextException
    try:
        plain = cipher_of(scope, material).unwrap(read.body, bound(read.head, context))
    except Damaged as error:
        raise kms.errors.InvalidCiphertextException from error
    return Opened(plain, material.id)


@kms.operation
def re_encrypt(
    call: Call,
    destination_key_id: str,
    ciphertext_blob: bytes | None = None,
    source_encryption_context: dict[str, str] | None = None,
    source_key_id: str | None = None,
    destination_encryption_context: dict[str, str] | None = None,
    source_encryption_algorithm: str = _SYMMETRIC,
    destination_encryption_algorithm: str = _SYMMETRIC,
    grant_tokens: list[str] | None = None,
    dry_run: bool | None = None,
    dry_run_modifiers: list[str] | None = None,
) -> dict[str, Any]:
    """Decrypt and encrypt again, under another key or context, without telling anybody what."""
    if _is_ignoring(ciphertext_blob, dry_run, dry_run_modifiers):
        use_key(call, destination_key_id, _USAGE, None)
        _would_do(call, source_key_id, grant_tokens)
    assert ciphertext_blob is not None, "checked just now"
    source = _key_for(call, ciphertext_blob, source_key_id, source_encryption_algorithm, grant_tokens)
    opened = _deciphered(source, source_encryption_algorithm, ciphertext_blob, source_encryption_context)
    target = use_key(call, destination_key_id, _USAGE, None)
    _check_fits(target.key, destination_encryption_algorithm, opened.plain, destination_encryption_context)
    finish_use(call, source, dry_run)
    finish_use(call, target, dry_run)
    answer = {
        "CiphertextBlob": _enciphered(
            target, destination_encryption_algorithm, opened.plain, destination_encryption_context
        ),
        "SourceKeyId": source.key.arn,
        "KeyId": target.key.arn,
        "SourceEncryptionAlgorithm": source_encryption_algorithm,
        "DestinationEncryptionAlgorithm": destination_encryption_algorithm,
    }
    if opened.material:
        answer["SourceKeyMaterialId"] = opened.material
    if target.key.is_symmetric:
        answer["DestinationKeyMaterialId"] = target.key.material
    return answer
