"""CloudWatch Logs' errors in its words."""

from __future__ import annotations

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.logs import logs
from skyglobe.services.logs.rules.patterns import BadPattern


def invalid(message: str) -> ServiceError:
    """Return ``InvalidParameterException`` (400)."""
    return logs.errors.InvalidParameterException(message)


def no_such_group() -> ServiceError:
    """Return ``ResourceNotFoundException`` (400) for a log group."""
    return logs.errors.ResourceNotFoundException("The specified log group does not exist.")


def no_such_stream() -> ServiceError:
    """Return ``ResourceNotFoundException`` (400) for a log stream."""
    return logs.errors.ResourceNotFoundException("The specified log stream does not exist.")


def not_found(what: str) -> ServiceError:
    """Return ``ResourceNotFoundException`` (400) for anything else."""
    return logs.errors.ResourceNotFoundException(f"The specified {what} does not exist.")


def over_limit(message: str = "Resource limit exceeded.") -> ServiceError:
    """Return ``LimitExceededException`` (400)."""
    return logs.errors.LimitExceededException(message)


def bad_pattern(reason: BadPattern) -> ServiceError:
    """Return ``InvalidParameterException`` (400) for a filter pattern."""
    text = str(reason)
    return invalid(text if text.startswith("Invalid") else f"Invalid filter pattern: {text}")


def not_built(what: str) -> ServiceError:
    """Return ``NotImplemented`` (501) for what needs something that is not there."""
    return logs.error("NotImplemented", f"Skyglobe does not implement {what} of CloudWatch Logs yet.", status=501)
