"""Why a delivery failed, in the words of dead letters; user guide, "Using dead-letter queues"."""

from __future__ import annotations

from typing import NamedTuple

from skyglobe.kernel.errors import ServiceError


class Failure(NamedTuple):
    """What a target did with an event."""

    code: str
    """``NO_PERMISSIONS`` and the like."""
    message: str
    is_final: bool
    """Whether trying again is no use."""


def failure_of(error: ServiceError) -> Failure:
    """Return what a service's refusal means."""
    text = error.message or error.code
    if error.code.startswith(
        ("AccessDenied", "AuthorizationError", "NotAuthorized", "Unauthorized", "KMSAccessDenied")
    ):
        return Failure("NO_PERMISSIONS", text, is_final=True)
    if "NotFound" in error.code or "NonExistent" in error.code or "DoesNotExist" in error.code:
        return Failure("NO_RESOURCE", text, is_final=True)
    if "Throttl" in error.code or error.code in ("TooManyRequestsException", "ProvisionedThroughputExceededException"):
        return Failure("THROTTLING", text, is_final=False)
    if error.code == "NotImplemented":
        return Failure("ERROR_FROM_TARGET", text, is_final=True)
    if error.status >= 500:
        return Failure("INTERNAL_ERROR", text, is_final=False)
    if error.code == "InvalidRequestContentException":
        return Failure("INVALID_JSON", text, is_final=True)
    return Failure("INVALID_PARAMETER", f"{error.code}: {text}", is_final=True)


def failure_of_role(error: ServiceError) -> Failure:
    """Return what it means that a role cannot be assumed."""
    return Failure("FAILED_TO_ASSUME_ROLE", error.message or error.code, is_final=error.status < 500)


def failure_of_status(status: int, reason: str) -> Failure | None:
    """Return what an endpoint's answer means, None for success; user guide, "API destinations".

    409, 429 and 5xx are tried again, as is silence (0); other answers are not.
    """
    if 200 <= status < 300:
        return None
    if status == 0:
        return Failure("CONNECTION_FAILURE", reason, is_final=False)
    if status == 429:
        return Failure("THROTTLING", reason, is_final=False)
    return Failure("ERROR_FROM_TARGET", reason, is_final=status != 409 and status < 500)
