"""Reading SSH public keys and X.509 certificates that users upload."""

from __future__ import annotations

import hashlib

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
    load_ssh_public_key,
)

MIN_BITS = 2_048  # of an RSA key; API reference, UploadSSHPublicKey


def read_public_key(body: str) -> RSAPublicKey:
    """Return the RSA key of ``body``, in OpenSSH's or PEM's form. Raises ValueError for all else."""
    raw = body.strip().encode()
    try:
        key = load_pem_public_key(raw) if raw.startswith(b"-----BEGIN") else load_ssh_public_key(raw)
    except UnsupportedAlgorithm as error:
        raise ValueError(str(error)) from error
    if not isinstance(key, RSAPublicKey) or key.key_size < MIN_BITS:
        raise ValueError("not an RSA key of 2048 bits or more")
    return key


def ssh_form(key: RSAPublicKey) -> str:
    """Return a key as OpenSSH writes it, without a comment."""
    return key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def pem_form(key: RSAPublicKey) -> str:
    """Return a key as PEM."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def fingerprint_of(key: RSAPublicKey) -> str:
    """Return the MD5 digest of a key as IAM shows it: of its DER form, in pairs of digits."""
    return hashlib.md5(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest().hex(":")


def certificate_digest(body: str) -> bytes:
    """Return the SHA-256 digest of a PEM certificate. Raises ValueError when it is none."""
    certificate = x509.load_pem_x509_certificate(body.encode())
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest()


def certificate_end(body: str) -> int:
    """Return when a PEM certificate ends, in milliseconds since the epoch."""
    return round(x509.load_pem_x509_certificate(body.encode()).not_valid_after_utc.timestamp() * 1000)
