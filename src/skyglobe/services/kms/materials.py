"""What keys encrypt with: kept sealed under the cloud's secret, opened when used, and never told to anybody."""

from __future__ import annotations

import hmac
from hashlib import blake2b
from typing import Any

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.frames import NONCE_BYTES, Wrapping
from skyglobe.kernel.scope import Scope
from skyglobe.services.kms.records import Key, Material, materials
from skyglobe.services.kms.rules.ciphertexts import bound, head_of
from skyglobe.services.kms.rules.specs import MAC_BYTES, SYMMETRIC_BYTES

MAX_OPENED = 4_096  # ciphers and private keys kept ready


def new_plain(scope: Scope, spec: str) -> bytes:
    """Return new material for a key that is no pair: those may take too long to make here."""
    return scope.kernel.ids.token(MAC_BYTES.get(spec, SYMMETRIC_BYTES))


def sealed_material(scope: Scope, key_id: str, plain: bytes, **more: Any) -> Material:
    """Return a material to be kept. The same content of the same key has the same id, in every region."""
    identity = hmac.new(scope.kernel.secret, f"kms material of {key_id}".encode() + plain, "sha256").hexdigest()
    sealed = _sealing(scope).wrap(scope.kernel.ids.token(NONCE_BYTES), plain, key_id.encode())
    return Material(key_id=key_id, id=identity, sealed=sealed, made_at=scope.now, **more)


def current_material(scope: Scope, key: Key) -> Material:
    """Return what a key that is enabled encrypts with."""
    found = materials.find(scope, key.id, key.material)
    assert found is not None, "a key that is enabled has its material"
    return found


def cipher_of(scope: Scope, material: Material) -> Wrapping:
    """Return the cipher of a symmetric key's material."""
    made: Wrapping = _opened(scope, material, "cipher", Wrapping)
    return made


def private_of(scope: Scope, material: Material) -> Any:
    """Return the private key of an asymmetric key's material."""
    from skyglobe.services.kms.rules.pairs import load

    return _opened(scope, material, "private", load)


def secret_of(scope: Scope, material: Material) -> bytes:
    """Return the material as it is, for HMACs."""
    plain: bytes = _opened(scope, material, "plain", bytes)
    return plain


def encrypted(scope: Scope, key: Key, plain: bytes, context: dict[str, str] | None) -> bytes:
    """Encrypt under a symmetric key: AES-256-GCM, bound to key, material and encryption context."""
    head = head_of(key.owner, key.id, key.material)
    cipher = cipher_of(scope, current_material(scope, key))
    return head + cipher.wrap(scope.kernel.ids.token(NONCE_BYTES), plain, bound(head, context))


def earliest_end(scope: Scope, key: Key) -> Instant | None:
    """Return when the first of a key's imported materials expires; None when none does."""
    ends = [one.valid_to for one in materials.scan(scope, key.id) if one.is_there and one.valid_to is not None]
    return min(ends, default=None)


def _opened(scope: Scope, material: Material, use: str, read: Any) -> Any:
    # What was sealed is unlike anything else that ever was: it tells key, material and secret.
    kept = scope.kernel.caches.of("kms.materials", MAX_OPENED)
    asked = (material.sealed, use)
    found = kept.get(asked)
    if found is None:
        found = read(_sealing(scope).unwrap(material.sealed, material.key_id.encode()))
        kept.keep(asked, found)
    return found


def _sealing(scope: Scope) -> Wrapping:
    kept = scope.kernel.caches.of("kms.sealing", 4)
    secret = scope.kernel.secret
    found: Wrapping | None = kept.get(secret)
    if found is None:
        found = Wrapping(blake2b(secret, digest_size=32, person=b"kms material").digest())
        kept.keep(secret, found)
    return found
