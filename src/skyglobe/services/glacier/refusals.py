"""Glacier's errors in Glacier's words."""

from __future__ import annotations

from skyglobe.kernel.errors import ServiceError


def _refusal(code: str, message: str, status: int = 400) -> ServiceError:
    """Return an error whose body tells its code, and whose fault it is, too; API reference, "Error responses"."""
    kind = "Client" if status < 500 else "Server"
    return ServiceError(message, code=code, status=status, fields={"code": code, "type": kind})


def invalid(message: str) -> ServiceError:
    return _refusal("InvalidParameterValueException", message)


def missing(message: str) -> ServiceError:
    return _refusal("MissingParameterValueException", message)


def not_found(message: str) -> ServiceError:
    return _refusal("ResourceNotFoundException", message, 404)


def denied(message: str) -> ServiceError:
    return _refusal("AccessDeniedException", message, 403)


def limit_exceeded(message: str) -> ServiceError:
    return _refusal("LimitExceededException", message)


def policy_enforced() -> ServiceError:
    text = "InitiateJob request denied by current data retrieval policy."
    return _refusal("PolicyEnforcedException", text)


def no_capacity() -> ServiceError:
    text = "There is insufficient capacity to process this Expedited request."
    return _refusal("InsufficientCapacityException", text)


def no_longer_supported(message: str) -> ServiceError:
    return _refusal("NoLongerSupportedException", message)


def no_room(reason: object) -> ServiceError:
    """The disk is full, or cannot be written."""
    text = f"The bytes could not be kept: {reason}. Nothing was changed. Make room and try again."
    return _refusal("ServiceUnavailableException", text, 500)


def no_such_vault(arn: str) -> ServiceError:
    return not_found(f"Vault not found for ARN: {arn}")
