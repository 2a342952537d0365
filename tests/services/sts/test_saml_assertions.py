"""AssumeRoleWithSAML believes what the certificates of a registered provider signed, and nothing else."""

import base64
import datetime as dt
import hashlib
import os

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from lxml import etree
from signxml import SignatureMethod, XMLSigner
from signxml.algorithms import CanonicalizationMethod

from tests.services.sts.conftest import allow, document, trust
from tests.services.sts.issuers import self_signed

SAML = "sts:AssumeRoleWithSAML"
SIGN_IN = "https://signin.aws.amazon.com/saml"
ISSUER = "https://idp.example.com/saml"
EXCLUSIVE = CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0


class Provider:
    """A SAML 2.0 identity provider."""

    def __init__(self):
        self.private, self.certificate = self_signed("idp")

    def metadata(self, *certificates):
        keys = "".join(
            f'<KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data>'
            f"<X509Certificate>{''.join(pem.splitlines()[1:-1])}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>"
            for pem in certificates or (self.certificate,)
        )
        return (
            f'<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{ISSUER}">'
            f'<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">{keys}'
            f'<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp/"/>'
            f"</IDPSSODescriptor></EntityDescriptor>"
        )

    def assertion(
        self,
        now,
        attributes,
        issuer=ISSUER,
        recipient=SIGN_IN,
        audience=SIGN_IN,
        name="ann",
        ends=300,
        session_ends=None,
    ):
        def at(seconds):
            return dt.datetime.fromtimestamp(now // 1000 + seconds, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

        said = "".join(
            f'<Attribute Name="{key}">'
            + "".join(f"<AttributeValue>{value}</AttributeValue>" for value in values)
            + "</Attribute>"
            for key, values in attributes.items()
        )
        session_end = f' SessionNotOnOrAfter="{at(session_ends)}"' if session_ends else ""
        return (
            f'<Assertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion" ID="_a1" Version="2.0" IssueInstant="{at(0)}">'
            f"<Issuer>{issuer}</Issuer><Subject>"
            f'<NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">{name}</NameID>'
            f'<SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">'
            f'<SubjectConfirmationData NotOnOrAfter="{at(ends)}" Recipient="{recipient}"/>'
            f"</SubjectConfirmation></Subject>"
            f'<Conditions NotBefore="{at(-10)}" NotOnOrAfter="{at(ends)}">'
            f"<AudienceRestriction><Audience>{audience}</Audience></AudienceRestriction></Conditions>"
            f'<AuthnStatement AuthnInstant="{at(0)}"{session_end}/>'
            f"<AttributeStatement>{said}</AttributeStatement></Assertion>"
        )

    def response(self, assertion, status="Success"):
        return (
            f'<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_r1" Version="2.0">'
            f'<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:{status}"/></samlp:Status>'
            f"{assertion}</samlp:Response>"
        )

    def signed(self, text, reference):
        signer = XMLSigner(signature_algorithm=SignatureMethod.RSA_SHA256, c14n_algorithm=EXCLUSIVE)
        root = etree.fromstring(text)
        return etree.tostring(
            signer.sign(root, key=self.private, cert=self.certificate, reference_uri=reference)
        ).decode()

    def encoded(self, now, attributes, *, sign="assertion", status="Success", **said):
        assertion = self.assertion(now, attributes, **said)
        if sign == "assertion":
            assertion = self.signed(assertion, "_a1")
        response = self.response(assertion, status)
        if sign == "response":
            response = self.signed(response, "_r1")
        return base64.b64encode(response.encode()).decode()


@pytest.fixture(scope="module")
def idp():
    return Provider()


@pytest.fixture(scope="module")
def older():
    """A certificate that the provider signs with no more."""
    return self_signed("older")[1]


@pytest.fixture
def provider(home, idp, older):
    document = idp.metadata(older, idp.certificate)
    return home.iam.create_saml_provider(Name="Idp", SAMLMetadataDocument=document)["SAMLProviderArn"]


@pytest.fixture
def role(home, provider):
    condition = {"StringEquals": {"SAML:aud": SIGN_IN}}
    trusting = trust({"Federated": provider}, [SAML, "sts:TagSession", "sts:SetSourceIdentity"], Condition=condition)
    return home.role("Saml", trusting, allow("sqs:*"), MaxSessionDuration=7_200)


@pytest.fixture
def attributes(role, provider):
    def attributes(**more):
        said = {"Role": [f"{role},{provider}"], "RoleSessionName": ["ann@home"], **more}
        return {f"https://aws.amazon.com/SAML/Attributes/{key}": values for key, values in said.items() if values}

    return attributes


@pytest.fixture
def assume(cloud, role, provider):
    nobody = cloud.session().client("sts", config=Config(signature_version=UNSIGNED))

    def assume(encoded, **more):
        given = {"RoleArn": role, "PrincipalArn": provider, "SAMLAssertion": encoded, **more}
        return nobody.assume_role_with_saml(**given)

    return assume


@pytest.mark.spec("STS-106")
@pytest.mark.parametrize("sign", ["assertion", "response"])
def test_a_signed_assertion_opens_a_role_without_credentials(cloud, home, idp, assume, attributes, sign):
    answer = assume(idp.encoded(cloud.now, attributes(), sign=sign))
    assert (answer["Subject"], answer["SubjectType"]) == ("ann", "persistent")
    assert (answer["Issuer"], answer["Audience"]) == (ISSUER, SIGN_IN)
    qualifier = hashlib.sha1(f"{ISSUER}{home.number}/Idp".encode()).digest()
    assert answer["NameQualifier"] == base64.b64encode(qualifier).decode()
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{home.number}:assumed-role/Saml/ann@home"
    home.keys(answer["Credentials"]).client("sqs").list_queues()


@pytest.mark.spec("STS-106")
def test_what_nobody_or_somebody_else_signed_is_refused(cloud, idp, assume, attributes, refused):
    other = Provider()
    signed = idp.signed(idp.assertion(cloud.now, attributes()), "_a1")
    altered = base64.b64encode(idp.response(signed.replace(">ann<", ">bob<")).encode()).decode()
    for encoded in (
        idp.encoded(cloud.now, attributes(), sign="nothing"),
        other.encoded(cloud.now, attributes()),
        other.encoded(cloud.now, attributes(), sign="response"),
        altered,
    ):
        assert refused(assume, encoded) == ("InvalidIdentityToken", 400, "Response signature invalid")


@pytest.mark.spec("STS-106")
def test_an_assertion_put_beside_the_signed_one_is_not_looked_at(cloud, idp, assume, attributes, refused):
    signed = idp.signed(idp.assertion(cloud.now, attributes()), "_a1")
    forged = idp.assertion(cloud.now, attributes(), name="root").replace('ID="_a1"', 'ID="_a2"')
    for both in (forged + signed, signed + forged):
        encoded = base64.b64encode(idp.response(both).encode()).decode()
        assert assume(encoded)["Subject"] == "ann"
    wrapped = forged.replace("</Assertion>", f"<Advice>{signed}</Advice></Assertion>")
    encoded = base64.b64encode(idp.response(wrapped).encode()).decode()
    assert refused(assume, encoded)[0] == "InvalidIdentityToken"


@pytest.mark.spec("STS-106")
@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"issuer": "https://other.example.com"}, "Issuer not present in specified provider"),
        ({"audience": "https://example.com"}, "Response does not contain the required audience."),
        ({"recipient": "https://example.com"}, "Response does not contain the required audience."),
        ({"name": ""}, "Response does not contain a NameID"),
    ],
)
def test_an_assertion_for_others_is_refused(cloud, idp, assume, attributes, refused, said, message):
    encoded = idp.encoded(cloud.now, attributes(), **said)
    assert refused(assume, encoded) == ("InvalidIdentityToken", 400, message)


@pytest.mark.spec("STS-106")
@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"RoleSessionName": None}, "RoleSessionName is required in AuthnResponse"),
        (
            {"RoleSessionName": ["a b"]},
            "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}",
        ),
        (
            {"SourceIdentity": ["aws:x"]},
            'Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"',
        ),
        ({"SessionDuration": ["5"]}, "SessionDuration in AuthnResponse must be between 900 and 43200 seconds"),
        ({"PrincipalTag:a": ["b", "c"]}, "A PrincipalTag in AuthnResponse must have one value"),
        ({"Role": None}, "The role is not among those that the SAML response lets the user assume"),
        ({"Role": ["x,y"]}, "The role is not among those that the SAML response lets the user assume"),
    ],
)
def test_attributes_are_held_to_their_rules(cloud, idp, assume, attributes, refused, said, message):
    assert refused(assume, idp.encoded(cloud.now, attributes(**said))) == ("InvalidIdentityToken", 400, message)


@pytest.mark.spec("STS-106")
def test_an_assertion_is_redeemed_within_five_minutes(cloud, idp, assume, attributes, refused):
    encoded = idp.encoded(cloud.now, attributes(), ends=3_600)
    assume(encoded)
    short = idp.encoded(cloud.now, attributes(), ends=60)
    cloud.turn(seconds=61)
    assert refused(assume, short) == ("ExpiredTokenException", 400, "Token has expired")
    cloud.turn(seconds=240)
    assert refused(assume, encoded) == (
        "ExpiredTokenException",
        400,
        "Token must be redeemed within 5 minutes of issuance",
    )


def test_the_provider_says_how_long_a_session_lasts(cloud, home, idp, assume, attributes, refused):
    def client(**said):
        attribute = {"SessionDuration": said.pop("SessionDuration", None)}
        answer = assume(idp.encoded(cloud.now, attributes(**attribute), **said))
        return home.keys(answer["Credentials"]).client("sts")

    long, plain, bounded = client(SessionDuration=["7200"]), client(), client(session_ends=1_800)
    assert refused(assume, idp.encoded(cloud.now, attributes(SessionDuration=["7201"])))[0] == "ValidationError"
    cloud.turn(seconds=1_700)
    bounded.get_caller_identity()
    cloud.turn(seconds=101)
    assert refused(bounded.get_caller_identity)[0] == "ExpiredToken"
    cloud.turn(seconds=1_699)
    plain.get_caller_identity()
    cloud.turn(seconds=102)
    assert refused(plain.get_caller_identity)[0] == "ExpiredToken"
    long.get_caller_identity()


def test_the_trust_policy_and_the_session_look_at_what_the_assertion_says(
    cloud, home, idp, provider, assume, attributes, refused
):
    condition = {
        "StringEquals": {"aws:PrincipalTag/team": "red", "saml:sub": "ann", "aws:SourceIdentity": "ann"},
        "ArnEquals": {"aws:FederatedProvider": provider},
    }
    home.iam.put_role_policy(
        RoleName="Saml", PolicyName="own", PolicyDocument=document(allow("sqs:*", Condition=condition))
    )
    said = attributes(**{"PrincipalTag:team": ["red"], "SourceIdentity": ["ann"]})
    answer = assume(idp.encoded(cloud.now, said))
    assert answer["SourceIdentity"] == "ann"
    home.keys(answer["Credentials"]).client("sqs").list_queues()
    only = {"StringEquals": {"saml:iss": ISSUER, "saml:doc": f"{home.number}/Idp", "saml:sub": "bob"}}
    home.iam.update_assume_role_policy(
        RoleName="Saml", PolicyDocument=trust({"Federated": provider}, SAML, Condition=only)
    )
    assert refused(assume, idp.encoded(cloud.now, attributes())) == (
        "AccessDenied",
        403,
        "Not authorized to perform sts:AssumeRoleWithSAML",
    )
    assume(idp.encoded(cloud.now, attributes(), name="bob"))


@pytest.mark.spec("STS-106")
def test_a_provider_that_is_not_there_does_not_exist(cloud, home, idp, assume, attributes, refused):
    arn = f"arn:aws:iam::{home.number}:saml-provider/Other"
    assert refused(assume, idp.encoded(cloud.now, attributes()), PrincipalArn=arn) == (
        "InvalidIdentityToken",
        400,
        "Specified provider doesn't exist",
    )


def test_a_provider_that_did_not_authenticate_vouches_for_nobody(cloud, idp, assume, attributes, refused):
    encoded = idp.encoded(cloud.now, attributes(), sign="response", status="Responder")
    assert refused(assume, encoded)[0] == "InvalidIdentityToken"


@pytest.mark.parametrize("text", ["", "<", "<a/>", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "\0\1"])
def test_what_is_no_response_is_refused(assume, refused, text):
    encoded = base64.b64encode(text.encode()).decode() or "####"
    assert refused(assume, encoded)[:2] == ("InvalidIdentityToken", 400)


def encrypt(assertion, private_pem, mode="gcm"):
    """Return an EncryptedAssertion for whoever holds the private key."""
    public = serialization.load_pem_private_key(private_pem.encode(), None).public_key()
    key, nonce = os.urandom(32), os.urandom(12 if mode == "gcm" else 16)
    if mode == "gcm":
        sealed, algorithm = AESGCM(key).encrypt(nonce, assertion.encode(), None), "2009/xmlenc11#aes256-gcm"
    else:
        text = assertion.encode()
        padded = text + bytes(15 - len(text) % 16) + bytes([16 - len(text) % 16])
        encryptor = Cipher(AES(key), CBC(nonce)).encryptor()
        sealed, algorithm = encryptor.update(padded) + encryptor.finalize(), "2001/04/xmlenc#aes256-cbc"
    wrapped = public.encrypt(key, padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None))

    def data(kind, method, value, more=""):
        body = base64.b64encode(value).decode()
        return (
            f'<e:{kind} xmlns:e="http://www.w3.org/2001/04/xmlenc#"><e:EncryptionMethod Algorithm="{method}"/>{more}'
            f"<e:CipherData><e:CipherValue>{body}</e:CipherValue></e:CipherData></e:{kind}>"
        )

    inner = data("EncryptedKey", "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p", wrapped)
    info = f'<KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#">{inner}</KeyInfo>'
    whole = data("EncryptedData", f"http://www.w3.org/{algorithm}", nonce + sealed, info)
    return f'<a:EncryptedAssertion xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion">{whole}</a:EncryptedAssertion>'


@pytest.mark.parametrize("mode", ["gcm", "cbc"])
@pytest.mark.parametrize("sign", ["assertion", "response"])
def test_encrypted_assertions_are_opened_with_the_providers_keys(
    cloud, home, idp, provider, assume, attributes, refused, mode, sign
):
    private = self_signed("aws")[0]
    home.iam.update_saml_provider(SAMLProviderArn=provider, AddPrivateKey=private)

    def encoded(key):
        assertion = idp.assertion(cloud.now, attributes())
        inside = encrypt(idp.signed(assertion, "_a1") if sign == "assertion" else assertion, key, mode)
        response = idp.response(inside)
        return base64.b64encode((idp.signed(response, "_r1") if sign == "response" else response).encode()).decode()

    assert assume(encoded(private))["Subject"] == "ann"
    assert refused(assume, encoded(self_signed("other")[0]))[:2] == ("InvalidIdentityToken", 400)


def test_an_encrypted_assertion_is_signed_like_any_other(cloud, home, idp, provider, assume, attributes, refused):
    private = self_signed("aws")[0]
    home.iam.update_saml_provider(SAMLProviderArn=provider, AddPrivateKey=private)
    response = idp.response(encrypt(idp.assertion(cloud.now, attributes()), private))
    encoded = base64.b64encode(response.encode()).decode()
    assert refused(assume, encoded) == ("InvalidIdentityToken", 400, "Response signature invalid")


def test_a_provider_that_requires_encryption_takes_nothing_else(
    cloud, home, idp, provider, assume, attributes, refused
):
    private = self_signed("aws")[0]
    home.iam.update_saml_provider(SAMLProviderArn=provider, AddPrivateKey=private)
    assume(idp.encoded(cloud.now, attributes()))
    home.iam.update_saml_provider(SAMLProviderArn=provider, AssertionEncryptionMode="Required")
    assert refused(assume, idp.encoded(cloud.now, attributes()))[:2] == ("InvalidIdentityToken", 400)
