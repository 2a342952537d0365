"""SSH public keys, signing certificates and passwords for single services."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.services.iam.signing import code, refusal


@pytest.fixture(scope="module")
def private():
    return rsa.generate_private_key(65537, 2048)


def openssh(private):
    return private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def certificate(private, name="bob", days=30):
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days))
        .sign(private, hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM).decode()


@pytest.fixture
def bob(iam):
    iam.create_user(UserName="bob")
    return {"UserName": "bob"}


def test_an_ssh_key_is_kept_and_shown_in_both_forms(iam, bob, private):
    body = openssh(private)
    made = iam.upload_ssh_public_key(**bob, SSHPublicKeyBody=body + " bob@laptop")["SSHPublicKey"]
    assert made["SSHPublicKeyId"].startswith("APKA")
    assert made["Fingerprint"].count(":") == 15
    named = {**bob, "SSHPublicKeyId": made["SSHPublicKeyId"]}
    assert iam.get_ssh_public_key(**named, Encoding="SSH")["SSHPublicKey"]["SSHPublicKeyBody"] == body
    pem = iam.get_ssh_public_key(**named, Encoding="PEM")["SSHPublicKey"]["SSHPublicKeyBody"]
    assert pem.startswith("-----BEGIN PUBLIC KEY-----")
    assert code(iam.upload_ssh_public_key, **bob, SSHPublicKeyBody=pem) == "DuplicateSSHPublicKey"
    iam.update_ssh_public_key(**named, Status="Inactive")
    assert iam.list_ssh_public_keys(**bob)["SSHPublicKeys"][0]["Status"] == "Inactive"
    assert code(iam.update_ssh_public_key, **named, Status="Expired") == "ValidationError"
    assert refusal(iam.delete_user, **bob)[:2] == ("DeleteConflict", 409)
    iam.delete_ssh_public_key(**named)
    assert code(iam.delete_ssh_public_key, **named) == "NoSuchEntity"
    iam.delete_user(**bob)


def test_what_is_no_rsa_key_of_2048_bits_is_refused(iam, bob):
    short = openssh(rsa.generate_private_key(65537, 1024))
    other = openssh(ed25519.Ed25519PrivateKey.generate())
    for body in (
        "nonsense",
        "ssh-rsa AAAA",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        short,
        other,
    ):
        assert refusal(iam.upload_ssh_public_key, **bob, SSHPublicKeyBody=body)[:2] == ("InvalidPublicKey", 400)


def test_a_user_has_two_signing_certificates_each_once_in_the_account(iam, bob, private):
    first = certificate(private)
    made = iam.upload_signing_certificate(**bob, CertificateBody=first)["Certificate"]
    iam.create_user(UserName="eve")
    assert refusal(iam.upload_signing_certificate, UserName="eve", CertificateBody=first)[:2] == (
        "DuplicateCertificate",
        409,
    )
    iam.upload_signing_certificate(**bob, CertificateBody=certificate(private, "second"))
    assert code(iam.upload_signing_certificate, **bob, CertificateBody=certificate(private, "3")) == "LimitExceeded"
    iam.update_signing_certificate(**bob, CertificateId=made["CertificateId"], Status="Inactive")
    listed = {each["CertificateId"]: each for each in iam.list_signing_certificates(**bob)["Certificates"]}
    assert listed[made["CertificateId"]]["Status"] == "Inactive"
    assert listed[made["CertificateId"]]["CertificateBody"].strip() == first.strip()
    iam.generate_credential_report()
    report = csv.DictReader(io.StringIO(iam.get_credential_report()["Content"].decode()))
    line = {row["user"]: row for row in report}["bob"]
    assert {line["cert_1_active"], line["cert_2_active"]} == {"true", "false"}
    for certificate_id in listed:
        iam.delete_signing_certificate(**bob, CertificateId=certificate_id)
    iam.delete_user(**bob)


def test_certificates_that_are_none_or_over_are_refused(iam, bob, private):
    assert code(iam.upload_signing_certificate, **bob, CertificateBody="nonsense") == "MalformedCertificate"
    over = certificate(private, days=-1)
    assert code(iam.upload_signing_certificate, **bob, CertificateBody=over) == "MalformedCertificate"


def test_a_password_for_one_service_is_told_once(iam, bob):
    asked = {**bob, "ServiceName": "codecommit.amazonaws.com"}
    made = iam.create_service_specific_credential(**asked)["ServiceSpecificCredential"]
    assert made["ServiceUserName"] == "bob-at-000000000000"
    second = iam.create_service_specific_credential(**asked)["ServiceSpecificCredential"]
    assert second["ServiceUserName"] == "bob+1-at-000000000000"
    assert code(iam.create_service_specific_credential, **asked) == "LimitExceeded"
    listed = iam.list_service_specific_credentials(**asked)["ServiceSpecificCredentials"]
    assert len(listed) == 2
    assert "ServicePassword" not in listed[0]
    named = {**bob, "ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"]}
    again = iam.reset_service_specific_credential(**named)["ServiceSpecificCredential"]
    assert again["ServicePassword"] != made["ServicePassword"]
    iam.update_service_specific_credential(**named, Status="Inactive")
    first = iam.list_service_specific_credentials(AllUsers=True)["ServiceSpecificCredentials"]
    assert {each["Status"] for each in first} == {"Active", "Inactive"}
    iam.delete_service_specific_credential(**named)
    assert code(iam.delete_service_specific_credential, **named) == "NoSuchEntity"
    assert code(iam.delete_user, **bob) == "DeleteConflict"


def test_services_without_passwords_of_their_own_are_refused(iam, bob):
    asked = {**bob, "ServiceName": "s3.amazonaws.com"}
    assert refusal(iam.create_service_specific_credential, **asked)[:2] == ("NotSupportedService", 404)
