"""An OpenID Connect provider on this machine: it publishes its keys over HTTP(S) and signs tokens."""

import datetime as dt
import hashlib
import json
import ssl
import tempfile
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID


def self_signed(name="localhost"):
    """Return the PEM of a key and of a certificate for it that is its own issuer."""
    key = rsa.generate_private_key(65_537, 2_048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begins = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + dt.timedelta(days=3_650))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return private.decode(), certificate.public_bytes(pem).decode()


class Issuer:
    """A provider with one RSA key and one elliptic key."""

    def __init__(self, path="", *, secure=False):
        self.keys = {"rsa-1": rsa.generate_private_key(65_537, 2_048), "ec-1": ec.generate_private_key(ec.SECP256R1())}
        self.changed = {}
        self.fetched = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.thumbprint = ""
        if secure:
            self._secure()
        self.name = f"localhost:{self.server.server_port}{path}"
        self.url = f"{'https' if secure else 'http'}://{self.name}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def _secure(self):
        private, certificate = self_signed()
        self.thumbprint = hashlib.sha1(ssl.PEM_cert_to_DER_cert(certificate)).hexdigest()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
            file.write(private + certificate)
            file.flush()
            context.load_cert_chain(file.name)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)

    def _handler(issuer):  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.fetched.append(self.path)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(issuer.answer(self.path)).encode())

            def log_message(self, *_):
                pass

        return Handler

    def answer(self, path):
        if path in self.changed:
            return self.changed[path]
        if path.endswith("/.well-known/openid-configuration"):
            return {"issuer": self.url, "jwks_uri": f"{self.url}/jwks"}
        return {"keys": [self._public(kid, key) for kid, key in self.keys.items()]}

    def _public(self, kid, key):
        algorithm = jwt.algorithms.RSAAlgorithm if kid.startswith("rsa") else jwt.algorithms.ECAlgorithm
        return {**json.loads(algorithm.to_jwk(key.public_key())), "kid": kid, "use": "sig"}

    def token(self, now, key="rsa-1", signed_by=None, headers=None, **claims):
        """Return a token that is good for five minutes from ``now`` (milliseconds); claims of None are left out."""
        said = {"iss": self.url, "sub": "user-1", "aud": "app", "iat": now // 1000, "exp": now // 1000 + 300, **claims}
        said = {name: value for name, value in said.items() if value is not None}
        algorithm = "RS256" if key.startswith("rsa") else "ES256"
        return jwt.encode(
            said, signed_by or self.keys[key], algorithm=algorithm, headers={"kid": key, **(headers or {})}
        )

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@contextmanager
def issuing(path="", *, secure=False):
    issuer = Issuer(path, secure=secure)
    yield issuer
    issuer.close()
