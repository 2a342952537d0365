"""CreateAlias, UpdateAlias, DeleteAlias, ListAliases."""

from __future__ import annotations

import re
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.arns import make_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.services.kms import kms, refusals
from skyglobe.services.kms.describing import page
from skyglobe.services.kms.finding import Found, check_not_pending_deletion, get_customer_key, get_own_key
from skyglobe.services.kms.managing import MANAGED_PREFIX, keep_alias
from skyglobe.services.kms.records import Alias, Key, aliases, keys

MAX_ALIASES = 50  # a key; developer guide, "Resource quotas"
_NAME = re.compile(r"alias/[a-zA-Z0-9/_-]+")


@kms.operation
def create_alias(call: Call, alias_name: str, target_key_id: str) -> None:
    """Give a key one more name. A key can have many, a name is one key's."""
    _check_name(alias_name)
    scope, key, _ = _get_target(call, target_key_id)
    if aliases.find(scope, alias_name) is not None:
        arn = make_arn(scope, "kms", alias_name)
        raise kms.errors.AlreadyExistsException(f"An alias with the name {arn} already exists")
    named = _with_alias(key, alias_name)
    keys.replace(scope, key, named)
    keep_alias(scope, alias_name, named)


@kms.operation
def update_alias(call: Call, alias_name: str, target_key_id: str) -> None:
    """Have a name mean another key of the same kind."""
    _check_name(alias_name)
    alias = _get_alias(call, alias_name)
    scope, key, _ = _get_target(call, target_key_id)
    before = keys.find(scope, alias.key_id)
    assert before is not None, "aliases go with their key"
    if before.id == key.id:
        return
    if (before.usage, before.is_symmetric) != (key.usage, key.is_symmetric):
        raise refusals.invalid("The current and the new KMS key of an alias must be of the same type and usage.")
    keys.replace(scope, before, _without_alias(before, alias_name))
    keys.replace(scope, key, _with_alias(key, alias_name))
    aliases.replace(scope, alias, replace(alias, key_id=key.id, updated_at=call.now))


@kms.operation
def delete_alias(call: Call, alias_name: str) -> None:
    """Take a name from a key."""
    _check_name(alias_name)
    alias = _get_alias(call, alias_name)
    key = keys.find(call, alias.key_id)
    assert key is not None, "aliases go with their key"
    keys.replace(call, key, _without_alias(key, alias_name))
    aliases.delete(call, alias)


@kms.operation
def list_aliases(call: Call, key_id: str | None = None, limit: int = 50, marker: str | None = None) -> dict[str, Any]:
    """List the aliases of this account and region by name, or those of one key."""
    key = get_own_key(call, key_id).key if key_id is not None else None

    def rows(past: tuple[str, ...] | None, most: int) -> Any:
        if key is None:
            return aliases.scan(call, past=past, limit=most)
        return aliases.scan_by(call, "key", key.id, past=past, limit=most)

    found, more = page(call, f"aliases:{key_id}", rows, lambda alias: (alias.id,), marker, limit)
    return {"Aliases": [_listed(alias) for alias in found], **more}


def _listed(alias: Alias) -> dict[str, Any]:
    return {
        "AliasName": alias.id,
        "AliasArn": alias.arn,
        "TargetKeyId": alias.key_id,
        "CreationDate": alias.created_at / 1000,
        "LastUpdatedDate": alias.updated_at / 1000,
    }


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise _bad_name(f"Alias must start with the prefix \"alias/\" and have a name after it; it is '{name}'.")
    if name.startswith(MANAGED_PREFIX):
        raise _bad_name(f'Alias must not start with the prefix "{MANAGED_PREFIX}", which is reserved for AWS.')


def _bad_name(text: str) -> ServiceError:
    return kms.errors.InvalidAliasNameException(text)


def _get_alias(call: Call, name: str) -> Alias:
    alias = aliases.find(call, name)
    if alias is None:
        raise refusals.no_such_alias(make_arn(call, "kms", name))
    return alias


def _get_target(call: Call, key_id: str) -> Found:
    found = get_customer_key(call, key_id)
    check_not_pending_deletion(found.key)
    return found


def _with_alias(key: Key, name: str) -> Key:
    if len(key.aliases) >= MAX_ALIASES:
        raise kms.errors.LimitExceededException(f"{key.arn} has {MAX_ALIASES} aliases already.")
    return replace(key, aliases=(*key.aliases, name))


def _without_alias(key: Key, name: str) -> Key:
    return replace(key, aliases=tuple(one for one in key.aliases if one != name))
