"""Organizations' errors, in its words."""

from __future__ import annotations

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.organizations import organizations


def not_in_use() -> ServiceError:
    """Return ``AWSOrganizationsNotInUseException``."""
    return organizations.errors.AWSOrganizationsNotInUseException("Your account is not a member of an organization.")


def invalid_input(reason: str, message: str) -> ServiceError:
    """Return ``InvalidInputException`` with one of the reasons of the model."""
    return organizations.errors.InvalidInputException(message, fields={"Reason": reason})


def violates(reason: str, message: str) -> ServiceError:
    """Return ``ConstraintViolationException`` with one of the reasons of the model."""
    return organizations.errors.ConstraintViolationException(message, fields={"Reason": reason})


def handshake_violates(reason: str, message: str) -> ServiceError:
    """Return ``HandshakeConstraintViolationException`` with one of the reasons of the model."""
    return organizations.errors.HandshakeConstraintViolationException(message, fields={"Reason": reason})


def access_denied(message: str = "You don't have permissions to access this resource.") -> ServiceError:
    """Return ``AccessDeniedException``."""
    return organizations.errors.AccessDeniedException(message)


def no_such_account() -> ServiceError:
    """Return ``AccountNotFoundException``."""
    return organizations.errors.AccountNotFoundException("You specified an account that doesn't exist.")


def no_such_target() -> ServiceError:
    """Return ``TargetNotFoundException``."""
    return organizations.errors.TargetNotFoundException("You specified a target that doesn't exist.")


def no_such_policy() -> ServiceError:
    """Return ``PolicyNotFoundException``."""
    return organizations.errors.PolicyNotFoundException("You specified a policy that doesn't exist.")


def malformed() -> ServiceError:
    """Return ``MalformedPolicyDocumentException``, whose text never says more than this."""
    return organizations.errors.MalformedPolicyDocumentException(
        "The provided policy document does not meet the requirements of the specified policy type."
    )
