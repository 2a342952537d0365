"""Who calls, and whose a key is."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.credentials import credentials
from skyglobe.kernel.principals import lenient_account
from skyglobe.services.sts import sts
from skyglobe.services.sts.refusals import validation_error


@sts.operation
def get_caller_identity(call: Call) -> dict[str, Any]:
    """Return who signed the request. Needs no permission."""
    principal = call.principal
    return {"UserId": principal.user_id, "Account": principal.account, "Arn": principal.arn}


@sts.operation
def get_access_key_info(call: Call, access_key_id: str) -> dict[str, Any]:
    """Return the account a key belongs to: the one it was issued in, or the one a lenient cloud takes it for.

    Raises ValidationError in a strict cloud for keys nobody issued.
    """
    credential = credentials.find(call, access_key_id)
    if credential is None and not call.kernel.config.lenient_auth:
        raise validation_error(f"Invalid access key id: {access_key_id}")
    return {"Account": credential.account if credential is not None else lenient_account(access_key_id)}
