"""What Lambda says when it refuses, in its words."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.errors import ServiceError
from skyglobe.models import OperationModel
from skyglobe.models.validation import violation_error
from skyglobe.services.lambda_ import lambda_
from skyglobe.services.lambda_.rules.runtimes import SUPPORTED


def invalid(message: str) -> ServiceError:
    """Return ``InvalidParameterValueException`` (400)."""
    return lambda_.errors.InvalidParameterValueException(message, fields={"Type": "User"})


def not_found(message: str) -> ServiceError:
    """Return ``ResourceNotFoundException`` (404)."""
    return lambda_.errors.ResourceNotFoundException(message, fields={"Type": "User"})


def no_such_function(arn: str) -> ServiceError:
    """Return ``ResourceNotFoundException`` for a function, a version or an alias that is called."""
    return not_found(f"Function not found: {arn}")


def no_such_resource() -> ServiceError:
    """Return ``ResourceNotFoundException`` where Lambda does not say what is missing."""
    return not_found("The resource you requested does not exist.")


def conflict(message: str) -> ServiceError:
    """Return ``ResourceConflictException`` (409)."""
    return lambda_.errors.ResourceConflictException(message, fields={"Type": "User"})


def stale() -> ServiceError:
    """Return ``PreconditionFailedException`` (412): somebody else changed it in the meantime."""
    return lambda_.errors.PreconditionFailedException(
        "The Revision Id provided does not match the latest Revision Id. "
        "Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
        fields={"Type": "User"},
    )


def not_built(message: str) -> ServiceError:
    """Return ``NotImplemented`` (501) for what needs a service that is not there."""
    return lambda_.error("NotImplemented", message, status=501)


def throttled(reason: str, message: str = "Rate Exceeded.") -> ServiceError:
    """Return ``TooManyRequestsException`` (429) with the reason that clients read."""
    return lambda_.errors.TooManyRequestsException(message, fields={"Type": "User", "Reason": reason})


def too_large(message: str) -> ServiceError:
    """Return ``RequestTooLargeException`` (413)."""
    return lambda_.errors.RequestTooLargeException(message, fields={"Type": "User"})


def invalid_input(model: OperationModel, violations: list[Any]) -> ServiceError:
    """Return what Lambda says of input that breaks its model: a runtime there is none of has an error of its own."""
    for violation in violations:
        if violation.kind == "enum" and violation.path == "runtime":
            known = ", ".join(SUPPORTED)
            return invalid(
                f"Value {violation.value.strip(chr(39))} at 'runtime' failed to satisfy constraint: "
                f"Member must satisfy enum value set: [{known}] or be a valid ARN"
            )
    return violation_error(model.service, violations)
