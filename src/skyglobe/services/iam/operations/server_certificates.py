"""Server certificates: for load balancers and CloudFront, where ACM is not used."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.iam import iam
from skyglobe.services.iam.finding import iam_arn
from skyglobe.services.iam.paging import page, tag_page
from skyglobe.services.iam.records.counts import count_one, counts
from skyglobe.services.iam.records.providers import (
    MAX_SERVER_CERTIFICATES,
    ServerCertificate,
    server_certificates,
)
from skyglobe.services.iam.refusals import not_found
from skyglobe.services.iam.rules.certificates import read_certificate
from skyglobe.services.iam.rules.tags import merge_tags, shown_tags, without_tags


@iam.operation
def upload_server_certificate(
    call: Call,
    server_certificate_name: str,
    certificate_body: str,
    private_key: str,
    path: str = "/",
    certificate_chain: str | None = None,
    tags: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """Keep a certificate with its private key. Raises MalformedCertificate, KeyPairMismatch, EntityAlreadyExists."""
    expires_at = read_certificate(certificate_body, private_key, certificate_chain)
    _check_free(call, server_certificate_name)
    count_one(call, "ServerCertificates", MAX_SERVER_CERTIFICATES, "ServerCertificatesPerAccount")
    certificate = ServerCertificate(
        arn=iam_arn(call, "server-certificate", path, server_certificate_name),
        id=server_certificate_name,
        owner=call.account,
        created_at=call.now,
        tags=merge_tags({}, tags),
        unique_id=call.kernel.ids.principal("ASCA"),
        path=path,
        body=certificate_body,
        chain=certificate_chain,
        private_key=private_key,
        expires_at=expires_at,
    )
    server_certificates.insert(call, certificate)
    return {"ServerCertificateMetadata": _metadata(certificate), "Tags": shown_tags(certificate.tags)}


def _check_free(scope: Scope, name: str) -> None:
    if server_certificates.find(scope, name.lower()) is not None:
        raise iam.errors.EntityAlreadyExistsException(f"The Server Certificate with name {name} already exists.")


def _metadata(certificate: ServerCertificate) -> dict[str, Any]:
    return {
        "Path": certificate.path,
        "ServerCertificateName": certificate.id,
        "ServerCertificateId": certificate.unique_id,
        "Arn": certificate.arn,
        "UploadDate": certificate.created_at // 1000,
        "Expiration": certificate.expires_at // 1000,
    }


def _get(scope: Scope, name: str) -> ServerCertificate:
    certificate = server_certificates.find(scope, name.lower())
    if certificate is None:
        raise not_found("Server Certificate", name)
    return certificate


@iam.operation
def get_server_certificate(call: Call, server_certificate_name: str) -> dict[str, Any]:
    """Return a certificate with its chain. Its private key is shown to nobody."""
    certificate = _get(call, server_certificate_name)
    shown: dict[str, Any] = {
        "ServerCertificateMetadata": _metadata(certificate),
        "CertificateBody": certificate.body,
        "Tags": shown_tags(certificate.tags),
    }
    if certificate.chain is not None:
        shown["CertificateChain"] = certificate.chain
    return {"ServerCertificate": shown}


@iam.operation
def list_server_certificates(
    call: Call, path_prefix: str = "/", marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List certificates by name."""
    rows = (one for one in server_certificates.scan(call) if one.path.startswith(path_prefix))
    found, more = page(call, "certificates:" + path_prefix, rows, lambda one: one.name_key, marker, max_items)
    return {"ServerCertificateMetadataList": [_metadata(one) for one in found], **more}


@iam.operation
def update_server_certificate(
    call: Call,
    server_certificate_name: str,
    new_path: str | None = None,
    new_server_certificate_name: str | None = None,
) -> None:
    """Give a certificate another name or path; its ARN changes with them."""
    certificate = _get(call, server_certificate_name)
    name = new_server_certificate_name or certificate.id
    path = new_path or certificate.path
    if name.lower() != certificate.name_key:
        _check_free(call, name)
    moved = replace(certificate, id=name, path=path, arn=iam_arn(call, "server-certificate", path, name))
    server_certificates.delete(call, certificate)
    server_certificates.insert(call, moved)


@iam.operation
def delete_server_certificate(call: Call, server_certificate_name: str) -> None:
    """Delete a certificate."""
    server_certificates.delete(call, _get(call, server_certificate_name))
    counts.add(call, "ServerCertificates", -1)


@iam.operation
def tag_server_certificate(call: Call, server_certificate_name: str, tags: list[dict[str, str]]) -> None:
    """Put tags on a certificate."""
    known = _get(call, server_certificate_name)
    server_certificates.replace(call, known, replace(known, tags=merge_tags(known.tags, tags)))


@iam.operation
def untag_server_certificate(call: Call, server_certificate_name: str, tag_keys: list[str]) -> None:
    """Take tags off a certificate."""
    known = _get(call, server_certificate_name)
    server_certificates.replace(call, known, replace(known, tags=without_tags(known.tags, tag_keys)))


@iam.operation
def list_server_certificate_tags(
    call: Call, server_certificate_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the tags of a certificate, by key."""
    certificate = _get(call, server_certificate_name)
    return tag_page(call, f"tags:{certificate.arn}", certificate.tags, marker, max_items)
