"""Signatures of messages, and the certificate by which receivers verify them.

The key is made once for each cloud, when the first message is signed. It has 1,024 bits: AWS's have 2,048, which take
seven times as long to sign with, and nobody's secrets hang on this one (docs/services/sns.md).
"""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from skyglobe.kernel.scope import Scope
from skyglobe.kernel.wire import Request, Response
from skyglobe.services.sns import sns
from skyglobe.services.sns.records import SigningKey, signing_keys

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

KEY_BITS = 1_024
VALID_FOR = timedelta(days=3_650)
_KEY = "messages"


class Signer:
    """Signs what is sent."""

    def __init__(self, record: SigningKey, endpoint: str) -> None:
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA1, SHA256
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        key: Any = load_pem_private_key(record.private_pem, None)
        self._key: RSAPrivateKey = key
        self._padding = PKCS1v15()
        self._hashes: dict[str, Any] = {"1": SHA1(), "2": SHA256()}  # noqa: S303 - version 1 is SHA-1
        self.certificate_url = f"{endpoint}{certificate_path(record)}"

    def sign(self, content: bytes, version: str) -> str:
        """Return the signature in base64: by SHA-1 for version 1, by SHA-256 for version 2."""
        return base64.b64encode(self._key.sign(content, self._padding, self._hashes[version])).decode()


def signer_of(scope: Scope) -> Signer:
    """Return the cloud's signer; its key is made if there is none yet."""
    record = signing_keys.find(scope, _KEY) or _make(scope)
    cache = scope.kernel.caches.of("sns.signers", 4)
    signer: Signer | None = cache.get(record.private_pem)
    if signer is None:
        signer = Signer(record, scope.kernel.config.endpoint)
        cache.keep(record.private_pem, signer)
    return signer


def certificate_path(record: SigningKey) -> str:
    """Return where the certificate is served: a name of its content, as AWS's is."""
    return f"/SimpleNotificationService-{hashlib.md5(record.certificate_pem, usedforsecurity=False).hexdigest()}.pem"


@sns.pages
def certificate(scope: Scope, request: Request) -> Response:
    """Serve the certificate."""
    record = signing_keys.find(scope, _KEY)
    if record is None or request.path != certificate_path(record):
        return Response(404, {"Content-Type": "text/plain"}, b"There is no such certificate.\n")
    return Response(200, {"Content-Type": "application/x-pem-file"}, record.certificate_pem)


def _make(scope: Scope) -> SigningKey:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import NameOID

    key = rsa.generate_private_key(65_537, KEY_BITS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    begins = datetime.fromtimestamp(scope.now // 1000, UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(scope.kernel.ids.token(16), "big") | 1)
        .not_valid_before(begins)
        .not_valid_after(begins + VALID_FOR)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("sns.amazonaws.com")]), critical=False)
        .sign(key, SHA256())
    )
    record = SigningKey(
        key=_KEY,
        private_pem=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        certificate_pem=certificate.public_bytes(Encoding.PEM),
    )
    signing_keys.insert(scope, record)
    return record
