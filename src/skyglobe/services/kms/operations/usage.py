"""GetKeyLastUsage."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.kms import kms
from skyglobe.services.kms.finding import get_own_key
from skyglobe.services.kms.records import uses


@kms.operation
def get_key_last_usage(call: Call, key_id: str) -> dict[str, Any]:
    """Tell the last successful cryptographic operation with a key; its instant to the hour."""
    scope, key, _ = get_own_key(call, key_id)
    told: dict[str, Any] = {
        "KeyId": key.arn,
        "TrackingStartDate": key.created_at / 1000,
        "KeyCreationDate": key.created_at / 1000,
    }
    use = uses.find(scope, key.id)
    if use is not None:
        told["KeyLastUsage"] = {
            "Operation": use.operation,
            "Timestamp": use.at / 1000,
            "KmsRequestId": use.request_id,
        }
    return told
