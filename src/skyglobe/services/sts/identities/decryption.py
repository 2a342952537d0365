"""Encrypted assertions: XML Encryption 1.1, as far as SAML providers use it (RSA-OAEP around AES in GCM or CBC)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from typing import Any

from skyglobe.services.sts.refusals import invalid_token

_ENC = "{http://www.w3.org/2001/04/xmlenc#}"
_DSIG = "{http://www.w3.org/2000/09/xmldsig#}"
_OAEP = ("http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p", "http://www.w3.org/2009/xmlenc11#rsa-oaep")
_GCM = ("http://www.w3.org/2009/xmlenc11#aes128-gcm", "http://www.w3.org/2009/xmlenc11#aes256-gcm")
_CBC = ("http://www.w3.org/2001/04/xmlenc#aes128-cbc", "http://www.w3.org/2001/04/xmlenc#aes256-cbc")
_NONCE_BYTES = 12  # of GCM; XML Encryption 1.1, 5.2.4
_BLOCK_BYTES = 16  # of AES


def decrypt_assertion(encrypted: Any, private_keys: Iterable[str]) -> bytes:
    """Return the document inside an ``EncryptedAssertion``. Raises InvalidIdentityToken where no key opens it."""
    data = encrypted.find(f"{_ENC}EncryptedData")
    # The key stands in the data's KeyInfo, or beside the data.
    wrapped = next(encrypted.iter(f"{_ENC}EncryptedKey"), None)
    if data is None or wrapped is None:
        raise _unreadable()
    algorithm = _algorithm(data)
    content, wrapped_key = _value(data), _value(wrapped)
    for pem in private_keys:
        key = _unwrap(wrapped, wrapped_key, pem)
        if key is not None:
            return _decrypt(algorithm, key, content)
    raise _unreadable()


def _unwrap(wrapped: Any, wrapped_key: bytes, pem: str) -> bytes | None:
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    if _algorithm(wrapped) not in _OAEP:
        raise _unreadable()
    known: dict[str, Callable[[], hashes.HashAlgorithm]] = {
        "sha1": hashes.SHA1,
        "sha256": hashes.SHA256,
        "sha384": hashes.SHA384,
        "sha512": hashes.SHA512,
    }
    method = wrapped.find(f"{_ENC}EncryptionMethod")
    digest = _hash_named(method, f"{_DSIG}DigestMethod", "sha1")
    mask = _hash_named(method, "{http://www.w3.org/2009/xmlenc11#}MGF", "sha1").removeprefix("mgf1")
    private = serialization.load_pem_private_key(pem.encode(), None)
    if digest not in known or mask not in known or not isinstance(private, rsa.RSAPrivateKey):
        return None
    try:
        return private.decrypt(wrapped_key, padding.OAEP(padding.MGF1(known[mask]()), known[digest](), None))
    except ValueError:
        return None


def _decrypt(algorithm: str, key: bytes, content: bytes) -> bytes:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CBC

    try:
        if algorithm in _GCM:
            return AESGCM(key).decrypt(content[:_NONCE_BYTES], content[_NONCE_BYTES:], None)
        if algorithm in _CBC:
            decryptor = Cipher(AES(key), CBC(content[:_BLOCK_BYTES])).decryptor()
            padded = decryptor.update(content[_BLOCK_BYTES:]) + decryptor.finalize()
            return padded[: -padded[-1]]
    except (InvalidTag, ValueError, IndexError) as error:
        raise _unreadable() from error
    raise _unreadable()


def _hash_named(method: Any, element: str, default: str) -> str:
    """Return the hash that a child of an EncryptionMethod names: what its address ends with."""
    found = method.find(element) if method is not None else None
    return str(found.get("Algorithm", "")).rpartition("#")[2].lower() if found is not None else default


def _algorithm(element: Any) -> str:
    method = element.find(f"{_ENC}EncryptionMethod")
    return str(method.get("Algorithm", "")) if method is not None else ""


def _value(element: Any) -> bytes:
    text = element.findtext(f"{_ENC}CipherData/{_ENC}CipherValue")
    try:
        return base64.b64decode("".join((text or "").split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise _unreadable() from error


def _unreadable() -> Exception:
    return invalid_token("The encrypted assertion could not be decrypted with the keys of the SAML provider")
