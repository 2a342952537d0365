"""SAML 2.0 metadata of identity providers, as far as AWS reads it when a provider is registered."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from xml.etree import ElementTree as ET

from skyglobe.services.iam.refusals import invalid_input

_METADATA = "{urn:oasis:names:tc:SAML:2.0:metadata}"
_SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}"


class Metadata(NamedTuple):
    """What counts of a metadata document."""

    entity_id: str
    certificates: tuple[str, ...]
    """Base64 of DER, as the document has them, without white space."""
    valid_until: int | None
    """Milliseconds since the epoch."""


def read_metadata(document: str) -> Metadata:
    """Return what counts of a metadata document. Raises InvalidInput for what describes no identity provider."""
    root = _parse(document)
    if root.tag == f"{_METADATA}EntitiesDescriptor":
        root = next(iter(root.iter(f"{_METADATA}EntityDescriptor")), root)
    identity = root.find(f"{_METADATA}IDPSSODescriptor")
    entity_id = root.get("entityID", "")
    if root.tag != f"{_METADATA}EntityDescriptor" or identity is None or not entity_id:
        raise _unreadable()
    certificates = tuple(
        "".join((element.text or "").split()) for element in identity.iter(f"{_SIGNATURE}X509Certificate")
    )
    if not any(certificates):
        raise _unreadable()
    return Metadata(entity_id, certificates, _instant(root.get("validUntil")))


def _parse(document: str) -> ET.Element:
    # Without a document type there are no entities, and so nothing that could grow when it is read.
    if "<!DOCTYPE" in document.upper():
        raise _unreadable()
    try:
        return ET.fromstring(document)  # noqa: S314
    except (ET.ParseError, ValueError) as error:
        raise _unreadable() from error


def _instant(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return int(datetime.fromisoformat(text).timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise _unreadable() from error


def _unreadable() -> Exception:
    return invalid_input("Could not parse metadata")
