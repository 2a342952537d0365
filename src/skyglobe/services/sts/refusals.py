"""How STS says no, in AWS's words where its documentation or its users quote them."""

from __future__ import annotations

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.sts import sts

_NOT_YOURS = (
    "MultiFactorAuthentication failed, unable to validate MFA code. "
    "Please verify your MFA serial number is valid and associated with this user."
)


def access_denied(text: str) -> ServiceError:
    return sts.error("AccessDenied", text, status=403)


def not_authorized(caller_arn: str, action: str, resource: str) -> ServiceError:
    """Refuse as a policy would: also where there is nothing to hold a policy against, so that nobody learns of it."""
    return access_denied(f"User: {caller_arn} is not authorized to perform: {action} on resource: {resource}")


def not_with_session(operation: str) -> ServiceError:
    return access_denied(f"Cannot call {operation} with session credentials")


def not_your_device() -> ServiceError:
    return access_denied(_NOT_YOURS)


def wrong_code() -> ServiceError:
    return access_denied("MultiFactorAuthentication failed with invalid MFA one time pass code. ")


def half_a_proof() -> ServiceError:
    return access_denied(
        "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code. "
    )


def validation_error(text: str) -> ServiceError:
    return sts.error("ValidationError", text)


def invalid_token(text: str) -> ServiceError:
    return sts.errors.InvalidIdentityTokenException(text)


def expired_token(text: str) -> ServiceError:
    return sts.errors.ExpiredTokenException(text)
