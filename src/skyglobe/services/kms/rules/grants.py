"""What grants allow; developer guide, "Grants in AWS KMS"."""

from __future__ import annotations

import json
from functools import lru_cache

from skyglobe.services.kms.records import Grant
from skyglobe.services.kms.rules.specs import is_pair

MAX_GRANTS = 50_000  # a key; developer guide, "Resource quotas"
MAX_CONTEXT_PAIRS = 8  # of a constraint; API reference of CreateGrant
_ALWAYS = frozenset({"DescribeKey", "RetireGrant", "CreateGrant"})
_BY_USAGE = {
    "ENCRYPT_DECRYPT": frozenset({"Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo"}),
    "SIGN_VERIFY": frozenset({"Sign", "Verify"}),
    "GENERATE_VERIFY_MAC": frozenset({"GenerateMac", "VerifyMac"}),
    "KEY_AGREEMENT": frozenset({"DeriveSharedSecret"}),
}
_DATA_KEYS = frozenset(
    {
        "GenerateDataKey",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
    }
)
_WITHOUT_CONTEXT = frozenset({"CreateGrant", "DescribeKey", "RetireGrant"})
"""Operations that a constraint on the encryption context says nothing about."""


def operations_for(spec: str, usage: str) -> frozenset[str]:
    """Return the operations that grants on such a key can allow; developer guide, "Grant operations"."""
    allowed = _ALWAYS | _BY_USAGE[usage]
    if spec == "SYMMETRIC_DEFAULT":
        return allowed | _DATA_KEYS
    return allowed | {"GetPublicKey"} if is_pair(spec) else allowed


def allows(grant: Grant, operation: str, context: dict[str, str]) -> bool:
    """Return whether a grant allows its grantee an operation in an encryption context."""
    if operation not in grant.operations:
        return False
    if operation in _WITHOUT_CONTEXT:
        return True
    if grant.context_equals is not None:
        return grant.context_equals == context
    return grant.context_subset is None or grant.context_subset.items() <= context.items()


def is_as_strict(child: Grant, parent: Grant) -> bool:
    """Return whether a grant made by leave of another allows no more than that one; API reference of CreateGrant."""
    if not set(child.operations) <= set(parent.operations):
        return False
    if parent.context_equals is not None:
        return child.context_equals == parent.context_equals
    if parent.context_subset is not None:
        asked = child.context_equals or child.context_subset or {}
        return parent.context_subset.items() <= asked.items()
    return True


@lru_cache(maxsize=1024)  # grantees at work
def statement_for(grantee: str, action: str) -> str:
    """Return a policy that says what a grant says of one action, for the policy engine."""
    kind = "AWS" if grantee.startswith("arn:") else "Service"
    allow = {"Effect": "Allow", "Principal": {kind: grantee}, "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [allow]})
