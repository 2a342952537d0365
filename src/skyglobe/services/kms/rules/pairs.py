"""Asymmetric keys: making them, and what is done with them, by the names KMS has for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization as der
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, padding, rsa, utils

from skyglobe.services.kms.rules import ed25519ph

Token = Callable[[int], bytes]
"""Makes so many random bytes."""

_CURVES: dict[str, ec.EllipticCurve] = {
    "ECC_NIST_P256": ec.SECP256R1(),
    "ECC_NIST_P384": ec.SECP384R1(),
    "ECC_NIST_P521": ec.SECP521R1(),
    "ECC_SECG_P256K1": ec.SECP256K1(),
}
_LATTICES: dict[str, Any] = {
    "ML_DSA_44": mldsa.MLDSA44PrivateKey,
    "ML_DSA_65": mldsa.MLDSA65PrivateKey,
    "ML_DSA_87": mldsa.MLDSA87PrivateKey,
}
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "1": hashes.SHA1(),  # noqa: S303 - RSAES_OAEP_SHA_1 is one of KMS's algorithms
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}
MU_BYTES = 64  # FIPS 204, 6.2


class Unusable(ValueError):
    """A message or key that an algorithm cannot take; the text tells why."""


def generate(spec: str, token: Token) -> bytes:
    """Return a new private key (PKCS #8, DER). RSA keys take up to seconds, and OpenSSL's own randomness."""
    if spec.startswith("RSA_"):
        made: Any = rsa.generate_private_key(65537, int(spec.partition("_")[2]))
    elif spec in _LATTICES:
        made = _LATTICES[spec].from_seed_bytes(token(32))
    elif spec == "ECC_NIST_EDWARDS25519":
        made = ed25519.Ed25519PrivateKey.from_private_bytes(token(32))
    else:
        curve = _CURVES[spec]
        # 64 bits more than the order has make what is left of them as good as evenly spread; FIPS 186-5, A.2.1.
        number = int.from_bytes(token(curve.key_size // 8 + 9), "big") % (curve.group_order - 1) + 1
        made = ec.derive_private_key(number, curve)
    written: bytes = made.private_bytes(der.Encoding.DER, der.PrivateFormat.PKCS8, der.NoEncryption())
    return written


def load(private: bytes) -> Any:
    """Return a private key, read. Raises Unusable."""
    try:
        return der.load_der_private_key(private, None)
    except (ValueError, TypeError) as error:
        raise Unusable("not a PKCS #8 private key") from error


def is_of(private: Any, spec: str) -> bool:
    """Return whether a private key is one of ``spec``."""
    if spec.startswith("RSA_"):
        return isinstance(private, rsa.RSAPrivateKey) and private.key_size == int(spec.partition("_")[2])
    if spec in _CURVES:
        return isinstance(private, ec.EllipticCurvePrivateKey) and private.curve.name == _CURVES[spec].name
    if spec == "ECC_NIST_EDWARDS25519":
        return isinstance(private, ed25519.Ed25519PrivateKey)
    return isinstance(private, _LATTICES[spec])


def public_of(private: Any) -> bytes:
    """Return the public key (SubjectPublicKeyInfo, DER)."""
    written: bytes = private.public_key().public_bytes(der.Encoding.DER, der.PublicFormat.SubjectPublicKeyInfo)
    return written


def encrypt(private: Any, algorithm: str, plain: bytes) -> bytes:
    """Encrypt under the public key."""
    encrypted: bytes = private.public_key().encrypt(plain, _oaep(algorithm))
    return encrypted


def decrypt(private: Any, algorithm: str, encrypted: bytes) -> bytes | None:
    """Return what was encrypted; None when it was not, or otherwise."""
    try:
        plain: bytes = private.decrypt(encrypted, _oaep(algorithm))
    except ValueError:
        return None
    return plain


def _oaep(algorithm: str) -> padding.OAEP:
    digest = _HASHES[algorithm.rpartition("_")[2]]
    return padding.OAEP(padding.MGF1(digest), digest, None)


def sign(private: Any, algorithm: str, message: bytes, kind: str) -> bytes:
    """Sign a message; ``kind`` is the API's MessageType. Raises Unusable."""
    signed: bytes
    if algorithm == "ML_DSA_SHAKE_256":
        check_mu(message, kind)
        signed = private.sign_mu(message) if kind == "EXTERNAL_MU" else private.sign(message)
    elif algorithm == "ED25519_SHA_512":
        signed = private.sign(message)
    elif algorithm == "ED25519_PH_SHA_512":
        signed = ed25519ph.sign(private.private_bytes_raw(), private.public_key().public_bytes_raw(), message)
    elif isinstance(private, rsa.RSAPrivateKey):
        signed = private.sign(message, _rsa_padding(algorithm), _digest(algorithm, message, kind))
    else:
        signed = private.sign(message, ec.ECDSA(_digest(algorithm, message, kind)))
    return signed


def verify(private: Any, algorithm: str, message: bytes, kind: str, signature: bytes) -> bool:
    """Return whether a signature is this key's of this message. Raises Unusable for messages that cannot be one."""
    public = private.public_key()
    try:
        if algorithm == "ML_DSA_SHAKE_256":
            check_mu(message, kind)
            (public.verify_mu if kind == "EXTERNAL_MU" else public.verify)(signature, message)
        elif algorithm == "ED25519_SHA_512":
            public.verify(signature, message)
        elif algorithm == "ED25519_PH_SHA_512":
            return ed25519ph.verify(public.public_bytes_raw(), message, signature)
        elif isinstance(private, rsa.RSAPrivateKey):
            public.verify(signature, message, _rsa_padding(algorithm), _digest(algorithm, message, kind))
        else:
            public.verify(signature, message, ec.ECDSA(_digest(algorithm, message, kind)))
    except InvalidSignature:
        return False
    return True


def check_mu(message: bytes, kind: str) -> None:
    """Raise Unusable when a message said to be a representative has not the size of one."""
    if kind == "EXTERNAL_MU" and len(message) != MU_BYTES:
        raise Unusable(f"The message representative must be {MU_BYTES} bytes long.")


def _digest(algorithm: str, message: bytes, kind: str) -> Any:
    digest = _HASHES[algorithm.rpartition("_")[2]]
    if kind != "DIGEST":
        return digest
    if len(message) != digest.digest_size:
        raise Unusable(f"Digest is invalid length for algorithm {algorithm}.")
    return utils.Prehashed(digest)


def _rsa_padding(algorithm: str) -> Any:
    if algorithm.startswith("RSASSA_PKCS1"):
        return padding.PKCS1v15()
    # The salt is as long as the digest; developer guide, "RSA key specs".
    return padding.PSS(padding.MGF1(_HASHES[algorithm.rpartition("_")[2]]), padding.PSS.DIGEST_LENGTH)


def shared_secret(private: Any, public: bytes) -> bytes:
    """Return what ECDH derives with somebody's public key (DER). Raises Unusable when it is of another curve."""
    try:
        peer = der.load_der_public_key(public)
    except ValueError as error:
        raise Unusable("The public key is not a valid DER-encoded X.509 public key.") from error
    if not isinstance(peer, ec.EllipticCurvePublicKey) or peer.curve.name != private.curve.name:
        raise Unusable("The public key is not on the same curve as the KMS key.")
    secret: bytes = private.exchange(ec.ECDH(), peer)
    return secret
