"""Assertions of SAML 2.0: what they must say for AWS to take them, and what they say of somebody.

IAM user guide, "Configure SAML assertions for the authentication response" and "Available keys for SAML-based AWS STS
federation".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from datetime import UTC, datetime
from typing import Any

from skyglobe.services.sts.identities.claims import Claims
from skyglobe.services.sts.identities.signatures import SAML, SAMLP, Element, signed_elements
from skyglobe.services.sts.refusals import expired_token, invalid_token
from skyglobe.services.sts.trusted import SamlProvider

REDEEMED_WITHIN = 300_000  # milliseconds after issuance; the error's own text
MAX_EARLY = 300_000  # milliseconds an assertion may come before it is valid, for clocks that differ
AUDIENCES = re.compile(
    r"https://(?:[a-z0-9-]+\.)?signin\.aws\.amazon\.com/saml(?:/acs/[A-Za-z0-9]+)?|urn:amazon:webservices"
)
_ATTRIBUTE = "https://aws.amazon.com/SAML/Attributes/"
_NAME = re.compile(r"[a-zA-Z_0-9+=,.@-]{2,64}")
_FORMATS = "urn:oasis:names:tc:SAML:2.0:nameid-format:"
_SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
_KEPT = ("saml:namequalifier", "saml:sub", "saml:sub_type")


def read_assertion(encoded: str, provider: SamlProvider, role_arn: str, now: int) -> Claims:
    """Return what a response in base 64 vouches for, verified. ``now`` is in milliseconds since the epoch.

    Raises InvalidIdentityToken and ExpiredTokenException.
    """
    try:
        document = base64.b64decode(encoded, validate=False)
    except (binascii.Error, ValueError) as error:
        raise invalid_token("Invalid base64 SAMLResponse") from error
    assertion = _assertion_of(signed_elements(document, provider))
    issuer = (assertion.findtext(f"{SAML}Issuer") or "").strip()
    if issuer != provider.entity_id:
        raise invalid_token("Issuer not present in specified provider")
    _check_times(assertion, now)
    recipient = _recipient_of(assertion, now)
    attributes = _attributes_of(assertion)
    _check_role(attributes, role_arn, provider.arn)
    return _claims(assertion, attributes, provider, issuer, recipient)


def _assertion_of(signed: list[Element]) -> Element:
    """Return the one assertion among what was signed."""
    for element in signed:
        if element.tag == f"{SAMLP}Response":
            status = element.find(f"{SAMLP}Status/{SAMLP}StatusCode")
            if status is not None and status.get("Value") != _SUCCESS:
                raise invalid_token("The identity provider did not authenticate the user")
        found = [element] if element.tag == f"{SAML}Assertion" else element.findall(f"{SAML}Assertion")
        if len(found) == 1:
            return found[0]
    raise invalid_token("Response does not contain one assertion")


def _check_times(assertion: Element, now: int) -> None:
    issued_at = _instant(assertion.get("IssueInstant"))
    if issued_at is None or now > issued_at + REDEEMED_WITHIN:
        raise expired_token("Token must be redeemed within 5 minutes of issuance")
    conditions = assertion.find(f"{SAML}Conditions")
    if conditions is None:
        return
    begins, ends = _instant(conditions.get("NotBefore")), _instant(conditions.get("NotOnOrAfter"))
    if ends is not None and now >= ends:
        raise expired_token("Token has expired")
    if (begins is not None and now + MAX_EARLY < begins) or now + MAX_EARLY < issued_at:
        raise invalid_token("Token is not valid yet")
    audiences = [(element.text or "").strip() for element in conditions.iter(f"{SAML}Audience")]
    if audiences and not any(AUDIENCES.fullmatch(audience) for audience in audiences):
        raise invalid_token("Response does not contain the required audience.")


def _recipient_of(assertion: Element, now: int) -> str:
    """Return where the assertion was sent to: AWS's sign-in endpoint, for whoever bears it."""
    for confirmation in assertion.iterfind(f"{SAML}Subject/{SAML}SubjectConfirmation"):
        data = confirmation.find(f"{SAML}SubjectConfirmationData")
        if data is None or not confirmation.get("Method", "").endswith(":cm:bearer"):
            continue
        ends = _instant(data.get("NotOnOrAfter"))
        if ends is not None and now >= ends:
            raise expired_token("Token has expired")
        if AUDIENCES.fullmatch(data.get("Recipient", "")):
            return str(data.get("Recipient"))
    raise invalid_token("Response does not contain the required audience.")


def _attributes_of(assertion: Element) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for attribute in assertion.iterfind(f"{SAML}AttributeStatement/{SAML}Attribute"):
        values = [(value.text or "").strip() for value in attribute.iterfind(f"{SAML}AttributeValue")]
        found.setdefault(attribute.get("Name", ""), []).extend(values)
    return found


def _check_role(attributes: dict[str, list[str]], role_arn: str, provider_arn: str) -> None:
    """Hold the role asked for to the pairs of role and provider, in either order, that the provider gave."""
    for value in attributes.get(f"{_ATTRIBUTE}Role", ()):
        if {part.strip() for part in value.split(",")} == {role_arn, provider_arn}:
            return
    raise invalid_token("The role is not among those that the SAML response lets the user assume")


def _claims(
    assertion: Element, attributes: dict[str, list[str]], provider: SamlProvider, issuer: str, recipient: str
) -> Claims:
    name_id = assertion.find(f"{SAML}Subject/{SAML}NameID")
    subject = (name_id.text or "").strip() if name_id is not None else ""
    if not subject:
        raise invalid_token("Response does not contain a NameID")
    name_format = name_id.get("Format", "") or f"{_FORMATS}unspecified"
    qualifier = base64.b64encode(hashlib.sha1(f"{issuer}{provider.owner}/{provider.id}".encode()).digest()).decode()
    context: dict[str, str | list[str]] = {
        "saml:aud": recipient,
        "saml:iss": issuer,
        "saml:doc": f"{provider.owner}/{provider.id}",
        "saml:sub": subject,
        "saml:sub_type": _sub_type(name_format),
        "saml:namequalifier": qualifier,
    }
    return Claims(
        provider.arn,
        subject,
        _session_name(attributes),
        context,
        _KEPT,
        source_identity=_source_identity(attributes),
        tags=_tags(attributes),
        transitive_keys=tuple(attributes.get(f"{_ATTRIBUTE}TransitiveTagKeys", ())),
        session_for=_session_for(attributes),
        ends_at=_instant(_session_end(assertion)),
    )


def _sub_type(name_format: str) -> str:
    """Return ``persistent`` or ``transient``, or the whole format where it is another."""
    short = name_format.removeprefix(_FORMATS)
    return short if short in ("persistent", "transient") else name_format


def _session_name(attributes: dict[str, list[str]]) -> str:
    name = next(iter(attributes.get(f"{_ATTRIBUTE}RoleSessionName", ())), "")
    if not name:
        raise invalid_token("RoleSessionName is required in AuthnResponse")
    if not _NAME.fullmatch(name):
        raise invalid_token("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}")
    return name


def _source_identity(attributes: dict[str, list[str]]) -> str:
    identity = next(iter(attributes.get(f"{_ATTRIBUTE}SourceIdentity", ())), "")
    if identity and (not _NAME.fullmatch(identity) or identity.lower().startswith("aws:")):
        raise invalid_token('Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"')
    return identity


def _session_for(attributes: dict[str, list[str]]) -> int | None:
    text = next(iter(attributes.get(f"{_ATTRIBUTE}SessionDuration", ())), "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 900 <= int(text) <= 43_200):
        raise invalid_token("SessionDuration in AuthnResponse must be between 900 and 43200 seconds")
    return int(text)


def _tags(attributes: dict[str, list[str]]) -> tuple[tuple[str, str], ...]:
    prefix = f"{_ATTRIBUTE}PrincipalTag:"
    tagged = [(name.removeprefix(prefix), values) for name, values in attributes.items() if name.startswith(prefix)]
    if any(len(values) != 1 for _, values in tagged):
        raise invalid_token("A PrincipalTag in AuthnResponse must have one value")
    return tuple((key, values[0]) for key, values in tagged)


def _session_end(assertion: Element) -> str | None:
    statement = assertion.find(f"{SAML}AuthnStatement")
    return statement.get("SessionNotOnOrAfter") if statement is not None else None


def _instant(text: Any) -> int | None:
    """Return an xs:dateTime in milliseconds since the epoch; None where there is none. Raises InvalidIdentityToken."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise invalid_token("Response contains an invalid date") from error
