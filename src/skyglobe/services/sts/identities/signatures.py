"""XML signatures of SAML responses, verified against the certificates of the provider's metadata.

What is returned is what was signed and nothing else: a response may carry another assertion beside the signed one.
Runs in a thread: it works.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.sts.identities.decryption import decrypt_assertion
from skyglobe.services.sts.refusals import invalid_token
from skyglobe.services.sts.trusted import SamlProvider

SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"
SAMLP = "{urn:oasis:names:tc:SAML:2.0:protocol}"
_METADATA = "{urn:oasis:names:tc:SAML:2.0:metadata}"
_SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}"
MAX_CERTIFICATES = 10  # tried of one provider

Element = Any
"""An element of lxml, which has no types."""


def signed_elements(response: bytes, provider: SamlProvider) -> list[Element]:
    """Return the elements of ``response`` that a certificate of ``provider`` signed: the response, assertions, or both.

    An encrypted assertion is decrypted: it was signed with the response around it, or is signed itself. Raises
    InvalidIdentityToken where nothing is signed, NotImplemented (501) without signxml.
    """
    root = parse_xml(response)
    certificates = _certificates(provider.metadata)
    found: list[Element] = []
    for place, tag in _signed_places(root):
        found += _verified(root, place, tag, certificates)
    encrypted = (found[0] if found else root).findall(f"{SAML}EncryptedAssertion")
    if provider.assertion_encryption == "Required" and not encrypted:
        raise invalid_token("The SAML provider requires encrypted assertions")
    for one in encrypted[:1]:
        assertion = parse_xml(decrypt_assertion(one, (pem for _, pem, _ in provider.private_keys)))
        found += [assertion] if found else _verified(assertion, "./", f"{SAML}Assertion", certificates)
    if not found:
        raise invalid_token("Response signature invalid")
    return found


def _verified(root: Element, place: str, tag: str, certificates: list[str]) -> list[Element]:
    """Return what the signature at ``place`` signs, when it is a ``tag`` and one of the certificates verifies it."""
    from lxml import etree
    from signxml.exceptions import InvalidInput, InvalidSignature
    from signxml.verifier import SignatureConfiguration, XMLVerifier

    expecting = SignatureConfiguration(location=place, require_x509=True, expect_references=1)
    for certificate in certificates:
        try:
            result: Any = XMLVerifier().verify(root, x509_cert=certificate, expect_config=expecting)
        except (InvalidSignature, InvalidInput, etree.Error, ValueError, TypeError, KeyError):
            continue
        if result.signed_xml is not None and result.signed_xml.tag == tag:
            return [result.signed_xml]
    return []


def parse_xml(document: bytes) -> Element:
    """Return the root of a document without document type, so that nothing in it grows or reads files."""
    try:
        import signxml  # noqa: F401 - what reads SAML verifies it as well
        from lxml import etree
    except ImportError as error:
        text = "Signatures of SAML assertions need the package signxml: pip install 'skyglobe[saml]'."
        raise ServiceError(text, code="NotImplemented", status=501) from error
    if b"<!DOCTYPE" in document.upper():
        raise invalid_token("Invalid SAML response: a document type is not allowed")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, huge_tree=False)
    try:
        return etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise invalid_token("Invalid SAML response: it is no XML") from error


def _signed_places(root: Element) -> Iterator[tuple[str, str]]:
    """Yield where the signatures of the response and of its assertions stand, and what each must sign."""
    if root.tag == f"{SAMLP}Response":
        if root.find(f"{_SIGNATURE}Signature") is not None:
            yield "./", root.tag
        if root.find(f"{SAML}Assertion/{_SIGNATURE}Signature") is not None:
            yield f"./{SAML}Assertion/", f"{SAML}Assertion"


def _certificates(metadata: str) -> list[str]:
    """Return the signing certificates of a provider in PEM."""
    root = parse_xml(metadata.encode())
    found = []
    for descriptor in root.iter(f"{_METADATA}KeyDescriptor"):
        if descriptor.get("use", "signing") != "signing":
            continue
        for element in descriptor.iter(f"{_SIGNATURE}X509Certificate"):
            body = "".join((element.text or "").split())
            lines = "\n".join(body[at : at + 64] for at in range(0, len(body), 64))
            found.append(f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n")
    return found[:MAX_CERTIFICATES]
