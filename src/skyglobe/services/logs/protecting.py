"""Which data protection is in force for a group: its own policy and its account's, added up."""

from __future__ import annotations

from skyglobe.kernel.scope import Scope
from skyglobe.services.logs.records import LogGroup, account_policies
from skyglobe.services.logs.refusals import invalid, not_built
from skyglobe.services.logs.rules.protection import (
    BadProtection,
    NotBuilt,
    Protection,
    parse_protection,
    stored_protection,
)

ACCOUNT_KIND = "DATA_PROTECTION_POLICY"


def account_protection(scope: Scope) -> str:
    """Return the account's policy document, empty when it has none."""
    found = account_policies.find(scope, ACCOUNT_KIND)
    return found.document if found is not None else ""


def protection_of(scope: Scope, group: LogGroup) -> Protection | None:
    """Return what is to be masked in what a group takes in from now on; None when nothing is."""
    documents = [document for document in (group.protection, account_protection(scope)) if document]
    return stored_protection(*documents) if documents else None


def check_protection(document: str) -> None:
    """Raise InvalidParameterException or NotImplemented (501) unless a document can be honoured."""
    try:
        parse_protection(document)
    except BadProtection as reason:
        raise invalid(str(reason)) from reason
    except NotBuilt as reason:
        raise not_built(str(reason)) from reason
