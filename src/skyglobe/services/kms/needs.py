"""What each call to KMS needs to be allowed, after the service authorization reference and "Permissions reference".

Nearly all of it is permission on a key, of which the key's own policy has the first say. A grant can take the place of
that policy and of the caller's own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyglobe.kernel.access import Need
from skyglobe.kernel.arns import make_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.policy.documents import joined
from skyglobe.services.kms import kms
from skyglobe.services.kms.access import resource_policy
from skyglobe.services.kms.finding import Found, find_key, parse_name
from skyglobe.services.kms.granting import find_allowing
from skyglobe.services.kms.managing import service_of_alias
from skyglobe.services.kms.records import Key, aliases
from skyglobe.services.kms.rules.ciphertexts import parse_ciphertext
from skyglobe.services.kms.rules.conditions import asked_of, known_of
from skyglobe.services.kms.rules.grants import statement_for

Find = Callable[[Call, dict[str, Any]], list[Need]]

_ON_NO_KEY = frozenset({"ListKeys", "ListAliases", "GenerateRandom", "ListRetirableGrants"})

kms.resource_policies(resource_policy, is_required=True)


@kms.needs
def find_needs(call: Call, operation: str, params: dict[str, Any]) -> list[Need]:
    """List what a call needs: one permission on each key and alias it is about."""
    if operation in _ON_NO_KEY:
        return [Need(f"kms:{operation}", "*", call.account, asked_of(params))]
    find = _SPECIAL.get(operation)
    if find is not None:
        return find(call, params)
    return _on_key(call, operation, params, params.get("KeyId", ""))


def _on_key(
    call: Call, action: str, params: dict[str, Any], name: str, context: str = "EncryptionContext"
) -> list[Need]:
    """``context`` is the member that has the encryption context."""
    found = find_key(call, name)
    if found is None:
        return [_on_nothing(call, action, params, name)]
    return _on(call, action, params, found, params.get(context) or {}, name)


def _on(
    call: Call, action: str, params: dict[str, Any], found: Found, context: dict[str, str], name: str
) -> list[Need]:
    key = found.key
    if is_its_service(call, key):
        return []
    facts = known_of(call.principal, call.region, key) | asked_of(params, context)
    if found.alias:
        facts["kms:requestalias"] = found.alias
    policy, is_delegated = key.policy, False
    grant = find_allowing(found.scope, key, call.principal, action, context)
    if grant is not None:
        policy = joined((policy, statement_for(grant.grantee, f"kms:{action}")))
        is_delegated = not grant.grantee.endswith(":root")
    return [Need(f"kms:{action}", key.arn, key.owner, facts, policy, is_delegated)]


def _on_nothing(call: Call, action: str, params: dict[str, Any], name: str) -> Need:
    """The need on a key that is not there: who may do it to all keys is told so, others are refused."""
    read = parse_name(call, name)
    arn = read.arn if read is not None and not read.alias else name if name.startswith("arn:") else ""
    if ":key/" not in arn:
        arn = make_arn(call, "kms", f"key/{name.rpartition('/')[2] or '*'}")
    account = read.scope.account if read is not None else call.account
    return Need(f"kms:{action}", arn, account, asked_of(params), "")


def is_its_service(call: Call, key: Key) -> bool:
    """Return whether a service, on its account's behalf and no caller's, uses the key that AWS manages for it."""
    principal = call.principal
    if principal.type != "service" or principal.source_arn or key.manager != "AWS":
        return False
    through = principal.called_via[-1] if principal.called_via else principal.arn
    service = through.removesuffix(".amazonaws.com")
    return principal.account == key.owner and f"alias/aws/{service}" in key.aliases


def _creating(call: Call, params: dict[str, Any]) -> list[Need]:
    facts = asked_of(params)
    facts["kms:keyspec"] = params.get("KeySpec") or params.get("CustomerMasterKeySpec") or "SYMMETRIC_DEFAULT"
    facts["kms:keyusage"] = params.get("KeyUsage") or "ENCRYPT_DECRYPT"
    facts["kms:keyorigin"] = params.get("Origin") or "AWS_KMS"
    facts["kms:multiregion"] = str(bool(params.get("MultiRegion"))).lower()
    facts["kms:calleraccount"] = call.principal.account
    if params.get("MultiRegion"):
        facts["kms:multiregionkeytype"] = "PRIMARY"
    needs = [Need("kms:CreateKey", "*", call.account, facts)]
    if params.get("Tags"):
        needs.append(Need("kms:TagResource", "*", call.account, facts))
    return needs


def _alias_arn(call: Call, params: dict[str, Any]) -> str:
    name = params.get("AliasName", "")
    return make_arn(call, "kms", name if name.startswith("alias/") else f"alias/{name}")


def _naming(operation: str) -> Find:
    """CreateAlias, UpdateAlias and DeleteAlias need permission on the alias, and on the keys it named and names."""

    def needs(call: Call, params: dict[str, Any]) -> list[Need]:
        found = [Need(f"kms:{operation}", _alias_arn(call, params), call.account, {}, "")]
        alias = aliases.find(call, params.get("AliasName", ""))
        if alias is not None and operation != "CreateAlias" and not service_of_alias(alias.id):
            found += _on_key(call, operation, params, alias.key_id)
        if operation != "DeleteAlias":
            found += _on_key(call, operation, params, params.get("TargetKeyId", ""))
        return found

    return needs


def _decrypting(call: Call, params: dict[str, Any]) -> list[Need]:
    return _from_ciphertext(call, "Decrypt", params, params.get("KeyId"), "EncryptionContext")


def _re_encrypting(call: Call, params: dict[str, Any]) -> list[Need]:
    found = _from_ciphertext(call, "ReEncryptFrom", params, params.get("SourceKeyId"), "SourceEncryptionContext")
    to = _on_key(call, "ReEncryptTo", params, params.get("DestinationKeyId", ""), "DestinationEncryptionContext")
    needs = found + to
    is_same = len({need.resource for need in needs}) == 1
    for need in needs:
        assert isinstance(need.context, dict)
        need.context["kms:reencryptonsamekey"] = str(is_same).lower()
    return needs


def _from_ciphertext(call: Call, action: str, params: dict[str, Any], name: str | None, context: str) -> list[Need]:
    """Ciphertexts say which key they are for. Who names one needs permission on that one."""
    if name:
        return _on_key(call, action, params, name, context)
    read = parse_ciphertext(params.get("CiphertextBlob") or b"")
    if read is None:
        return []
    there: Scope = call if read.account == call.account else call.within(read.account)
    return _on_key(call, action, params, make_arn(there, "kms", f"key/{read.key_id}"), context)


def _replicating(call: Call, params: dict[str, Any]) -> list[Need]:
    there = call.within(region=params.get("ReplicaRegion", ""))
    needs = _on_key(call, "ReplicateKey", params, params.get("KeyId", ""))
    facts = known_of(call.principal, there.region, None)
    needs.append(Need("kms:CreateKey", "*", call.account, facts))
    if params.get("Tags"):
        needs.append(Need("kms:TagResource", "*", call.account, facts))
    return needs


def _promoting(call: Call, params: dict[str, Any]) -> list[Need]:
    """UpdatePrimaryRegion needs permission on the primary and on the replica that is to take its place."""
    needs = _on_key(call, "UpdatePrimaryRegion", params, params.get("KeyId", ""))
    found = find_key(call, params.get("KeyId", ""))
    if found is not None:
        there = found.scope.within(region=params.get("PrimaryRegion", ""))
        arn = make_arn(there, "kms", f"key/{found.key.id}")
        policy = resource_policy(call, arn)
        if policy is not None:
            facts = known_of(call.principal, there.region, found.key) | asked_of(params)
            needs.append(Need("kms:UpdatePrimaryRegion", arn, found.key.owner, facts, policy))
    return needs


def _retiring(call: Call, params: dict[str, Any]) -> list[Need]:
    """RetireGrant is for those the grant names: the operation itself asks, and for others what their policies say."""
    return []


_SPECIAL: dict[str, Find] = {
    "CreateKey": _creating,
    "CreateAlias": _naming("CreateAlias"),
    "UpdateAlias": _naming("UpdateAlias"),
    "DeleteAlias": _naming("DeleteAlias"),
    "Decrypt": _decrypting,
    "ReEncrypt": _re_encrypting,
    "ReplicateKey": _replicating,
    "UpdatePrimaryRegion": _promoting,
    "RetireGrant": _retiring,
}
