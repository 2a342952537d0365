"""Signature Version 4A: asymmetric signatures that hold in several regions.

The client derives an ECDSA P-256 key pair from its secret; the verifier derives the same pair and uses its public
half. Derivation is NIST SP 800-108 in counter mode with HMAC-SHA256, as the IAM user guide describes for SigV4A.
Signing and canonical form are those of version 4, with the region moved from the scope to ``X-Amz-Region-Set``.
"""

from __future__ import annotations

import hmac
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from skyglobe.gateway.scope import SIGV4A, Scope
from skyglobe.gateway.sigv4 import Canonical, find_wrong
from skyglobe.kernel.wire import Request

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256's group; FIPS 186-4, D.1.2.3
_LONGEST_SIGNATURE = 72  # bytes of a DER-encoded P-256 signature


def private_scalar(access_key_id: str, secret: str) -> int:
    """Derive the private key of an access key. Raises ValueError when no counter gives one (probability 2^-8000)."""
    for counter in range(1, 255):
        fixed = SIGV4A.encode() + b"\x00" + access_key_id.encode() + bytes((counter,)) + (256).to_bytes(4, "big")
        block = hmac.digest(b"AWS4A" + secret.encode(), (1).to_bytes(4, "big") + fixed, "sha256")
        candidate = int.from_bytes(block, "big")
        if candidate <= _ORDER - 2:
            return candidate + 1
    raise ValueError("no key can be derived")


@lru_cache(maxsize=1024)
def public_key(access_key_id: str, secret: str) -> EllipticCurvePublicKey:
    """Derive the public key that verifies what ``access_key_id`` signs."""
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.derive_private_key(private_scalar(access_key_id, secret), ec.SECP256R1()).public_key()


def is_signed(key: EllipticCurvePublicKey, text: bytes, signature: str) -> bool:
    """Whether ``signature`` (hexadecimal, perhaps padded with ``*``) is ``key``'s over ``text``."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256

    try:
        raw = bytes.fromhex(signature.rstrip("*"))
        if len(raw) > _LONGEST_SIGNATURE:
            return False
        key.verify(raw, text, ec.ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def matches(
    request: Request, scope: Scope, secret: str, instant: str, payload_hash: str, *, is_s3: bool
) -> Canonical | None:
    """Return None when the signature in ``scope`` is right for ``request``, else what should have been signed."""
    is_valid = partial(is_signed, public_key(scope.access_key_id, secret))
    return find_wrong(request, scope, instant, payload_hash, is_valid, is_s3=is_s3)
