"""GenerateMac, VerifyMac."""

from __future__ import annotations

import hmac
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.kms import kms
from skyglobe.services.kms.finding import Found
from skyglobe.services.kms.materials import current_material, secret_of
from skyglobe.services.kms.using import check_algorithm, finish_use, use_key


@kms.operation
def generate_mac(
    call: Call,
    message: bytes,
    key_id: str,
    mac_algorithm: str,
    grant_tokens: list[str] | None = None,
    dry_run: bool | None = None,
) -> dict[str, Any]:
    """Return the HMAC of a message of up to 4,096 bytes."""
    found = _key_for(call, key_id, mac_algorithm, grant_tokens)
    finish_use(call, found, dry_run)
    return {"KeyId": found.key.arn, "Mac": _mac(found, mac_algorithm, message), "MacAlgorithm": mac_algorithm}


@kms.operation
def verify_mac(
    call: Call,
    message: bytes,
    key_id: str,
    mac_algorithm: str,
    mac: bytes,
    grant_tokens: list[str] | None = None,
    dry_run: bool | None = None,
) -> dict[str, Any]:
    """Say that an HMAC is this key's. Raises KMSInvalidMacException when it is not."""
    found = _key_for(call, key_id, mac_algorithm, grant_tokens)
    if not hmac.compare_digest(_mac(found, mac_algorithm, message), mac):
        raise kms.errors.KMSInvalidMacException
    finish_use(call, found, dry_run)
    return {"KeyId": found.key.arn, "MacValid": True, "MacAlgorithm": mac_algorithm}


def _key_for(call: Call, key_id: str, algorithm: str, tokens: list[str] | None) -> Found:
    found = use_key(call, key_id, "GENERATE_VERIFY_MAC", tokens)
    check_algorithm(found.key, algorithm)
    return found


def _mac(found: Found, algorithm: str, message: bytes) -> bytes:
    secret = secret_of(found.scope, current_material(found.scope, found.key))
    return hmac.digest(secret, message, f"sha{algorithm.rpartition('_')[2]}")
