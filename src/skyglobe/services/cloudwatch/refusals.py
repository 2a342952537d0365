"""CloudWatch's refusals, in its words."""

from __future__ import annotations

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.cloudwatch import cloudwatch


def invalid_value(message: str) -> ServiceError:
    """Return the error of a parameter that cannot be."""
    return cloudwatch.errors.InvalidParameterValueException(message)


def invalid_combination(message: str) -> ServiceError:
    """Return the error of parameters that do not go together."""
    return cloudwatch.errors.InvalidParameterCombinationException(message)


def validation_error(message: str) -> ServiceError:
    """Return what operations about alarms, and GetMetricData, call bad input."""
    return cloudwatch.error("ValidationError", message)


def bad_token() -> ServiceError:
    """Return the error of a page token that is none of ours."""
    return cloudwatch.errors.InvalidNextToken("The next token is invalid.")


def unbuilt(what: str) -> ServiceError:
    """Return the answer to what is not built here."""
    return cloudwatch.error("NotImplemented", f"Skyglobe does not implement {what} of CloudWatch yet.", status=501)
