"""KMS's condition keys; developer guide, "AWS KMS condition keys"."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from skyglobe.kernel.principals import Principal
from skyglobe.services.kms.records import Key

Facts = dict[str, str | list[str]]

_MEMBERS = {
    "BypassPolicyLockoutSafetyCheck": "kms:bypasspolicylockoutsafetycheck",
    "CustomerMasterKeySpec": "kms:customermasterkeyspec",
    "EncryptionAlgorithm": "kms:encryptionalgorithm",
    "ExpirationModel": "kms:expirationmodel",
    "GranteePrincipal": "kms:granteeprincipal",
    "KeyAgreementAlgorithm": "kms:keyagreementalgorithm",
    "KeyPairSpec": "kms:datakeypairspec",
    "MacAlgorithm": "kms:macalgorithm",
    "MessageType": "kms:messagetype",
    "Operations": "kms:grantoperations",
    "PendingWindowInDays": "kms:schedulekeydeletionpendingwindowindays",
    "PrimaryRegion": "kms:primaryregion",
    "ReplicaRegion": "kms:replicaregion",
    "RetiringPrincipal": "kms:retiringprincipal",
    "RotationPeriodInDays": "kms:rotationperiodindays",
    "SigningAlgorithm": "kms:signingalgorithm",
    "WrappingAlgorithm": "kms:wrappingalgorithm",
    "WrappingKeySpec": "kms:wrappingkeyspec",
}
"""What condition keys tell of a request, by its members."""


def asked_of(params: dict[str, Any], context: dict[str, str] | None = None) -> Facts:
    """Return what condition keys tell of a request."""
    facts: Facts = {}
    for member, value in params.items():
        key = _MEMBERS.get(member)
        if key is not None:
            facts[key] = _text(value)
    if context:
        facts["kms:encryptioncontextkeys"] = list(context)
        for name, value in context.items():
            facts[f"kms:encryptioncontext:{name.lower()}"] = value
    if "ValidTo" in params:
        facts["kms:validto"] = _instant(params["ValidTo"])
    constraints = params.get("Constraints")
    if constraints:
        facts["kms:grantconstrainttype"] = sorted(constraints)
    return facts


def known_of(principal: Principal, region: str, key: Key | None) -> Facts:
    """Return what condition keys tell of the caller and of a key."""
    facts: Facts = {"kms:calleraccount": principal.account}
    is_for_service = principal.type == "service" or bool(principal.called_via)
    if principal.called_via:
        service = principal.called_via[-1].removesuffix(".amazonaws.com")
        facts["kms:viaservice"] = f"{service}.{region}.amazonaws.com"
    facts["kms:grantisforawsresource"] = str(is_for_service).lower()
    if key is not None:
        facts["kms:keyorigin"] = key.origin
        facts["kms:keyspec"] = facts["kms:customermasterkeyspec"] = key.spec
        facts["kms:keyusage"] = facts["kms:customermasterkeyusage"] = key.usage
        facts["kms:multiregion"] = str(bool(key.multi_region)).lower()
        if key.multi_region:
            facts["kms:multiregionkeytype"] = key.multi_region
        if key.aliases:
            facts["kms:resourcealiases"] = list(key.aliases)
    return facts


def _text(value: Any) -> str | list[str]:
    if isinstance(value, list):
        return [str(one) for one in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def _instant(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(value)
