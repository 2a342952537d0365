"""Finding keys: by id, ARN, alias and alias's ARN, in whatever account; and making those of services on first use."""

from __future__ import annotations

import re
from typing import NamedTuple

from skyglobe.kernel.arns import make_arn, parse_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.kms import kms, refusals
from skyglobe.services.kms.managing import ensure_managed_key, service_of_alias
from skyglobe.services.kms.records import Key, aliases, keys

_KEY_ID = re.compile(r"(mrk-)?[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_GONE_AFTER_DELETION = frozenset({"PendingDeletion", "PendingReplicaDeletion"})


class Found(NamedTuple):
    """A key, the scope it lives in, and the alias it was asked for by."""

    scope: Scope
    key: Key
    alias: str = ""


class Name(NamedTuple):
    """What a KeyId says: where to look, and for what."""

    scope: Scope
    key_id: str
    alias: str

    @property
    def arn(self) -> str:
        return make_arn(self.scope, "kms", self.alias or f"key/{self.key_id}")


def parse_name(call: Call, text: str) -> Name | None:
    """Read a KeyId; None when it is of no form that names a key here."""
    scope: Scope = call
    if text.startswith("arn:"):
        try:
            arn = parse_arn(text)
        except ValueError:
            return None
        if arn.service != "kms" or arn.region != call.region:
            return None
        scope = call if arn.account == call.account else call.within(arn.account)
        kind, _, text = arn.resource.partition("/")
        if kind == "alias":
            return Name(scope, "", f"alias/{text}")
        return Name(scope, text, "") if kind == "key" else None
    if text.startswith("alias/"):
        return Name(scope, "", text)
    return Name(scope, text, "") if _KEY_ID.fullmatch(text) else None


def find_key(call: Call, text: str) -> Found | None:
    """Return the key a KeyId names, or None. The key of a service is made when it is first named."""
    name = parse_name(call, text)
    if name is None:
        return None
    if not name.alias:
        key = keys.find(name.scope, name.key_id)
        return Found(name.scope, key) if key is not None else None
    alias = aliases.find(name.scope, name.alias)
    if alias is not None:
        key = keys.find(name.scope, alias.key_id)
        assert key is not None, "aliases go with their key"
        return Found(name.scope, key, name.alias)
    service = service_of_alias(name.alias)
    if service and name.scope.account == call.account:
        return Found(name.scope, ensure_managed_key(name.scope, service), name.alias)
    return None


def get_key(call: Call, text: str) -> Found:
    """As ``find_key``. Raises NotFoundException."""
    found = find_key(call, text)
    if found is not None:
        return found
    name = parse_name(call, text)
    if name is not None:
        raise (refusals.no_such_alias if name.alias else refusals.no_such_key)(name.arn)
    if text.startswith("arn:"):
        fields = text.split(":")
        wrong = fields[3] if len(fields) > 5 and fields[2] == "kms" and fields[3] != call.region else text
        raise kms.errors.NotFoundException(f"Invalid arn {wrong}")
    raise kms.errors.NotFoundException(f"Invalid keyId '{text}'")


def get_own_key(call: Call, text: str) -> Found:
    """As ``get_key``, for operations that other accounts cannot be given. These take no aliases."""
    if text.startswith("alias/") or ":alias/" in text:
        raise kms.errors.NotFoundException(f"Invalid keyId '{text}'")
    found = get_key(call, text)
    if found.key.owner != call.account:
        raise refusals.not_own(found.key.arn)
    return found


def get_customer_key(call: Call, text: str) -> Found:
    """As ``get_own_key``, for what nobody does to keys that AWS manages."""
    found = get_own_key(call, text)
    if found.key.manager == "AWS":
        raise refusals.is_managed_by_aws(found.key.arn)
    return found


def get_living_key(call: Call, text: str) -> Found:
    """As ``get_customer_key``, for what is not done to keys that are pending deletion."""
    found = get_customer_key(call, text)
    check_not_pending_deletion(found.key)
    return found


def check_not_pending_deletion(key: Key) -> None:
    """Raise KMSInvalidStateException for a key that waits to be deleted."""
    if key.state in _GONE_AFTER_DELETION:
        raise refusals.is_pending_deletion(key.arn)


def check_enabled(key: Key) -> None:
    """Raise what KMS says when a key is used that cannot be; developer guide, "Key states of AWS KMS keys"."""
    if key.state == "Enabled":
        return
    if key.state == "Disabled":
        raise refusals.is_disabled(key.arn)
    if key.state == "PendingImport":
        raise refusals.is_pending_import(key.arn)
    raise refusals.is_pending_deletion(key.arn)
