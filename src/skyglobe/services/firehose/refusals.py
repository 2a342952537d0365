"""Firehose's errors in Firehose's words."""

from __future__ import annotations

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.services.firehose import firehose


def invalid(message: str) -> ServiceError:
    """Return ``InvalidArgumentException`` (400)."""
    return firehose.errors.InvalidArgumentException(message)


def no_such_stream(scope: Scope, name: str) -> ServiceError:
    """Return ``ResourceNotFoundException`` (400)."""
    return firehose.errors.ResourceNotFoundException(f"Firehose {name} under account {scope.account} not found.")


def slow_down() -> ServiceError:
    """Return ``ServiceUnavailableException`` (503)."""
    return firehose.errors.ServiceUnavailableException("Slow down.")


def not_built(what: str) -> ServiceError:
    """Return ``NotImplemented`` (501) for what needs something that is not there."""
    return firehose.error("NotImplemented", what, status=501)
