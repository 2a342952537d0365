"""Text that only this cloud can read, and that nobody can alter: encrypted with the cloud's own secret."""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skyglobe.kernel.kernel import Kernel

AUTHORIZATION_MESSAGE = "authorization message"
"""The purpose of what the gateway says of a denial and STS decodes."""

_NONCE_BYTES = 12  # of AES-GCM; NIST SP 800-38D
MAX_OPENED_BYTES = 1_048_576  # what a sealed text may unpack to


def encrypted(kernel: Kernel, purpose: str, text: str) -> str:
    """Return ``text`` sealed for ``purpose``: compressed, encrypted, in URL-safe base 64."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = kernel.ids.token(_NONCE_BYTES)
    sealed = AESGCM(_key(kernel)).encrypt(nonce, zlib.compress(text.encode()), purpose.encode())
    return base64.urlsafe_b64encode(nonce + sealed).decode().rstrip("=")


def decrypted(kernel: Kernel, purpose: str, sealed: str) -> str | None:
    """Return what was sealed for ``purpose`` by this cloud, or None for everything else."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        data = base64.b64decode(sealed + "=" * (-len(sealed) % 4), altchars=b"-_", validate=True)
        packed = AESGCM(_key(kernel)).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], purpose.encode())
    except (binascii.Error, InvalidTag, ValueError):
        return None
    return zlib.decompressobj().decompress(packed, MAX_OPENED_BYTES).decode()


def _key(kernel: Kernel) -> bytes:
    return hashlib.blake2b(kernel.secret, digest_size=32, person=b"sealing").digest()
