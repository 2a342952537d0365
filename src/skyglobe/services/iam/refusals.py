"""IAM's errors, in IAM's words."""

from __future__ import annotations

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.iam import iam


def no_such_entity(message: str) -> ServiceError:
    """Return ``NoSuchEntity`` (404)."""
    return iam.errors.NoSuchEntityException(message)


def not_found(kind: str, name: str) -> ServiceError:
    """Return ``NoSuchEntity`` in its usual form: ``The user with name Bob cannot be found.``"""
    return no_such_entity(f"The {kind} with name {name} cannot be found.")


def already_exists(kind: str, name: str) -> ServiceError:
    """Return ``EntityAlreadyExists`` (409): ``User with name Bob already exists.``"""
    return iam.errors.EntityAlreadyExistsException(f"{kind} with name {name} already exists.")


def over_quota(quota: str, limit: int) -> ServiceError:
    """Return ``LimitExceeded`` (409): ``Cannot exceed quota for PoliciesPerUser: 10``."""
    return iam.errors.LimitExceededException(f"Cannot exceed quota for {quota}: {limit}")


def delete_conflict(message: str) -> ServiceError:
    """Return ``DeleteConflict`` (409)."""
    return iam.errors.DeleteConflictException(message)


def invalid_input(message: str) -> ServiceError:
    """Return ``InvalidInput`` (400)."""
    return iam.errors.InvalidInputException(message)


def validation_error(message: str) -> ServiceError:
    """Return ``ValidationError`` (400), which no model lists."""
    return iam.error("ValidationError", message)


def malformed_policy(message: str) -> ServiceError:
    """Return ``MalformedPolicyDocument`` (400)."""
    return iam.errors.MalformedPolicyDocumentException(message)
