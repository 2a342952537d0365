"""EventBridge's errors in EventBridge's words."""

from __future__ import annotations

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.events import events


def invalid(message: str) -> ServiceError:
    """Return ``ValidationException`` (400), which the model has no shape for."""
    return events.error("ValidationException", message)


def bad_pattern(reason: object) -> ServiceError:
    """Return ``InvalidEventPatternException`` (400)."""
    return events.errors.InvalidEventPatternException(f"Event pattern is not valid. Reason: {reason}")


def not_found(message: str) -> ServiceError:
    """Return ``ResourceNotFoundException`` (400)."""
    return events.errors.ResourceNotFoundException(message)


def no_such_bus(name: str) -> ServiceError:
    """Return ``ResourceNotFoundException`` (400) for an event bus."""
    return not_found(f"Event bus {name} does not exist.")


def no_such_rule(name: str, bus: str) -> ServiceError:
    """Return ``ResourceNotFoundException`` (400) for a rule."""
    return not_found(f"Rule {name} does not exist on EventBus {bus}.")


def no_such(kind: str, name: str) -> ServiceError:
    """Return ``ResourceNotFoundException`` (400) for an archive, a replay, a connection or an API destination."""
    return not_found(f"{kind} {name} does not exist.")


def exists(kind: str, name: str) -> ServiceError:
    """Return ``ResourceAlreadyExistsException`` (400)."""
    return events.errors.ResourceAlreadyExistsException(f"{kind} {name} already exists.")


def over_limit(message: str = "The requested resource exceeds the maximum number allowed.") -> ServiceError:
    """Return ``LimitExceededException`` (400)."""
    return events.errors.LimitExceededException(message)


def managed(name: str) -> ServiceError:
    """Return ``ManagedRuleException`` (400)."""
    text = f"Rule {name} is managed by an AWS service can only be modified using the Force parameter."
    return events.errors.ManagedRuleException(text)


def not_built(what: str) -> ServiceError:
    """Return ``NotImplemented`` (501) for what needs something that is not there."""
    return events.error("NotImplemented", f"Skyglobe does not implement {what} of EventBridge yet.", status=501)
