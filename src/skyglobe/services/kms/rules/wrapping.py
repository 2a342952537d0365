"""How key material comes in: wrapped under a public key of KMS's; API reference of GetParametersForImport."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap_with_padding

SUPPORTED = frozenset({"RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256"})
"""Not RSAES_PKCS1_V1_5, which AWS ended in October 2023, nor SM2PKE, which is for China Regions only."""


def unwrapped(private: Any, algorithm: str, wrapped: bytes) -> bytes | None:
    """Return the key material that was wrapped; None when it was not, or otherwise."""
    digest = hashes.SHA1() if algorithm.endswith("SHA_1") else hashes.SHA256()  # noqa: S303 - KMS has both
    oaep = padding.OAEP(padding.MGF1(digest), digest, None)
    try:
        if algorithm.startswith("RSAES_OAEP"):
            plain: bytes = private.decrypt(wrapped, oaep)
            return plain
        # An AES key of the client's own, wrapped, and behind it the material wrapped under that (RFC 5649).
        size = private.key_size // 8
        return aes_key_unwrap_with_padding(private.decrypt(wrapped[:size], oaep), wrapped[size:])
    except (ValueError, InvalidUnwrap):
        return None
