"""The operations of STS that need no roles."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.credentials import credentials
from skyglobe.kernel.mfa import find_device, take_code
from skyglobe.kernel.principals import Credential, Session, lenient_account
from skyglobe.services.sts import rules, sts


@sts.operation
def get_caller_identity(call: Call) -> dict[str, Any]:
    """Return who signed the request. Needs no permission."""
    principal = call.principal
    return {"UserId": principal.user_id, "Account": principal.account, "Arn": principal.arn}


@sts.operation
def get_access_key_info(call: Call, access_key_id: str) -> dict[str, Any]:
    """Return the account a key belongs to: the one it was issued in, or the one a lenient cloud takes it for."""
    credential = credentials.find(call, access_key_id)
    return {"Account": credential.account if credential is not None else lenient_account(access_key_id)}


@sts.operation
def get_session_token(
    call: Call, duration_seconds: int | None = None, serial_number: str | None = None, token_code: str | None = None
) -> dict[str, Any]:
    """Issue temporary credentials with the caller's own identity. Raises AccessDenied for sessions and wrong MFA."""
    principal = call.principal
    if principal.session is not None:
        raise sts.error("AccessDenied", "Cannot call GetSessionToken with session credentials", status=403)
    is_proved = serial_number is not None or token_code is not None
    if is_proved and not _is_code_right(call, serial_number or "", token_code or ""):
        text = (
            "MultiFactorAuthentication failed, unable to validate MFA code. "
            "Please verify your MFA serial number is valid and associated with this user."
        )
        raise sts.error("AccessDenied", text, status=403)
    lasts_for = rules.session_for(duration_seconds, is_root=principal.is_root)
    ids = call.kernel.ids
    # AWS tells expiry in whole seconds.
    expires_at = call.now // 1000 * 1000 + lasts_for * 1000
    credential = Credential(
        access_key_id=ids.principal("ASIA"),
        secret=ids.secret(),
        session_token=ids.secret(rules.SESSION_TOKEN_CHARACTERS),
        account=principal.account,
        principal_arn=principal.arn,
        user_id=principal.user_id,
        expires_at=expires_at,
        session=Session(issuer_arn=principal.arn, issued_at=call.now, mfa_authenticated=is_proved),
    )
    credentials.insert(call, credential)
    return {
        "Credentials": {
            "AccessKeyId": credential.access_key_id,
            "SecretAccessKey": credential.secret,
            "SessionToken": credential.session_token,
            "Expiration": expires_at // 1000,
        }
    }


def _is_code_right(call: Call, serial_number: str, token_code: str) -> bool:
    """Whether the caller's own device shows the code now. A code that is right is used up."""
    device = find_device(call, serial_number)
    return device is not None and device.user_id == call.principal.user_id and take_code(call, device, token_code)
