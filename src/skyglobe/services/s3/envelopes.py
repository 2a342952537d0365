"""Envelopes: what the keys of an object's bytes are encrypted under.

Bytes are encrypted under keys of their own (``kernel/frames.py``). An object's envelope encrypts those keys: under S3's
own key, a data key of KMS, or what a client's key is made into. So copies share bytes whatever their envelopes are,
and an object's encryption is changed without touching a byte.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b, sha256
from typing import NamedTuple

from skyglobe.kernel.caches import Caches
from skyglobe.kernel.frames import KEY_BYTES, NONCE_BYTES, WRAPPED_BYTES, FrameCipher, Wrapping
from skyglobe.kernel.ids import Ids
from skyglobe.services.s3.records import Encryption, Span
from skyglobe.services.s3.rules.encryption import CUSTOMER, DUAL

BY_S3 = Encryption()
"""How nearly all objects are encrypted: under S3's own key."""
CIPHERS = 2_048
"""Of bytes read lately, about 1 KiB each: making one costs more than a small object's decryption."""
SALT_BYTES = 16
PROOF_BYTES = 16


class Envelope(NamedTuple):
    """Encrypts the keys of an object's bytes."""

    encryption: Encryption
    first: Wrapping
    second: Wrapping | None
    """S3's own, for what is encrypted twice."""

    @property
    def layers(self) -> int:
        return 2 if self.second is not None else 1

    @property
    def may_copy(self) -> bool:
        """Whether plain bytes may be kept in memory: not when only the client is to have the key."""
        return self.encryption.algorithm != CUSTOMER

    def wrap(self, ids: Ids, keys: Sequence[bytes]) -> bytes:
        """Return the keys of some bytes encrypted, one for each layer."""
        wrapped = self.first.wrap(ids.token(NONCE_BYTES), keys[0])
        return wrapped if self.second is None else wrapped + self.second.wrap(ids.token(NONCE_BYTES), keys[1])

    def unwrap(self, wrapped: bytes) -> list[bytes]:
        """Return what ``wrap`` was given. Raises ``Damaged``."""
        if self.second is None:
            return [self.first.unwrap(wrapped)]
        return [self.first.unwrap(wrapped[:WRAPPED_BYTES]), self.second.unwrap(wrapped[WRAPPED_BYTES:])]

    def cipher(self, caches: Caches, span: Span) -> FrameCipher:
        """Return what decrypts some bytes; what was used lately is at hand. Raises ``Damaged``."""
        if not self.may_copy:
            return FrameCipher(self.unwrap(span.key))
        kept = caches.of("s3.ciphers", CIPHERS)
        found: FrameCipher | None = kept.get(span.key)
        if found is None:
            found = FrameCipher(self.unwrap(span.key))
            kept.keep(span.key, found)
        return found


def moved(ids: Ids, span: Span, source: Envelope, target: Envelope) -> Span:
    """Return the same bytes in another envelope, which encrypts as often. Raises ``Damaged``."""
    key = target.wrap(ids, source.unwrap(span.key))
    return Span(span.size_bytes, span.blob, span.offset, span.chunk, key)


def new_keys(ids: Ids, layers: int) -> list[bytes]:
    """Return keys for bytes about to be written."""
    first = ids.token(KEY_BYTES)
    return [first] if layers == 1 else [first, ids.token(KEY_BYTES)]


@lru_cache(maxsize=16)  # clouds in one process
def of_s3(secret: bytes) -> Envelope:
    """Return the envelope of what S3's own key protects, of the cloud with this secret."""
    key = blake2b(b"", key=secret, digest_size=KEY_BYTES, person=b"s3 objects").digest()
    return Envelope(BY_S3, Wrapping(key), None)


def of_data_key(secret: bytes, data_key: bytes, encryption: Encryption) -> Envelope:
    """Return the envelope of what a data key of KMS protects and, when that is not enough, S3's own key too."""
    second = of_s3(secret).first if encryption.algorithm == DUAL else None
    return Envelope(encryption, Wrapping(data_key), second)


def of_customer(customer_key: bytes, encryption: Encryption) -> Envelope:
    """Return the envelope of what a client's key protects."""
    return Envelope(encryption, Wrapping(_made_of(customer_key, b"wraps", encryption.salt)), None)


def sealed_by_customer(ids: Ids, customer_key: bytes) -> Encryption:
    """Return what is kept of a new object that a client's key protects: salt and proof, not the key."""
    salt = ids.token(SALT_BYTES)
    return Encryption(CUSTOMER, salt=salt, proof=_proof(customer_key, salt))


def is_customers(encryption: Encryption, customer_key: bytes) -> bool:
    """Whether a client's key is the one an object was made with."""
    return hmac.compare_digest(_proof(customer_key, encryption.salt), encryption.proof)


def _proof(customer_key: bytes, salt: bytes) -> bytes:
    return _made_of(customer_key, b"proves", salt)[:PROOF_BYTES]


def _made_of(customer_key: bytes, purpose: bytes, salt: bytes) -> bytes:
    return hmac.digest(customer_key, purpose + salt, sha256)
