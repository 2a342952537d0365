"""HTTPS on one's own machine: a certificate authority and a server certificate, made once and kept."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import ssl
from collections.abc import Iterable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NAMES = (
    "localhost",
    "*.localhost",
    "s3.localhost",
    "*.s3.localhost",
    "localhost.localstack.cloud",
    "*.localhost.localstack.cloud",
    "*.s3.localhost.localstack.cloud",
    "127.0.0.1",
    "::1",
)
"""What local clients call the server. ``s3.localhost`` is spelled out because OpenSSL does not let a wildcard stand
right below a top-level name."""

AUTHORITY_FOR = dt.timedelta(days=3650)
CERTIFICATE_FOR = dt.timedelta(days=397)
"""Browsers refuse server certificates that are valid for longer than 398 days."""
RENEWED_BEFORE = dt.timedelta(days=30)
BACKDATED_FOR = dt.timedelta(days=1)
"""For clients whose clock is behind, such as virtual machines after a pause."""


def local_context(folder: Path, names: Iterable[str] = ()) -> ssl.SSLContext:
    """Return a server context for ``NAMES`` and ``names`` (host names, wildcards or addresses), TLS 1.2 and later.

    The authority and the certificate are made in ``folder`` when they are not there, about to expire, or made for
    fewer names. Clients trust the server by trusting ``authority_path(folder)``.
    """
    wanted = tuple(dict.fromkeys([*NAMES, *names]))
    folder.mkdir(parents=True, exist_ok=True)
    authority = _ensure_authority(folder)
    path = folder / "server.pem"
    if not _is_good(path, wanted, authority[0]):
        _write(path, _server_pem(*authority, wanted), secret=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(path)
    context.set_alpn_protocols(["http/1.1"])
    return context


def authority_path(folder: Path) -> Path:
    """Return where the authority's certificate is kept: what ``AWS_CA_BUNDLE`` and ``verify=`` want."""
    return folder / "authority.pem"


def _ensure_authority(folder: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    path, key_path = authority_path(folder), folder / "authority-key.pem"
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        key = load_pem_private_key(key_path.read_bytes(), None)
    except (FileNotFoundError, ValueError):
        pass
    else:
        if isinstance(key, ec.EllipticCurvePrivateKey) and _lasts(certificate):
            return certificate, key
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _authority(key)
    _write(key_path, _key_pem(key), secret=True)
    _write(path, certificate.public_bytes(Encoding.PEM), secret=False)
    return certificate, key


def _authority(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = _name("Skyglobe local authority")
    usage = _key_usage(signs_certificates=True)
    return (
        _builder(name, name, key.public_key(), AUTHORITY_FOR)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, SHA256())
    )


def _server_pem(authority: x509.Certificate, authority_key: ec.EllipticCurvePrivateKey, names: Iterable[str]) -> bytes:
    """Return a new key and its certificate in one text, so that they cannot be out of step."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    certificate = (
        _builder(_name("Skyglobe"), authority.subject, key.public_key(), CERTIFICATE_FOR)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(issuer, critical=False)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .sign(authority_key, SHA256())
    )
    return _key_pem(key) + certificate.public_bytes(Encoding.PEM)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, valid_for: dt.timedelta
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED_FOR)
        .not_valid_after(now + valid_for - BACKDATED_FOR)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _is_good(path: Path, names: Iterable[str], authority: x509.Certificate) -> bool:
    """Whether the certificate at ``path`` is the authority's, covers ``names`` and has some time left."""
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        certificate.verify_directly_issued_by(authority)
        covered = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except Exception:  # whatever is wrong with it, it is made anew
        return False
    return _lasts(certificate) and all(_general_name(name) in covered for name in names)


def _lasts(certificate: x509.Certificate) -> bool:
    return certificate.not_valid_after_utc - RENEWED_BEFORE > dt.datetime.now(dt.UTC)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, content: bytes, *, secret: bool) -> None:
    """Put ``content`` at ``path`` at one stroke; a secret is the owner's alone from its first byte."""
    temporary = path.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if secret else 0o644)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    temporary.replace(path)
