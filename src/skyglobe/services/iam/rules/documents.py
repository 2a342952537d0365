"""Policy documents: how large they may be, whether they are valid, and how the API shows them."""

from __future__ import annotations

from typing import Literal
from urllib.parse import quote

from skyglobe.policy import MalformedPolicy, parse_policy
from skyglobe.services.iam.refusals import invalid_input, malformed_policy

# Sizes in characters, white space not counted. "IAM and AWS STS quotas", IAM user guide.
MAX_MANAGED = 6_144
MAX_INLINE = {"user": 2_048, "group": 5_120, "role": 10_240}  # all inline policies of one holder together
MAX_TRUST = 2_048

DocumentKind = Literal["identity", "resource", "trust", "boundary", "session", "scp", "rcp"]


def size_of(document: str) -> int:
    """Return how many characters of a document count."""
    return sum(map(len, document.split()))


def check_document(document: str, kind: DocumentKind = "identity", *, is_managed: bool = False) -> None:
    """Raise MalformedPolicyDocument, with AWS's reason, for a document that is no policy of this kind."""
    try:
        parse_policy(document, kind, is_managed=is_managed)
    except MalformedPolicy as error:
        raise malformed_policy(str(error)) from error


def check_simulated_document(document: str, kind: DocumentKind = "identity") -> None:
    """As ``check_document``, in the simulator's words: InvalidInput."""
    try:
        parse_policy(document, kind)
    except MalformedPolicy as error:
        raise invalid_input(f"Invalid policy: {error}") from error


def shown_document(document: str) -> str:
    """Return a document as the API shows it: percent-encoded after RFC 3986."""
    return quote(document, safe="")
