"""What else proves a user: SSH public keys, signing certificates, passwords for single services."""

from __future__ import annotations

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.tables import Record, Table

MAX_SSH_KEYS = 5  # of a user; IAM quotas
MAX_SIGNING_CERTIFICATES = 2  # of a user; IAM quotas
MAX_SERVICE_CREDENTIALS = 2  # of a user for each service; API reference, CreateServiceSpecificCredential


class SshKey(Record, frozen=True):
    """An SSH public key."""

    user_id: str
    id: str
    """``APKA…``"""
    body: str
    """In OpenSSH's form."""
    fingerprint: str
    uploaded_at: Instant
    is_active: bool = True


class SigningCertificate(Record, frozen=True):
    """An X.509 certificate."""

    user_id: str
    id: str
    body: str
    digest: bytes
    """SHA-256 of the certificate, of which there may be one in the account."""
    uploaded_at: Instant
    changed_at: Instant
    is_active: bool = True


class ServiceCredential(Record, frozen=True):
    """A user name and password for one service. The password is told once and kept as a hash."""

    user_id: str
    id: str
    """``ACCA…``"""
    service: str
    user_name: str
    salt: bytes
    hashed: bytes
    created_at: Instant
    is_active: bool = True


ssh_keys: Table[SshKey] = Table("iam.ssh_keys", SshKey, key=("user_id", "id"), reach="account")
signing_certificates: Table[SigningCertificate] = Table(
    "iam.signing_certificates",
    SigningCertificate,
    key=("user_id", "id"),
    indexes={"digest": ("digest",)},
    reach="account",
)
service_credentials: Table[ServiceCredential] = Table(
    "iam.service_credentials", ServiceCredential, key=("user_id", "id"), reach="account"
)
