"""Identity providers outside AWS, and server certificates."""

import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

URL = "https://token.actions.githubusercontent.com"
OIDC_ARN = "arn:aws:iam::000000000000:oidc-provider/token.actions.githubusercontent.com"
EXPIRY = dt.datetime(2031, 5, 6, 7, 8, 9, tzinfo=dt.UTC)


def key_and_certificate():
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "example.com")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(EXPIRY - dt.timedelta(days=3_650))
        .not_valid_after(EXPIRY)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    pem = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem.decode(), certificate.public_bytes(encoding).decode()


def metadata(entity="https://idp.example.com", valid_until=""):
    _, pem = key_and_certificate()
    body = "".join(pem.splitlines()[1:-1])
    until = f' validUntil="{valid_until}"' if valid_until else ""
    return (
        f'<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity}"{until}>'
        '<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
        '<KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data>'
        f"<X509Certificate>{body}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>"
        '<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp/sso"/>'
        "</IDPSSODescriptor></EntityDescriptor>" + "<!-- -->" * 80
    )


@pytest.mark.spec("IAM-110")
def test_an_oidc_provider_is_registered_by_its_url(iam, refused):
    made = iam.create_open_id_connect_provider(
        Url=URL, ClientIDList=["sts.amazonaws.com"], ThumbprintList=["A" * 40], Tags=[{"Key": "a", "Value": "b"}]
    )
    assert made["OpenIDConnectProviderArn"] == OIDC_ARN
    found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=OIDC_ARN)
    assert found["Url"] == URL.removeprefix("https://")
    assert found["ClientIDList"] == ["sts.amazonaws.com"]
    assert found["ThumbprintList"] == ["a" * 40]
    assert found["Tags"] == [{"Key": "a", "Value": "b"}]
    assert refused(iam.create_open_id_connect_provider, Url=URL) == (
        "EntityAlreadyExists",
        409,
        f"Provider with url {URL} already exists.",
    )
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == [{"Arn": OIDC_ARN}]
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=OIDC_ARN)
    assert refused(iam.get_open_id_connect_provider, OpenIDConnectProviderArn=OIDC_ARN)[:2] == ("NoSuchEntity", 404)


def test_audiences_and_thumbprints_of_an_oidc_provider_change(iam, refused):
    iam.create_open_id_connect_provider(Url=URL)
    provider = {"OpenIDConnectProviderArn": OIDC_ARN}
    for client in ("one", "two", "one"):
        iam.add_client_id_to_open_id_connect_provider(**provider, ClientID=client)
    iam.remove_client_id_from_open_id_connect_provider(**provider, ClientID="one")
    iam.update_open_id_connect_provider_thumbprint(**provider, ThumbprintList=["b" * 40])
    found = iam.get_open_id_connect_provider(**provider)
    assert (found["ClientIDList"], found["ThumbprintList"]) == (["two"], ["b" * 40])
    for wrong in (["z" * 40], ["b" * 40] * 6):
        assert refused(iam.update_open_id_connect_provider_thumbprint, **provider, ThumbprintList=wrong)[:2] == (
            "InvalidInput",
            400,
        )
    iam.tag_open_id_connect_provider(**provider, Tags=[{"Key": "a", "Value": "b"}])
    assert iam.list_open_id_connect_provider_tags(**provider)["Tags"] == [{"Key": "a", "Value": "b"}]
    iam.untag_open_id_connect_provider(**provider, TagKeys=["a"])
    assert iam.list_open_id_connect_provider_tags(**provider)["Tags"] == []


@pytest.mark.parametrize("url", ["http://example.com", "example.com", "https://", "https://example.com?x=1"])
def test_an_oidc_provider_has_a_plain_https_address(iam, url, refused):
    assert refused(iam.create_open_id_connect_provider, Url=url)[:2] == ("ValidationError", 400)


@pytest.mark.spec("IAM-110")
def test_a_saml_provider_is_registered_by_its_metadata(iam, refused):
    document = metadata(valid_until="2030-01-02T03:04:05Z")
    arn = iam.create_saml_provider(Name="Idp", SAMLMetadataDocument=document)["SAMLProviderArn"]
    assert arn == "arn:aws:iam::000000000000:saml-provider/Idp"
    found = iam.get_saml_provider(SAMLProviderArn=arn)
    assert found["SAMLMetadataDocument"] == document
    assert found["ValidUntil"] == dt.datetime(2030, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
    assert refused(iam.create_saml_provider, Name="Idp", SAMLMetadataDocument=document)[:2] == (
        "EntityAlreadyExists",
        409,
    )
    assert [one["Arn"] for one in iam.list_saml_providers()["SAMLProviderList"]] == [arn]
    iam.tag_saml_provider(SAMLProviderArn=arn, Tags=[{"Key": "a", "Value": "b"}])
    assert iam.list_saml_provider_tags(SAMLProviderArn=arn)["Tags"] == [{"Key": "a", "Value": "b"}]
    iam.untag_saml_provider(SAMLProviderArn=arn, TagKeys=["a"])
    assert iam.get_saml_provider(SAMLProviderArn=arn)["Tags"] == []
    iam.delete_saml_provider(SAMLProviderArn=arn)
    assert refused(iam.get_saml_provider, SAMLProviderArn=arn)[:2] == ("NoSuchEntity", 404)


def test_a_saml_provider_keeps_two_keys_to_decrypt_with(iam, refused):
    key, _ = key_and_certificate()
    document = metadata()
    wrong = {"Name": "Idp", "SAMLMetadataDocument": document, "AssertionEncryptionMode": "Required"}
    assert refused(iam.create_saml_provider, **wrong)[:2] == ("InvalidInput", 400)
    arn = iam.create_saml_provider(**wrong, AddPrivateKey=key)["SAMLProviderArn"]
    iam.update_saml_provider(SAMLProviderArn=arn, AddPrivateKey=key)
    assert refused(iam.update_saml_provider, SAMLProviderArn=arn, AddPrivateKey=key)[0] == "LimitExceeded"
    assert refused(iam.update_saml_provider, SAMLProviderArn=arn, AddPrivateKey="no key")[0] == "InvalidInput"
    first, second = iam.get_saml_provider(SAMLProviderArn=arn)["PrivateKeyList"]
    iam.update_saml_provider(SAMLProviderArn=arn, RemovePrivateKey=first["KeyId"])
    found = iam.get_saml_provider(SAMLProviderArn=arn)
    assert found["PrivateKeyList"] == [second]
    assert found["AssertionEncryptionMode"] == "Required"


@pytest.mark.parametrize(
    "document",
    [
        "x" * 1_000,
        metadata().replace("IDPSSODescriptor", "SPSSODescriptor"),
        metadata(entity=""),
        metadata(valid_until="some day"),
        '<!DOCTYPE a [<!ENTITY b "c">]>' + metadata(),
    ],
)
def test_what_describes_no_identity_provider_is_refused(iam, document, refused):
    assert refused(iam.create_saml_provider, Name="Idp", SAMLMetadataDocument=document) == (
        "InvalidInput",
        400,
        "Could not parse metadata",
    )


def test_a_role_trusts_a_saml_provider_that_is_there(iam):
    arn = iam.create_saml_provider(Name="Idp", SAMLMetadataDocument=metadata())["SAMLProviderArn"]
    trust = (
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"' + arn + '"},'
        '"Action":"sts:AssumeRoleWithSAML","Condition":{"StringEquals":{"SAML:aud":"https://signin.aws.amazon.com/saml"}}}}'
    )
    role = iam.create_role(RoleName="Role", AssumeRolePolicyDocument=trust)["Role"]
    assert role["AssumeRolePolicyDocument"]["Statement"]["Principal"] == {"Federated": arn}


def test_a_server_certificate_is_really_read(iam, refused):
    key, body = key_and_certificate()
    made = iam.upload_server_certificate(
        ServerCertificateName="Site", CertificateBody=body, PrivateKey=key, CertificateChain=body, Path="/cloudfront/"
    )["ServerCertificateMetadata"]
    assert made["ServerCertificateId"].startswith("ASCA")
    assert made["Expiration"] == EXPIRY
    found = iam.get_server_certificate(ServerCertificateName="SITE")["ServerCertificate"]
    assert (found["CertificateBody"].strip(), found["CertificateChain"].strip()) == (body.strip(), body.strip())
    other, _ = key_and_certificate()

    def upload(**changed):
        given = {"ServerCertificateName": "Other", "CertificateBody": body, "PrivateKey": key, **changed}
        return refused(iam.upload_server_certificate, **given)[:2]

    assert upload(PrivateKey=other) == ("KeyPairMismatch", 400)
    assert upload(PrivateKey="no key") == ("MalformedCertificate", 400)
    assert upload(CertificateBody="no certificate") == ("MalformedCertificate", 400)
    assert upload(CertificateChain="no chain") == ("MalformedCertificate", 400)
    assert upload(ServerCertificateName="site") == ("EntityAlreadyExists", 409)


def test_server_certificates_are_listed_moved_tagged_and_deleted(iam, refused):
    key, body = key_and_certificate()
    for name in ("b", "A"):
        iam.upload_server_certificate(ServerCertificateName=name, CertificateBody=body, PrivateKey=key)
    assert refused(iam.update_server_certificate, ServerCertificateName="b", NewServerCertificateName="a")[0] == (
        "EntityAlreadyExists"
    )
    iam.update_server_certificate(ServerCertificateName="b", NewServerCertificateName="c", NewPath="/team/")
    listed = iam.list_server_certificates()["ServerCertificateMetadataList"]
    assert [one["ServerCertificateName"] for one in listed] == ["A", "c"]
    assert listed[1]["Arn"] == "arn:aws:iam::000000000000:server-certificate/team/c"
    assert len(iam.list_server_certificates(PathPrefix="/team/")["ServerCertificateMetadataList"]) == 1
    iam.tag_server_certificate(ServerCertificateName="c", Tags=[{"Key": "a", "Value": "b"}])
    assert iam.list_server_certificate_tags(ServerCertificateName="c")["Tags"] == [{"Key": "a", "Value": "b"}]
    iam.untag_server_certificate(ServerCertificateName="c", TagKeys=["a"])
    iam.delete_server_certificate(ServerCertificateName="c")
    assert refused(iam.get_server_certificate, ServerCertificateName="c") == (
        "NoSuchEntity",
        404,
        "The Server Certificate with name c cannot be found.",
    )
