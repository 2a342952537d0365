"""EventBridge Scheduler's errors in its words."""

from __future__ import annotations

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.scheduler import scheduler


def invalid(message: str) -> ServiceError:
    """Return ``ValidationException`` (400)."""
    return scheduler.errors.ValidationException(message)


def no_such_schedule(name: str) -> ServiceError:
    """Return ``ResourceNotFoundException`` (404) for a schedule."""
    return scheduler.errors.ResourceNotFoundException(f"Schedule {name} does not exist.")


def no_such_group(name: str) -> ServiceError:
    """Return ``ResourceNotFoundException`` (404) for a group."""
    return scheduler.errors.ResourceNotFoundException(f"Schedule group {name} does not exist.")


def exists(what: str, name: str) -> ServiceError:
    """Return ``ConflictException`` (409)."""
    return scheduler.errors.ConflictException(f"{what} {name} already exists.")


def over_limit(what: str) -> ServiceError:
    """Return ``ServiceQuotaExceededException`` (402)."""
    return scheduler.errors.ServiceQuotaExceededException(f"The quota of {what} in this Region is exceeded.")


def not_built(what: str) -> ServiceError:
    """Return ``NotImplemented`` (501) for what needs something that is not there."""
    return scheduler.error(
        "NotImplemented", f"Skyglobe does not implement {what} of EventBridge Scheduler yet.", status=501
    )
