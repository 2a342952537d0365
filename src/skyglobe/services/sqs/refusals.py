"""SQS's errors that no model lists, in SQS's words."""

from __future__ import annotations

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.sqs import sqs


def invalid_parameter(message: str) -> ServiceError:
    """Return ``InvalidParameterValue`` (400)."""
    return sqs.error("InvalidParameterValue", message)


def invalid_value(value: object, parameter: str, reason: str) -> ServiceError:
    """Return ``InvalidParameterValue`` (400) in its usual form: which value, which parameter, and why."""
    return invalid_parameter(f"Value {value} for parameter {parameter} is invalid. Reason: {reason}")


def missing(parameter: str) -> ServiceError:
    """Return ``MissingParameter`` (400)."""
    return sqs.error("MissingParameter", f"The request must contain the parameter {parameter}.")


def invalid_attribute(name: str) -> ServiceError:
    """Return ``InvalidAttributeValue`` (400) for a queue attribute."""
    return sqs.errors.InvalidAttributeValue(f"Invalid value for the parameter {name}.")


def unknown_attribute(name: str) -> ServiceError:
    """Return ``InvalidAttributeName`` (400) for an attribute of queues or messages."""
    return sqs.errors.InvalidAttributeName(f"Unknown Attribute {name}.")


def not_for_this_type(value: object, parameter: str) -> ServiceError:
    """Return ``InvalidParameterValue`` (400) for what only the other type of queue takes."""
    return invalid_value(value, parameter, "The request include parameter that is not valid for this queue type.")


def no_such_queue() -> ServiceError:
    """Return ``QueueDoesNotExist`` (400), which the query protocol calls ``…NonExistentQueue``."""
    return sqs.errors.QueueDoesNotExist("The specified queue does not exist.")
