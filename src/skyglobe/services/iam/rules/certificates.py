"""Certificates and private keys, really read. ``cryptography`` is loaded when the first one comes."""

from __future__ import annotations

from typing import Any

from skyglobe.services.iam import iam
from skyglobe.services.iam.refusals import invalid_input


def read_certificate(body: str, private_key: str, chain: str | None) -> int:
    """Return when a certificate expires, in milliseconds since the epoch.

    Raises MalformedCertificate for what is no PEM of a certificate, a key or a chain; KeyPairMismatch.
    """
    certificate = _certificate(body)
    key = _private_key(private_key)
    if key is None:
        raise _malformed("Unable to parse private key. Please ensure the private key is in PEM format.")
    if _public_bytes(key.public_key()) != _public_bytes(certificate.public_key()):
        raise iam.errors.KeyPairMismatchException("Private key does not match the certificate.")
    if chain is not None:
        _check_chain(chain)
    return int(certificate.not_valid_after_utc.timestamp() * 1000)


def check_private_key(pem: str) -> None:
    """Raise InvalidInput for what is no PEM of a private key without a password."""
    if _private_key(pem) is None:
        raise invalid_input("Unable to parse private key.")


def _certificate(pem: str) -> Any:
    from cryptography.x509 import load_pem_x509_certificate

    try:
        return load_pem_x509_certificate(pem.encode())
    except ValueError as error:
        raise _malformed("Unable to parse certificate. Please ensure the certificate is in PEM format.") from error


def _check_chain(pem: str) -> None:
    from cryptography.x509 import load_pem_x509_certificates

    try:
        load_pem_x509_certificates(pem.encode())
    except ValueError as error:
        raise _malformed("Unable to parse certificate chain. Please ensure the chain is in PEM format.") from error


def _private_key(pem: str) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None


def _public_bytes(key: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    encoded: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return encoded


def _malformed(message: str) -> Exception:
    return iam.errors.MalformedCertificateException(message)
