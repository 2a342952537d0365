"""Application Auto Scaling's errors in its words, as its users quote them."""

from __future__ import annotations

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.application_autoscaling import application_autoscaling
from skyglobe.services.application_autoscaling.records import Place


def invalid(message: str) -> ServiceError:
    """Return ``ValidationException`` (400)."""
    return application_autoscaling.errors.ValidationException(message)


def unsupported() -> ServiceError:
    """Return what AWS says of namespaces, resources and dimensions that do not go together."""
    return invalid("Unsupported service namespace, resource type or scalable dimension")


def no_such(what: str, place: Place, name: str = "") -> ServiceError:
    """Return ``ObjectNotFoundException`` (400): ``No scalable target registered for service namespace: …``."""
    text = f"No {what} for service namespace: {place[0]}, resource ID: {place[1]}, scalable dimension: {place[2]}"
    return application_autoscaling.errors.ObjectNotFoundException(f"{text}{name}")


def over_limit(message: str) -> ServiceError:
    """Return ``LimitExceededException`` (400)."""
    return application_autoscaling.errors.LimitExceededException(message)


def not_built(what: str) -> ServiceError:
    """Return the answer (501) to what needs a service that is not there."""
    return application_autoscaling.error("NotImplemented", what, status=501)
