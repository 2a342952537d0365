"""DynamoDB's refusals that are worded in more than one place."""

from __future__ import annotations

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.dynamodb import dynamodb


def invalid(message: str) -> ServiceError:
    """Return ``ValidationException`` (400), which DynamoDB's model does not list."""
    return dynamodb.error("ValidationException", message)


def invalid_values(message: str) -> ServiceError:
    """Return ``ValidationException`` in the form DynamoDB has for wrong parameter values."""
    return invalid(f"One or more parameter values were invalid: {message}")


def no_such_table(name: str = "") -> ServiceError:
    """Return ``ResourceNotFoundException``: operations on items do not say which table, those on tables do."""
    tail = f": Table: {name} not found" if name else ""
    return dynamodb.errors.ResourceNotFoundException(f"Requested resource not found{tail}")
