"""SNS's errors, in SNS's words."""

from __future__ import annotations

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.sns import sns


def invalid(what: str, reason: str = "") -> ServiceError:
    """Return ``InvalidParameter`` (400) in its usual form: ``Invalid parameter: TopicArn Reason: …``."""
    text = f"Invalid parameter: {what}"
    return sns.errors.InvalidParameterException(f"{text} Reason: {reason}" if reason else text)


def invalid_value(message: str) -> ServiceError:
    """Return ``ParameterValueInvalid`` (400), as message attributes are refused."""
    return sns.errors.InvalidParameterValueException(message)


def no_such_topic() -> ServiceError:
    """Return ``NotFound`` (404) for a topic."""
    return sns.errors.NotFoundException("Topic does not exist")


def no_such_subscription() -> ServiceError:
    """Return ``NotFound`` (404) for a subscription."""
    return sns.errors.NotFoundException("Subscription does not exist")


def not_built(what: str) -> ServiceError:
    """Return ``NotImplemented`` (501) for what another service has to do that is not there."""
    return sns.error("NotImplemented", f"Skyglobe does not implement {what} yet.", status=501)
