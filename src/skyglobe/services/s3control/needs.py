"""What each call to S3 Control needs to be allowed; the actions are S3's."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.access import Need
from skyglobe.kernel.call import Call
from skyglobe.services.s3control import s3control

_ACTIONS = {
    "DeletePublicAccessBlock": "PutAccountPublicAccessBlock",
    "GetPublicAccessBlock": "GetAccountPublicAccessBlock",
    "PutPublicAccessBlock": "PutAccountPublicAccessBlock",
}


@s3control.needs
def find_needs(call: Call, operation: str, params: dict[str, Any]) -> list[Need]:
    """Ask for the one action on the account that is named: another account's can be given to nobody."""
    return [Need(f"s3:{_ACTIONS.get(operation, operation)}", "*", params["AccountId"])]
