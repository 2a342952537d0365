"""X.509 signing certificates of users."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.iam import iam
from skyglobe.services.iam.finding import get_user_or_caller
from skyglobe.services.iam.paging import page
from skyglobe.services.iam.records.user_credentials import (
    MAX_SIGNING_CERTIFICATES,
    SigningCertificate,
    signing_certificates,
)
from skyglobe.services.iam.records.users import User
from skyglobe.services.iam.refusals import no_such_entity, over_quota
from skyglobe.services.iam.rules.public_keys import certificate_digest, certificate_end
from skyglobe.services.iam.rules.statuses import is_active_status, shown_status

ID_CHARACTERS = 32  # AWS's ids of certificates: upper-case letters and digits


@iam.operation
def upload_signing_certificate(call: Call, certificate_body: str, user_name: str | None = None) -> dict[str, Any]:
    """Give a user a certificate. Raises MalformedCertificate, DuplicateCertificate, LimitExceeded."""
    user = get_user_or_caller(call, user_name)
    try:
        digest, ends_at = certificate_digest(certificate_body), certificate_end(certificate_body)
    except ValueError as error:
        raise _malformed("Unable to parse certificate. Please ensure the certificate is in PEM format.") from error
    if ends_at <= call.now:
        raise _malformed("Certificate is no longer valid.")
    if next(signing_certificates.scan_by(call, "digest", digest, limit=1), None) is not None:
        raise iam.errors.DuplicateCertificateException("The certificate is already associated with an IAM user.")
    if sum(1 for _ in signing_certificates.scan(call, user.unique_id)) >= MAX_SIGNING_CERTIFICATES:
        raise over_quota("CertificatesPerUser", MAX_SIGNING_CERTIFICATES)
    certificate = SigningCertificate(
        user_id=user.unique_id,
        id=call.kernel.ids.hex("", ID_CHARACTERS).upper(),
        body=certificate_body,
        digest=digest,
        uploaded_at=call.now,
        changed_at=call.now,
    )
    signing_certificates.insert(call, certificate)
    return {"Certificate": _shape(user, certificate)}


@iam.operation
def list_signing_certificates(
    call: Call, user_name: str | None = None, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the certificates of a user; without a name of the caller."""
    user = get_user_or_caller(call, user_name)
    rows = signing_certificates.scan(call, user.unique_id)
    shown, more = page(call, "certificates:" + user.unique_id, rows, lambda row: row.id, marker, max_items)
    return {"Certificates": [_shape(user, certificate) for certificate in shown], **more}


@iam.operation
def update_signing_certificate(call: Call, certificate_id: str, status: str, user_name: str | None = None) -> None:
    """Make a certificate active or inactive."""
    certificate = _get_certificate(call, get_user_or_caller(call, user_name), certificate_id)
    changed = replace(certificate, is_active=is_active_status(status), changed_at=call.now)
    signing_certificates.replace(call, certificate, changed)


@iam.operation
def delete_signing_certificate(call: Call, certificate_id: str, user_name: str | None = None) -> None:
    """Take a certificate from a user."""
    user = get_user_or_caller(call, user_name)
    signing_certificates.delete(call, _get_certificate(call, user, certificate_id))


def _get_certificate(call: Call, user: User, certificate_id: str) -> SigningCertificate:
    certificate = signing_certificates.find(call, user.unique_id, certificate_id)
    if certificate is None:
        raise no_such_entity(f"The Certificate with id {certificate_id} cannot be found.")
    return certificate


def _malformed(message: str) -> Exception:
    return iam.errors.MalformedCertificateException(message)


def _shape(user: User, certificate: SigningCertificate) -> dict[str, Any]:
    return {
        "UserName": user.id,
        "CertificateId": certificate.id,
        "CertificateBody": certificate.body,
        "Status": shown_status(certificate.is_active),
        "UploadDate": certificate.uploaded_at // 1000,
    }
